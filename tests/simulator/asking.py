"""A service without sockets, asked with plain calls at moments that a test chooses."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from datasync_crawler.simulator.routes import Call
from datasync_crawler.simulator.service import Service
from datasync_crawler.simulator.sessions import Sessions, make_sessions
from datasync_crawler.simulator.shaped import open_world
from datasync_crawler.simulator.table import EventTable, open_table
from datasync_crawler.simulator.wire import compose
from datasync_crawler.simulator.world import World

if TYPE_CHECKING:
    from datasync_crawler.simulator.answers import Answer

KEY = "ds_0123456789abcdef0123456789abcdef"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"
NULL_ID = "00000000-0000-0000-0000-000000000000"
NOON = 1_771_000_000.0
"""Seconds since 1970 at which every service here begins."""


@dataclass(frozen=True)
class Heard:
    """What a client would have got: its body read as JSON where it is JSON."""

    status: int
    headers: dict[str, str]
    body: bytes
    answer: Answer

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.json["data"]]

    @property
    def times(self) -> list[int | str]:
        return [row["timestamp"] for row in self.json["data"]]


class Client:
    """Calls a service of its own world with a key, as seconds after it began."""

    def __init__(self, events: int = 1_000, world: World | None = None, **switches: object) -> None:
        self.world = (world or World(events=events)).with_switches(switches)
        self.table, self.sessions = data(self.world.events, self.world.tie_rate)
        if self.world.shaped:
            self.table = open_world(self.world, self.sessions)
        self.service = Service(self.world, [KEY], self.table, self.sessions, NOON)

    def ask(
        self,
        target: str,
        at: float = 0.0,
        *,
        method: str = "GET",
        key: str | None = KEY,
        body: bytes = b"",
        **headers: str,
    ) -> Heard:
        """One call, answered and sent in the same moment."""
        parts = urlsplit(target)
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | ({"x-api-key": key} if key else {})
        call = Call(method, parts.path, dict(parse_qsl(parts.query)), sent, NOON + at, body)
        answer = self.service.answer(call)
        wire = compose(answer, self.world, NOON + at)
        self.service.sent(answer, wire, NOON + at)
        return Heard(wire.status, wire.headers, b"".join(wire.pieces), answer)

    def token(self, at: float = 0.0) -> dict[str, Any]:
        """Access to the feed, as the dashboard gets it."""
        access: dict[str, Any] = self.ask(
            "/internal/dashboard/stream-access", at, method="POST", user_agent=BROWSER
        ).json["streamAccess"]
        return access

    def feed(self, query: str = "", at: float = 0.0, token: str | None = None) -> Heard:
        """A page of the feed, with a token fetched at the same moment unless one is given."""
        token = self.token(at)["token"] if token is None else token
        return self.ask(f"/api/v1/events/d4ta/x7k9/feed?{query}", at, x_stream_token=token)


def cursor(stamp: int, event_id: str = NULL_ID, expires: int = 4_102_444_800_000) -> str:
    """A cursor as a client forges it, times in ms; without an id it stands just below all rows of its time."""
    fields = {"id": event_id, "ts": stamp, "v": 2, "exp": expires}
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()


def at(document: Any, place: str) -> Any:
    """What stands at a place of a JSON document, by dots; None where nothing does."""
    for name in place.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


@cache
def data(events: int, tie_rate: float = 0.001) -> tuple[EventTable, Sessions]:
    """The event set of seed 1, made once for all tests."""
    sessions = make_sessions(events, 1)
    return open_table(sessions, 1, tie_rate), sessions
