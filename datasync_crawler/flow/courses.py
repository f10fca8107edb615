"""Courses: what happens to a stream, from the call for it to the proof that it brought everything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from datasync_crawler.domain.profile import Endpoint, Lane
from datasync_crawler.domain.ways import Pace
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.liveshard import LiveShard

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
# So many readings in a row that brought no row end the way.
_MOST_FAILURES = 4


@dataclass(frozen=True, slots=True)
class StreamAsk:
    """A call for everything at once, through a lane; ``reading`` counts the calls."""

    lane: str
    generation: int
    reading: int


class State(Enum):
    """Where a course stands."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    """The body came to its own end; its last pages may still be on their way into the ledger."""
    RETIRED = "retired"
    """Nothing more is expected of it."""


@dataclass(slots=True)
class Course:
    """The stream of one lane, while it runs; times are monotonic seconds, positions microseconds.

    ``rows`` and ``fresh`` count what the present reading brought and what of it was new, ``unstored`` the pages on
    their way into the ledger; the next reading waits for them. While the stream is ``ordered`` (along the set's axis,
    ``upwards`` or not, down to the place ``last``) it walks the shards as pages do, and ``held`` is the one it is in.
    """

    live: LiveLane
    upwards: bool = False
    state: State = State.WAITING
    readings: int = 0
    ends: int = 0
    failures: int = 0
    rows: int = 0
    fresh: int = 0
    unstored: int = 0
    ordered: bool = True
    last: int | None = None
    held: LiveShard | None = None
    asked_at: float = 0.0
    first_at: float | None = None
    not_before: float = float("-inf")

    @property
    def lane(self) -> Lane:
        """The lane it comes through."""
        return self.live.lane

    @property
    def endpoint(self) -> Endpoint:
        """Where it comes from."""
        return self.live.endpoint

    @property
    def failed(self) -> bool:
        """Whether its last readings brought no row."""
        return bool(self.failures or self.live.strikes)

    def begin(self, now: float) -> None:
        """A call for it leaves."""
        self.state, self.asked_at, self.first_at = State.RUNNING, now, None
        self.readings += 1
        self.rows = self.fresh = 0
        along = self.endpoint.descending is not self.upwards
        self.ordered, self.last = self.endpoint.shape.time is not None and along, None

    def came(self, rows: int, now: float) -> None:
        """So many rows more came."""
        self.first_at = now if self.first_at is None else self.first_at
        self.rows += rows
        self.unstored += 1
        self.live.strikes = 0

    def stored(self, inserted: int) -> None:
        """A page of it was committed."""
        self.unstored -= 1
        self.fresh += inserted
        self.failures = 0 if inserted else self.failures

    def broke(self, trouble: str, now: float, *, blamed: bool = False) -> None:
        """It ended too early, or did not begin; it is begun again after a longer and longer pause, not for ever.

        ``blamed`` says that the answer blames the key, which then shuts it, and not its failures.
        """
        self.let_go()
        self.live.strikes = self.live.strikes + 1 if blamed else 0
        self.failures = 0 if self.fresh else self.failures + (not blamed)
        self.live.trouble = self.live.last_error = trouble
        self.live.faults += 1
        self.state = State.RETIRED if self.live.shut or self.failures >= _MOST_FAILURES else State.WAITING
        self.not_before = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (self.failures + self.live.strikes))

    def ended(self) -> None:
        """It came to its own end."""
        self.let_go()
        self.state, self.failures = State.ENDED, 0
        self.ends += 1

    def let_go(self) -> None:
        """The shard that it is in is free for others."""
        if self.held is not None:
            self.held.flying = False
        self.held = None

    def pace(self, now: float) -> Pace:
        """How it does."""
        flowing = 0.0 if self.first_at is None else now - self.first_at
        return Pace(now - self.asked_at, flowing, self.rows, self.ordered)
