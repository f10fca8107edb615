"""A service in memory: rows by time and id, newest first, behind pools, latency, tokens and faults."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from datasync_crawler.flow.answers import Answer
from tests.flow.fake_clock import EPOCH, FakeClock

KEY = "key-0123456789abcdef"
TOKEN_LIFE = 300.0
CURSOR_LIFE = 120.0
NEWEST = 1_799_000_000_000
"""The time of the newest row, in milliseconds."""


class Torn(ConnectionError):
    """The connection ended before the answer did."""


@dataclass(slots=True)
class Meter:
    """What calls are counted against: at most ``calls`` arrivals in ``window`` seconds, refused ones counted too."""

    calls: int
    window: float
    announced: bool = True
    arrivals: list[float] = field(default_factory=list)
    refused: int = 0

    def arrive(self, now: float) -> tuple[bool, dict[str, str]]:
        """Whether a call may in, and what its answer's headers tell."""
        recent = [at for at in self.arrivals if at > now - self.window]
        self.arrivals.append(now)
        admitted = len(recent) < self.calls
        self.refused += not admitted
        oldest = [*recent, now][-self.calls :][0]
        reset = str(math.ceil(oldest + self.window - now))
        told = {"RateLimit-Limit": str(self.calls), "RateLimit-Reset": reset}
        told["RateLimit-Remaining"] = str(max(0, self.calls - len(recent) - 1))
        return admitted, {**(told if self.announced else {}), **({} if admitted else {"Retry-After": reset})}


@dataclass(slots=True)
class Way:
    """How one path serves rows: a page alone takes ``latency`` seconds, all together share ``rate`` rows a second."""

    latency: float = 0.0
    rate: float = math.inf
    token: bool = False
    chain: bool = False
    busy_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Visit:
    """One call as it arrived; ``number`` counts the calls of its path from 1."""

    path: str
    number: int
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: float


@dataclass(frozen=True, slots=True)
class Served(Answer):
    """An answer with a page; ``ids`` are those of its rows."""

    ids: tuple[str, ...] = ()


Fault = Callable[[Visit], Answer | Exception | None]
"""What is answered instead of what the service would say; None leaves the word to the service."""


def rows(count: int, *, gap: int = 1_000) -> list[tuple[int, str]]:
    """(time, id), newest first, ``gap`` milliseconds apart; every seventh shares the time of the one before."""
    return [(NEWEST - gap * (i - (i % 7 == 6)), f"{count - i:08d}") for i in range(count)]


