"""Which calls the service knows, and what each of them costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datasync_crawler.simulator.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One request: header names in lower case, time in seconds since 1970."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: float
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked for. ``pool`` "key" is the pool of the form in which the key was sent."""

    name: str
    pool: str = ""
    keyed: bool = False
    kept: bool = False
    """Whether answers are kept for a while for those who ask the same."""
    faulty: bool = False
    """Whether the world's faults strike here."""


_EVENT = Route("event", "key", keyed=True)
_SESSION = Route("session", "sessions", keyed=True)
_UNKNOWN = Route("unknown")
_FILE = Route("file")
_BALANCER = Route("options")


class Atlas:
    """Where everything lies in a world."""

    def __init__(self, world: World) -> None:
        names, ways = world.names, world.ways
        self._roots = (names.api_path, names.internal_path, "/api", "/internal")
        self._lists = {names.events: _EVENT, names.sessions: _SESSION}
        self._exact: dict[tuple[str, str], Route] = {
            ("GET", names.api_path): Route("root"),
            ("GET", names.events): Route("events", "key", keyed=True, kept=True, faulty=True),
            ("POST", f"{names.events}/bulk"): Route("bulk", "bulk", keyed=True),
            ("GET", names.sessions): Route("sessions", "sessions", keyed=True, kept=True, faulty=True),
            ("GET", f"{names.api_path}/{names.metrics_name}"): Route("metrics", "metrics", keyed=True, kept=True),
            ("GET", names.submissions): Route("submissions", keyed=True),
            ("POST", names.submissions): Route("submit", keyed=True),
            ("GET", f"{names.internal_path}/stats"): Route("stats", keyed=True),
            ("GET", f"{names.internal_path}/health"): Route("health"),
            ("GET", "/health"): Route("alive"),
        }
        if names.events_moved_to:
            self._exact["GET", names.events_moved_to] = self._exact["GET", names.events]
        if ways.feed:
            self._exact["GET", world.feed_path] = Route("feed", "feed", keyed=True, faulty=True)
        if ways.feed and not ways.feed_open:
            self._exact["POST", names.access] = Route("stream-access", "stream-access", keyed=True)
        if ways.ids_path:
            self._exact["GET", names.events + ways.ids_path] = Route("ids", "ids", keyed=True, faulty=True)
        if ways.dump_path:
            self._exact["GET", names.api_path + ways.dump_path] = Route("dump", "dump", keyed=True)

    def route(self, method: str, path: str) -> Route:
        """The route of a call; HEAD is read as GET, and what is neither API nor known is a file."""
        method = "GET" if method == "HEAD" else method
        path = path.rstrip("/") or "/"
        service = path.startswith(self._roots)
        if method == "OPTIONS" and service:
            return _BALANCER
        if exact := self._exact.get((method, path)):
            return exact
        parent, _, child = path.rpartition("/")
        if method == "GET" and child and parent in self._lists:
            return self._lists[parent]
        return _UNKNOWN if service else _FILE


def last_part(path: str) -> str:
    """What follows the last slash of a path."""
    return path.rstrip("/").rpartition("/")[2]
