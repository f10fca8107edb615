"""Which calls the service knows, and what each of them costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "/api/v1"
EVENTS = f"{API}/events"
SESSIONS = f"{API}/sessions"
SUBMISSIONS = f"{API}/submissions"


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


_EXACT: Mapping[tuple[str, str], Route] = {
    ("GET", API): Route("root"),
    ("GET", EVENTS): Route("events", "key", keyed=True, kept=True, faulty=True),
    ("POST", f"{EVENTS}/bulk"): Route("bulk", "bulk", keyed=True),
    ("GET", SESSIONS): Route("sessions", "sessions", keyed=True, kept=True, faulty=True),
    ("GET", f"{API}/metrics"): Route("metrics", "metrics", keyed=True, kept=True),
    ("GET", SUBMISSIONS): Route("submissions", keyed=True),
    ("POST", SUBMISSIONS): Route("submit", keyed=True),
    ("GET", "/internal/stats"): Route("stats", keyed=True),
    ("GET", "/internal/health"): Route("health"),
    ("POST", "/internal/dashboard/stream-access"): Route("stream-access", "stream-access", keyed=True),
    ("GET", "/health"): Route("alive"),
}
_FEED = Route("feed", "feed", keyed=True, faulty=True)
_EVENT = Route("event", "key", keyed=True)
_SESSION = Route("session", "sessions", keyed=True)
_UNKNOWN = Route("unknown")
_FILE = Route("file")
_BALANCER = Route("options")


def route_of(method: str, path: str, feed_path: str) -> Route:
    """The route of a call; HEAD is read as GET, and what is neither API nor known is a file."""
    method = "GET" if method == "HEAD" else method
    path = path.rstrip("/") or "/"
    service = path.startswith(("/api", "/internal"))
    if method == "OPTIONS" and service:
        return _BALANCER
    if method == "GET" and path == feed_path:
        return _FEED
    if exact := _EXACT.get((method, path)):
        return exact
    if method == "GET" and _child(path, EVENTS):
        return _EVENT
    if method == "GET" and _child(path, SESSIONS):
        return _SESSION
    return _UNKNOWN if service else _FILE


def last_part(path: str) -> str:
    """What follows the last slash of a path."""
    return path.rstrip("/").rpartition("/")[2]


def _child(path: str, parent: str) -> bool:
    return path.startswith(f"{parent}/") and "/" not in path[len(parent) + 1 :]