class Service:
    """The service; ``fault`` may answer in its place. Counts calls by path, rows by how often they were served."""

    def __init__(
        self,
        clock: FakeClock,
        *,
        count: int = 3_000,
        cap: int = 50,
        events: list[tuple[int, str]] | None = None,
        ways: Mapping[str, Way] | None = None,
        meters: Mapping[str, Meter] | None = None,
        fault: Fault = lambda _: None,
    ) -> None:
        self.rows = events or rows(count)
        self.cap = cap
        self.ways = {path: replace(way) for path, way in (ways or {"/list": Way()}).items()}
        self.meters = dict(meters or {})
        self.calls: Counter[str] = Counter()
        self.served: Counter[str] = Counter()
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.visits: list[Visit] = []
        self.key_dies_at = math.inf
        self.token_life = TOKEN_LIFE
        self.tokens: dict[str, float] = {}
        self._clock = clock
        self._fault = fault
        self._random = Random(7)
        self._order = [(-time, -int(number)) for time, number in self.rows]

    async def answer(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        """The answer to a call, at the moment it comes; raises Torn where the connection breaks."""
        await self._clock.sleep(self._random.uniform(0.005, 0.05))
        parts = urlsplit(url)
        self.calls[parts.path] += 1
        visit = Visit(
            parts.path, self.calls[parts.path], dict(parse_qsl(parts.query)), headers, self._clock.monotonic()
        )
        self.visits.append(visit)
        admitted, told = self._meter(visit)
        answer = (self._fault(visit) or self._respond(method, visit)) if admitted else _refusal(told)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Served):
            await self._work(self.ways[visit.path], len(answer.ids))
            self.served.update(answer.ids)
        self.statuses[visit.path, answer.status] += 1
        return Answer(answer.status, {**told, **answer.headers}, answer.body)

    def _meter(self, visit: Visit) -> tuple[bool, dict[str, str]]:
        by = "query" if "k" in visit.query else "header"
        meter = self.meters.get(f"{visit.path} {by}") or self.meters.get(visit.path)
        return meter.arrive(visit.at) if meter else (True, {})

    async def _work(self, way: Way, count: int) -> None:
        now = self._clock.monotonic()
        way.busy_until = max(way.busy_until, now) + count / way.rate
        await self._clock.sleep(max(way.latency, way.busy_until - now))

    def _respond(self, method: str, visit: Visit) -> Answer:
        if KEY not in {visit.headers.get("X-Key"), visit.query.get("k")} or visit.at > self.key_dies_at:
            return failure(401, "the key has expired")
        if visit.path == "/token" and method == "POST":
            return self._grant(visit)
        way = self.ways.get(visit.path)
        if way is None:
            return failure(404, "nothing is here")
        if way.token and self.tokens.get(visit.headers.get("X-Token", ""), 0.0) <= visit.at:
            return failure(403, "no such token")
        return self.page(visit)

    def _grant(self, visit: Visit) -> Answer:
        token = f"token-{visit.number}"
        self.tokens[token] = visit.at + self.token_life
        return document({"pass": token, "for": "/feed", "lives": self.token_life})

    def page(self, visit: Visit, *, more: bool | None = None) -> Answer:
        """The page that a visit asks for; ``more`` overrules what is said of the rest."""
        start = 0
        if "after" in visit.query:
            mark = _read_cursor(visit.query["after"])
            if mark is None or mark["dies"] < (visit.at + EPOCH) * 1000:
                return failure(400, "the cursor is gone")
            start = self._behind(mark["at"], int(mark["no"]))
        if "until" in visit.query:
            start = self._behind(int(visit.query["until"]) + 1, 0)
        size = min(int(visit.query.get("size", "20")), self.cap)
        found = self.rows[start : start + size]
        left = start + size < len(self.rows) if more is None else more
        shown = self._shown(found, left=left, at=visit.at, opaque=self.ways[visit.path].chain)
        shown["all"] = len(self.rows) - (start if "until" in visit.query else 0)
        return Served(200, {}, json.dumps(shown).encode(), tuple(number for _, number in found))

    def _behind(self, time: int, number: int) -> int:
        low, high = 0, len(self._order)
        while low < high:
            middle = (low + high) // 2
            if self._order[middle] <= (-time, -number):
                low = middle + 1
            else:
                high = middle
        return low

    def _shown(self, found: list[tuple[int, str]], *, left: bool, at: float, opaque: bool) -> dict[str, Any]:
        dies = int((at + EPOCH + CURSOR_LIFE) * 1000)
        after = _cursor(*found[-1], dies, opaque=opaque) if left and found else None
        return {
            "rows": [{"no": number, "at": time, "kind": "sail"} for time, number in found],
            "more": left,
            "after": after,
            "lives": CURSOR_LIFE,
            "here": len(found),
        }


def document(content: object) -> Answer:
    """An answer with a JSON body."""
    return Answer(200, {}, json.dumps(content).encode())


def failure(status: int, words: str = "") -> Answer:
    """An answer that is no page."""
    return Answer(status, {}, json.dumps({"problem": words}).encode())


def _refusal(told: Mapping[str, str]) -> Answer:
    return Answer(429, {}, json.dumps({"problem": "too many", "retryAfter": int(told["Retry-After"])}).encode())


def _cursor(time: int, number: str, dies: int, *, opaque: bool) -> str:
    text = base64.b64encode(json.dumps({"at": time, "no": number, "dies": dies}, separators=(",", ":")).encode())
    return text.decode()[::-1] if opaque else text.decode()


def _read_cursor(text: str) -> dict[str, Any] | None:
    for candidate in (text, text[::-1]):
        try:
            mark: dict[str, Any] = json.loads(base64.b64decode(candidate, validate=True))
        except ValueError:
            continue
        return mark
    return None
