"""The profile: all that discovery found out about an API, as one JSON document.

Discovery writes it, planning and draining read it, and nothing else passes between them. Times are microseconds since
the epoch (UTC), durations are seconds, paths into JSON are tuples of keys.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from datasync_crawler.domain.shapes import CursorShape, Path, RowShape

__all__ = [
    "LEAD",
    "Credential",
    "CursorShape",
    "Endpoint",
    "Evidence",
    "Finding",
    "Lane",
    "Path",
    "Pool",
    "Profile",
    "RowShape",
    "Submission",
    "TokenGrant",
    "read_profile",
]


LEAD = "lead"
"""The subject of a finding that names an address which no discovery has looked at yet."""


class Evidence(msgspec.Struct, frozen=True):
    """What a finding was learned from: ``source`` is the kind, ``place`` where to look again, ``seen`` the words."""

    source: Literal["bundle", "capture", "probe", "document", "answer", "default"]
    place: str
    seen: str = ""


class Finding(msgspec.Struct, frozen=True):
    """One thing learned about the API, with its evidence and a confidence from 0 to 1."""

    subject: str
    value: str
    confidence: float
    evidence: tuple[Evidence, ...] = ()


class TokenGrant(msgspec.Struct, frozen=True):
    """How a short-lived token for an endpoint is obtained, and where its parts sit in the answer.

    ``header`` is the header that carries the token; ``header_path`` says where the answer names it, if it does.
    ``pool`` is what calls for a token are counted against.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    token: Path
    header: str
    header_path: Path | None = None
    endpoint: Path | None = None
    life: Path | None = None
    life_seconds: float = 300.0
    pool: str = "token"


class Endpoint(msgspec.Struct, frozen=True):
    """A way to get records: address, parameters, page cap and order.

    ``until_inclusive`` and ``since_inclusive`` are None where the filter does not work or was not tried; the filters
    take steps of ``filter_unit`` microseconds, as numbers or in ISO form (``filter_iso``);
    ``offset_param`` and ``page_param`` only stand where they were seen to work. ``latency`` is the time of one full
    page alone, in seconds. ``sparse_params`` make rows that hold little more than ids; ``headers`` go with every call.
    A ``format`` other than ``json`` (see :data:`~datasync_crawler.domain.framing.StreamFormat`) says that one answer
    gives everything at once, in that format; ``latency`` is then the time until it begins.
    """

    name: str
    url: str
    shape: RowShape
    cap: int
    limit_param: str | None = None
    cursor_param: str | None = None
    since_param: str | None = None
    until_param: str | None = None
    since_inclusive: bool | None = None
    until_inclusive: bool | None = None
    filter_unit: int = 1000
    filter_iso: bool = False
    offset_param: str | None = None
    page_param: str | None = None
    first_page: int = 1
    descending: bool = True
    cursor: CursorShape | None = None
    grant: TokenGrant | None = None
    fixed_params: tuple[tuple[str, str], ...] = ()
    sparse_params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    latency: float = 0.0
    format: str = "json"

    @property
    def streamed(self) -> bool:
        """Whether one answer gives everything at once."""
        return self.format != "json"

    @property
    def positionable(self) -> bool:
        """Whether a request can be made to start at a given time, so that the range can be cut into shards."""
        return self.cursor is not None or self.entry is not None

    @property
    def entry(self) -> tuple[str, bool] | None:
        """The filter by time that moves the first row of a list, and whether it includes its bound; None without one.

        A list that begins with its newest row is entered by its upper bound, one from old to new by its lower.
        """
        upper, lower = (self.until_param, self.until_inclusive), (self.since_param, self.since_inclusive)
        name, inclusive = upper if self.descending else lower
        return None if name is None or inclusive is None else (name, inclusive)

    @property
    def numbered(self) -> bool:
        """Whether a request can be made to start at a row of a given number."""
        return self.offset_param is not None or self.page_param is not None


class Credential(msgspec.Struct, frozen=True):
    """How the key travels: in a header or in a query parameter of the given name, behind a fixed ``prefix``.

    A cookie is the header ``Cookie`` with the prefix ``NAME=``.
    """

    place: Literal["header", "query"]
    name: str
    prefix: str = ""


class Pool(msgspec.Struct, frozen=True):
    """What the server counts calls against; ``limit`` is None where nothing announces one.

    ``counted`` are further names under which calls that count here were written down in discovery.
    """

    name: str
    limit: int | None = None
    window: float | None = None
    announced: bool = False
    counted: tuple[str, ...] = ()


class Lane(msgspec.Struct, frozen=True):
    """An endpoint with the credential and the pool that it is called through."""

    name: str
    endpoint: str
    credential: Credential
    pool: str


class Submission(msgspec.Struct, frozen=True):
    """Where the ids are handed in: method, address and the query parameter that names the repository."""

    url: str
    repository_param: str
    credential: Credential


class Profile(msgspec.Struct, frozen=True):
    """Everything discovery hands over.

    ``newest`` is the time of the newest row seen, ``oldest`` that of the oldest where lists begin with it;
    ``density`` is that of a page with many rows, in rows a microsecond (0 where none came); ``totals`` are the counts
    the API tells of itself, by the name of what told them, best first; ``echo`` is the shortest time in which the
    service answered anything, in seconds.
    """

    origin: str
    api_base: str
    endpoints: tuple[Endpoint, ...]
    pools: tuple[Pool, ...]
    lanes: tuple[Lane, ...]
    submission: Submission | None = None
    newest: int | None = None
    newest_id: str | None = None
    oldest: int | None = None
    oldest_id: str | None = None
    density: float = 0.0
    totals: tuple[tuple[str, int], ...] = ()
    echo: float = 0.05
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    discovered_at: float = 0.0

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint of that name; KeyError when there is none."""
        return {endpoint.name: endpoint for endpoint in self.endpoints}[name]

    def pool(self, name: str) -> Pool:
        """The pool of that name; KeyError when there is none."""
        return {pool.name: pool for pool in self.pools}[name]

    @property
    def sample_id(self) -> str | None:
        """Any id of the set, to borrow its form from."""
        return self.newest_id or self.oldest_id

    def to_json(self) -> bytes:
        """The document, indented, to be read by people too."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)


def read_profile(text: bytes) -> Profile:
    """Reads a profile document; raises ``msgspec.DecodeError`` or ``ValidationError`` when it is not one."""
    return msgspec.json.decode(text, type=Profile)
