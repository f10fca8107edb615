"""The view of a run: all that is shown of it, taken at one moment.

The terminal, the plain line, JSON lines, the web page, the metrics and ``scrapy status`` only draw this value. Times
are wall seconds since the epoch, durations seconds. What is counted is counted over all processes that worked on the
same ledger, and time when none of them ran is left out.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

VIEW = "view"
"""The kind under which the ledger remembers the last view, and its name."""


class State(StrEnum):
    """How a run does."""

    HEALTHY = "healthy"
    WAITING = "waiting"
    """Its budgets are spent, and it goes on by itself when they open."""
    COMPLETE = "complete"
    STALLED = "stalled"
    FAILED = "failed"


class Health(msgspec.Struct, frozen=True):
    """How a run does, and why."""

    state: State = State.HEALTHY
    reasons: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Whether nobody needs to look at it."""
        return self.state not in {State.STALLED, State.FAILED}


class LaneView(msgspec.Struct, frozen=True):
    """A lane: ``left`` of ``limit`` calls could leave now (None: no limit is known), the next in ``opens_in`` s.

    A full page typically takes ``latency`` s, None before one came.
    """

    name: str
    pool: str
    pages: int = 0
    in_flight: int = 0
    refused: int = 0
    faults: int = 0
    left: int | None = None
    limit: int | None = None
    opens_in: float = 0.0
    last_error: str = ""
    latency: float | None = None


class PoolView(msgspec.Struct, frozen=True):
    """A pool: ``used`` calls of its last window; ``use`` is their mean share of the limit."""

    name: str
    limit: int | None = None
    window: float | None = None
    used: int = 0
    opens_in: float = 0.0
    refused: int = 0
    announced: bool = False
    use: float | None = None


class Strip(msgspec.Struct, frozen=True):
    """How much of the axis is walked: a share from 0 to 1 a cell, in the order of the walk.

    ``first`` and ``last`` are the times at its two ends, None where rows are numbered or no row was seen.
    """

    cells: tuple[float, ...] = ()
    first: float | None = None
    last: float | None = None


class Point(msgspec.Struct, frozen=True, array_like=True):
    """So many events were stored at that time."""

    at: float
    events: int


class Trouble(msgspec.Struct, frozen=True):
    """Something that went wrong lately."""

    at: float
    text: str


class FindingView(msgspec.Struct, frozen=True):
    """One thing known of the service, with a confidence from 0 to 1."""

    subject: str
    value: str
    confidence: float


class View(msgspec.Struct, frozen=True):
    """A run at the time ``at``, which is the last of a process that has ``ended``; ``killed`` is how many were.

    ``rate`` is in events a second over the last ten seconds, ``mean_rate`` over all ``active`` ones, in which what is
    beyond ``base`` was stored. ``eta`` follows what the budgets still allow; ``planned`` is how long the whole was
    expected to take when it began. ``waiting_pages`` are on their way into the ledger, where the oldest has been for
    ``lag``; ``idle`` is the time since progress. ``memory`` is in bytes.
    """

    at: float
    spider: str
    ended: bool = False
    killed: int = 0
    events: int = 0
    total: int | None = None
    base: int = 0
    rate: float = 0.0
    mean_rate: float = 0.0
    active: float = 0.0
    eta: float | None = None
    planned: float | None = None
    key_left: float | None = None
    waiting_pages: int = 0
    lag: float = 0.0
    longest_lag: float = 0.0
    idle: float = 0.0
    longest_idle: float = 0.0
    memory: int = 0
    shards: int = 0
    open_shards: int = 0
    health: Health = Health()
    lanes: tuple[LaneView, ...] = ()
    pools: tuple[PoolView, ...] = ()
    strip: Strip = Strip()
    history: tuple[Point, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    findings: tuple[FindingView, ...] = ()

    @property
    def share(self) -> float | None:
        """The part of the whole that is stored, from 0 to 1; None where no total is told."""
        return None if not self.total else min(1.0, self.events / self.total)

    @property
    def faults(self) -> int:
        """Calls that brought no page and were not refused."""
        return sum(lane.faults for lane in self.lanes)

    @property
    def refused(self) -> int:
        """Calls that were refused."""
        return sum(pool.refused for pool in self.pools)

    @property
    def answers(self) -> int:
        """All answers that should have been pages."""
        return sum(lane.pages for lane in self.lanes) + self.faults

    @property
    def error_share(self) -> float:
        """Faults as a share of them."""
        return self.faults / self.answers if self.answers else 0.0

    def to_json(self) -> bytes:
        """The view as a JSON document of one line."""
        return msgspec.json.encode(self)


def read_view(document: bytes) -> View:
    """A view from its JSON document; raises ``msgspec.DecodeError`` or ``ValidationError`` when it is none."""
    return msgspec.json.decode(document, type=View)
