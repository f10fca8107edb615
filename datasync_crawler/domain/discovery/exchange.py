"""What goes over the wire while an API is found out: calls that were seen, probes that are sent, answers that came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from datasync_crawler.domain.addresses import REDIRECTS, told_address
from datasync_crawler.domain.discovery.listing import Listing, read_listing
from datasync_crawler.domain.profile import Credential
from datasync_crawler.domain.ratelimit import RateWord, read_rate, refuses

Headers = tuple[tuple[str, str], ...]


class Question(StrEnum):
    """What a probe is sent to find out."""

    ROWS = "rows"
    """Does the address serve records, in which shape, and how many at once?"""

    GLANCE = "glance"
    """How many records does a further collection hold?"""

    FIGURES = "figures"
    """What does the service tell of itself?"""

    GRANT = "grant"
    """Does the address hand out a token, and what for?"""

    QUERY = "query"
    """Does the key also travel in the query, and is it counted apart there?"""

    POSITION = "position"
    """Does a cursor of our own making stand where it says?"""

    WHOLE = "whole"
    """Does the address give everything at once, and in which form?"""

    NUMBER = "number"
    """Can a page be asked for by the number of its first row, or by its own?"""

    LIFT = "lift"
    """Does a header lift the cap or the limit?"""

    SPARSE = "sparse"
    """Can rows be had with fewer fields?"""

    IDS = "ids"
    """Does the address list ids alone?"""

    SHARE = "share"
    """Do calls to another endpoint, which announces nothing, count against this one's pool?"""

    RANGE = "range"
    """Do the filters by time work, and which ends do they include?"""


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A call that a page made in the browser; the key's stand-in is written ``{key}`` wherever it travelled."""

    method: str
    url: str
    headers: Headers = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """A keyed call to be sent: ``headers`` may hold ``{key}``; the credential is added when it leaves.

    ``asked`` is the number of rows asked for; ``low`` and ``high`` the times (microseconds) that the answer is held
    against, sent in steps of ``unit`` microseconds, as numbers or in ISO form (``iso``). ``number`` is the parameter
    that a page was asked for by number with. ``pool`` names what the call is believed to count against. It leaves
    ``delay`` seconds after its round began.
    """

    question: Question
    endpoint: str
    pool: str
    url: str
    method: str = "GET"
    headers: Headers = ()
    credential: Credential | None = None
    asked: int | None = None
    low: int | None = None
    high: int | None = None
    unit: int = 1000
    iso: bool = False
    number: str | None = None
    delay: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came back for a probe: ``status`` is 0 when nothing did; ``at`` is the wall time of the answer in seconds.

    ``document`` is the decoded JSON, None when the body is none; ``listing`` the page of records in it, if any.
    """

    probe: Probe
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    at: float
    document: Any = None
    listing: Listing | None = None

    @property
    def ok(self) -> bool:
        """Whether the call was taken and its answer can be read."""
        return 200 <= self.status < 300 and self.document is not None  # noqa: PLR2004 - the success range of HTTP

    @property
    def shown(self) -> Listing:
        """The page of records in the answer; LookupError when there is none."""
        if self.listing is None:
            raise LookupError(f"no records in the answer to {self.probe.question} {self.probe.endpoint}")
        return self.listing

    @property
    def refused(self) -> bool:
        """Whether the service did not take the credential."""
        return self.status in {401, 403} and not self.limited

    @property
    def limited(self) -> bool:
        """Whether the call came when the budget was used up."""
        return refuses(self.status, self.rate, self.body)

    @property
    def failed(self) -> bool:
        """Whether nothing came that speaks of the call: the service was out of order, or the body is broken."""
        broken = 200 <= self.status < 300 and self.document is None  # noqa: PLR2004 - the success range of HTTP
        return self.status == 0 or (self.status >= 500 and not self.limited) or broken  # noqa: PLR2004 - server errors

    @property
    def disliked(self) -> bool:
        """Whether the service took the credential and not the parameters."""
        return 400 <= self.status < 500 and not self.refused and not self.limited  # noqa: PLR2004 - client errors

    @property
    def rate(self) -> RateWord:
        """What the answer says of its budget."""
        return read_rate(self.headers, self.at)


def answered(probe: Probe, status: int, headers: Mapping[str, str], body: bytes, seconds: float, at: float) -> Answer:
    """The answer to a probe, decoded and read as far as it can be; broken bodies leave ``document`` None."""
    try:
        document = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        document = None
    taken = 200 <= status < 300  # noqa: PLR2004 - the success range of HTTP
    listing = read_listing(document, body, at, url=probe.url, headers=headers) if taken else None
    return Answer(probe, status, headers, body, seconds, at, document, listing)


def redirected(answer: Answer) -> str | None:
    """Where a call has to be made instead, with the query it was made with.

    None when the answer is no redirect inside the origin, where alone a key may go.
    """
    told = told_address(answer.probe.url, answer.headers)
    asked, target = urlsplit(answer.probe.url), urlsplit(told or "")
    moved = answer.status in REDIRECTS and target.path != asked.path
    return urlunsplit((*target[:3], asked.query, "")) if moved and target[:2] == asked[:2] else None
