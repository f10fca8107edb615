"""The live state of a run: one object that dispatch and reception share, and that shows how far things are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.budget import Limit
from datasync_crawler.domain.errors import DatasyncError
from datasync_crawler.domain.planner import Outlook
from datasync_crawler.domain.profile import Endpoint, Profile
from datasync_crawler.flow.clock import Bell, Clock
from datasync_crawler.flow.gate import Gate
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.shards import LiveShards
from datasync_crawler.flow.tokens import TokenAsk, TokenState

Call = Ask | TokenAsk


@dataclass(frozen=True, slots=True)
class Flying:
    """A call under way: when it left (monotonic seconds), and with which version of the token."""

    left_at: float
    token: int = 0


@dataclass(slots=True)
class Run:
    """Everything that lives as long as one process drains one ledger.

    ``stored`` counts the rows in the table, ``met_again`` those met again since the last new one, ``total`` is the
    highest-ranked total that the service told, ``progress_at`` the monotonic time of the last progress,
    ``cursor_margin`` the life (seconds) that a server's cursor must have left. ``failure`` is why the run ended early.
    ``lessons`` (limits learned, by pool) wait to be written down.
    """

    profile: Profile
    lanes: Mapping[str, LiveLane]
    shards: LiveShards
    gate: Gate
    clock: Clock
    bell: Bell
    generation: int
    stored: int = 0
    met_again: int = 0
    total: int | None = None
    newest: int | None = None
    progress_at: float = 0.0
    cursor_margin: float = 0.0
    failure: DatasyncError | None = None
    stopped: bool = False
    flying: dict[Call, Flying] = field(default_factory=dict)
    tokens: Mapping[str, TokenState] = field(default_factory=dict)
    lessons: dict[str, Limit] = field(default_factory=dict)

    @property
    def outlook(self) -> Outlook:
        """What planning needs to know now."""
        endpoints = [lane.endpoint for lane in self.lanes.values()]
        units = [_number_unit(e) if self.shards.numbered else max(e.shape.time_unit, e.filter_unit) for e in endpoints]
        return Outlook.over(
            self.shards.values,
            total=self.total,
            newest=self.newest,
            page_rows=max(endpoint.cap for endpoint in endpoints),
            unit=max(units),
            numbered=self.shards.numbered,
        )

    @property
    def agrees(self) -> bool:
        """Whether as many rows are stored as the service tells of."""
        return self.total is not None and self.stored >= self.total

    def stop(self, failure: DatasyncError | None = None) -> None:
        """Lets no further call leave; the first failure given is the one that counts."""
        self.failure = self.failure or failure
        self.stopped = True
        self.bell.ring()

    def claim(self, call: Call, token: int = 0) -> None:
        """A call is decided on: its shard and its place in the lane are taken."""
        self.flying[call] = Flying(self.clock.monotonic(), token)
        if isinstance(call, Ask):
            self.lanes[call.lane].in_flight += 1
            self.shards[call.shard].flying = True

    def depart(self, call: Call, at: float) -> None:
        """The call leaves at the monotonic time ``at``."""
        self.flying[call] = replace(self.flying[call], left_at=at)

    def sent(self, call: Call) -> None:
        """The call goes onto the wire now, however long ago it was let go."""
        flying, now = self.flying.get(call), self.clock.monotonic()
        if flying is not None:
            self.gate.budgets[self.pool_of(call)].sent(flying.left_at, now)
            self.flying[call] = replace(flying, left_at=now)

    def land(self, call: Call) -> Flying | None:
        """A call came back, or will not; None when it is none of this run's (restored from an earlier one)."""
        flying = self.flying.pop(call, None)
        if flying is not None and isinstance(call, Ask):
            self.lanes[call.lane].in_flight -= 1
            self.shards[call.shard].flying = False
        self.bell.ring()
        return flying

    def pool_of(self, call: Call) -> str:
        """The pool that a call is counted against."""
        if isinstance(call, Ask):
            return self.lanes[call.lane].lane.pool
        grant = self.profile.endpoint(call.endpoint).grant
        assert grant is not None
        return grant.pool


def _number_unit(endpoint: Endpoint) -> int:
    """What a cut between numbered rows must be a multiple of."""
    return endpoint.cap if endpoint.page_param is not None else 1
