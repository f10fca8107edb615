"""Answers: status, body and headers in the three voices that are heard (the API, its balancer, its file server)."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate

from datasync_crawler.simulator.faults import Fault
from datasync_crawler.simulator.limits import Verdict
from datasync_crawler.simulator.pages import Page, compact
from datasync_crawler.simulator.world import World

JSON = "application/json; charset=utf-8"
REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    418: "I'm a teapot",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_BALANCER = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}
_BALANCER_PAGE = """<html>\r
<head><title>{line}</title></head>\r
<body>\r
<center><h1>{line}</h1></center>\r
</body>\r
</html>\r
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service will say once ``latency`` seconds and its share of the feed's rate have passed.

    A page takes the place of the body; it is written down only when it is sent.
    """

    status: int
    body: bytes = b""
    content_type: str = JSON
    server: str = "api"
    """Who speaks: api, balancer or files."""
    request_id: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    page: Page | None = None
    route: str = ""
    told_at: float | None = None
    """When a kept page was first told; None for one told now."""
    keep_as: tuple[str, ...] | None = None
    """Under what the page is kept for those who ask again."""
    latency: float = 0.0
    shared_rows: int = 0
    """Rows that this answer takes of the rate that feed pages share."""
    fault: Fault | None = None
    token: str = ""
    """The stream token with which the answer was asked for."""
    rows: Sequence[int] = ()
    """Rows of the event set in the body."""
    stream: Callable[[], Iterator[bytes]] | None = None
    """What writes the body block by block, in the place of a body of known size."""
    drip: float = 0.0
    """Seconds over which the stream is spread."""

    def headers(self, size: int, now: float) -> dict[str, str]:
        """All headers of the answer with a body of ``size`` bytes."""
        voice = {"Date": formatdate(now, usegmt=True)}
        if self.server == "balancer":
            voice |= {"Server": "awselb/2.0"}
        if self.server == "files":
            voice |= {"Server": "nginx/1.29.4"}
        voice |= {"Content-Type": self.content_type}
        voice |= {} if self.stream else {"Content-Length": str(size)}
        voice |= {"Connection": "keep-alive"}
        if self.server != "api":
            return voice | dict(self.extra)
        voice |= {
            "X-Powered-By": "Express",
            "Access-Control-Allow-Origin": "*",
            "X-Request-ID": self.request_id,
        }
        return voice | dict(self.extra) | ({} if self.stream else {"ETag": self.etag(size)})

    def etag(self, size: int) -> str:
        """A weak tag in Express's form; a page's differs with each telling, as its request id does."""
        said = self.page.request_id.encode() if self.page else self.body
        digest = base64.b64encode(hashlib.sha1(said, usedforsecurity=False).digest()).decode()
        return f'W/"{size:x}-{digest[:27]}"'


def told(value: object, status: int = 200, **more: str) -> Answer:
    """An answer of the API with a JSON body."""
    return Answer(status, compact(value).encode(), request_id=str(uuid.uuid4()), extra=more)


def refusal(status: int, code: str, message: str) -> Answer:
    """An answer in the API's error shape."""
    return told({"error": REASONS[status], "message": message, "code": code}, status)


def balancer_error(status: int) -> Answer:
    """What the balancer says when nobody behind it answers."""
    html = _BALANCER_PAGE.format(line=_BALANCER[status])
    return Answer(status, html.encode(), "text/html", server="balancer")


def too_many(world: World, verdict: Verdict) -> Answer:
    """The answer to a call above a pool's limit; the body's figures are those of the headers."""
    if world.budgets.refusal_silent:
        return Answer(world.budgets.refusal_status, request_id=str(uuid.uuid4()), content_type="text/plain")
    seconds = world.whole(verdict.reset)
    body = {
        "error": REASONS[429],
        "message": f"Rate limit exceeded. Try again in {seconds} seconds.",
        "code": "RATE_LIMIT_EXCEEDED",
        "rateLimit": {"limit": verdict.limit, "remaining": 0, "reset": seconds, "retryAfter": seconds},
    }
    return told(body, world.budgets.refusal_status)


def cache_headers(world: World, *, hit: bool, seconds: float) -> dict[str, str]:
    """Whether an answer was kept, and for how long it (still) is."""
    return {"X-Cache": "HIT" if hit else "MISS", "X-Cache-TTL": str(world.whole(seconds))}
