"""The live state of a run: one object that dispatch and reception share, and that shows how far things are."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.bridging import Lifetime
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.errors import DatasyncError
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.planner import Outlook
from datasync_crawler.domain.profile import Endpoint, Profile
from datasync_crawler.domain.shard import Shard
from datasync_crawler.flow.clock import Bell, Clock
from datasync_crawler.flow.courses import Course, StreamAsk
from datasync_crawler.flow.gate import Gate
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.shards import LiveShards
from datasync_crawler.flow.tokens import TokenAsk, TokenState

Call = Ask | TokenAsk | StreamAsk


@dataclass(frozen=True, slots=True)
class Flying:
    """A call under way: when it left (monotonic seconds), and with which version of the token."""

    left_at: float
    token: int = 0


@dataclass(slots=True)
class Run:
    """Everything that lives as long as one process drains one ledger.

    ``stored`` counts the rows in the table, ``unstored`` the pages on their way there, ``met_again`` those met again
    and ``refused_in_vain`` the calls refused since the last new one, ``key_worked`` says that the key ever opened a
    page, ``key_life`` how many seconds it lives from its first call on and ``key_dies`` the wall time of its end,
    ``first_total`` is the highest-ranked total that was told before the drain and ``told`` the largest that its pages
    told, ``progress_at`` the monotonic time of the last progress, ``cursor_margin`` the life (seconds) that a server's
    cursor must have left. ``failure`` is why the run ended early.
    ``lessons`` (limits learned, by pool) wait to be written down, as does a profile that has changed. ``headers_met``
    are the names of headers that were looked at, ``dead_ends`` addresses that no redirect is followed to, ``missed``
    the calls that failed at new addresses. ``courses`` are the streams by lane, ``others`` the rows a second that all
    other lanes are good for; ``upwards`` is the axis of all places, and ``newest`` the uppermost of them that has a
    row. ``loading`` says that the table has no key yet. ``lifetimes`` are those of cursors, by endpoint.
    ``waits_for`` has, while the database is away, what each connection met: no call is decided on meanwhile.
    ``verdict`` is what was proven of the set when the run had ended.
    Whoever moves a bound or a checkpoint holds ``cutting``, but for pages of the one call that has the shard.
    """

    profile: Profile
    lanes: Mapping[str, LiveLane]
    shards: LiveShards
    gate: Gate
    clock: Clock
    bell: Bell
    generation: int
    stored: int = 0
    unstored: int = 0
    met_again: int = 0
    refused_in_vain: int = 0
    key_worked: bool = False
    key_life: float | None = None
    key_dies: float | None = None
    first_total: int | None = None
    told: int | None = None
    newest: int | None = None
    progress_at: float = 0.0
    cursor_margin: float = 0.0
    failure: DatasyncError | None = None
    stopped: bool = False
    upwards: bool = False
    profile_changed: bool = False
    loading: bool = False

    headers_met: set[str] = field(default_factory=set)
    dead_ends: set[str] = field(default_factory=set)
    missed: Counter[str] = field(default_factory=Counter)
    flying: dict[Call, Flying] = field(default_factory=dict)
    tokens: Mapping[str, TokenState] = field(default_factory=dict)
    lessons: dict[str, Limit] = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)
    others: float = 0.0
    lifetimes: dict[str, Lifetime] = field(default_factory=dict)
    waits_for: dict[str, str] = field(default_factory=dict)
    verdict: Verdict | None = None
    cutting: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.progress_at = self.progress_at or self.clock.monotonic()

    @property
    def outlook(self) -> Outlook:
        """What planning needs to know now."""
        endpoints = [live.endpoint for live in (self.lanes or self.courses).values()]
        units = [_number_unit(e) if self.shards.numbered else _time_unit(e) for e in endpoints]
        return Outlook.over(
            self.shards.values,
            total=self.total,
            newest=self.newest,
            page_rows=max((endpoint.cap for endpoint in endpoints), default=1),
            unit=max(units, default=1),
            numbered=self.shards.numbered,
            counting=self.unstored > 0 or self.exact,
            surplus=self.total is not None and self.stored > self.total,
            known=self.profile.density,
        )

    @property
    def total(self) -> int | None:
        """How many rows are wanted: what was told before the drain, as rows that come later are not claimed."""
        return self.told if self.first_total is None else self.first_total

    def reach(self, shard: Shard) -> Shard:
        """How far a shard has to be walked: rows that came meanwhile push numbered ones down, beyond its bound."""
        came = (self.told or 0) - (self.first_total or 0)
        pushed = self.shards.numbered and not self.upwards
        if not pushed or shard.low is None or self.first_total is None or came <= 0:
            return shard
        return replace(shard, low=shard.low - came)

    @property
    def agrees(self) -> bool | None:
        """Whether as many rows are stored as the service tells of; None where it tells nothing."""
        return None if self.total is None else self.stored >= self.total

    @property
    def exact(self) -> bool:
        """Whether exactly as many rows are stored as the service tells of, each of them once, and none is coming.

        Not where its pages tell of more or fewer by now, or of nothing: rows that came meanwhile may stand in for
        others.
        """
        still = self.told is not None and self.told == self.total
        return still and self.stored == self.total and not self.unstored and not self.loading

    @property
    def left(self) -> int | None:
        """The rows that are told of and not stored yet; None where no total is told."""
        return None if self.total is None else max(0, self.total - self.stored)

    @property
    def limited(self) -> bool:
        """Whether any pool that pages are called through is known to have a limit by now."""
        pools = {lane.pool for lane in self.profile.lanes if lane.pool in self.gate.budgets}
        return self.gate.common is not None or any(self.gate.budgets[pool].limit is not None for pool in pools)

    def stop(self, failure: DatasyncError | None = None) -> None:
        """Lets no further call leave; the first failure given is the one that counts."""
        self.failure = self.failure or failure
        self.stopped = True
        self.bell.ring()

    def claim(self, call: Call, token: int = 0) -> None:
        """A call is decided on: its shard and its place in the lane are taken."""
        self.flying[call] = Flying(self.clock.monotonic(), token)
        if isinstance(call, Ask):
            self.lanes[call.lane].sent(call.limit)
            self.shards[call.shard].flying = True

    def depart(self, call: Call, at: float) -> None:
        """The call leaves at the monotonic time ``at``."""
        self.flying[call] = replace(self.flying[call], left_at=at)

    def sent(self, call: Call) -> None:
        """The call goes onto the wire now, however long ago it was let go."""
        flying, now = self.flying.get(call), self.clock.monotonic()
        if self.key_dies is None and self.key_life is not None:
            self.key_dies = self.clock.wall() + self.key_life
        if flying is not None:
            for budget in self.gate.counting(self.pool_of(call)):
                budget.sent(flying.left_at, now)
            self.flying[call] = replace(flying, left_at=now)

    def land(self, call: Call) -> Flying | None:
        """A call came back, or will not; None when it is none of this run's (restored from an earlier one)."""
        flying = self.flying.pop(call, None)
        if flying is not None and isinstance(call, Ask):
            self.lanes[call.lane].back(call.limit)
            self.shards[call.shard].flying = False
        self.bell.ring()
        return flying

    def pool_of(self, call: Call) -> str:
        """The pool that a call is counted against."""
        if isinstance(call, Ask):
            return self.lanes[call.lane].lane.pool
        if isinstance(call, StreamAsk):
            return self.courses[call.lane].lane.pool
        grant = self.profile.endpoint(call.endpoint).grant
        assert grant is not None
        return grant.pool


def _time_unit(endpoint: Endpoint) -> int:
    """The coarsest of the units (microseconds) that its rows, its filters and its cursors tell times in."""
    made = 1 if endpoint.cursor is None else endpoint.cursor.time_unit
    return max(endpoint.shape.time_unit, endpoint.filter_unit, made)


def _number_unit(endpoint: Endpoint) -> int:
    """What a cut between numbered rows must be a multiple of."""
    return endpoint.cap if endpoint.page_param is not None else 1
