"""What the simulated service is like: every switch, with the default that the public record supports best."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from datasync_crawler.simulator.budgets import BudgetDialect
from datasync_crawler.simulator.cursorform import CursorForm
from datasync_crawler.simulator.leading import Leading
from datasync_crawler.simulator.names import Names
from datasync_crawler.simulator.rowshape import RowShape
from datasync_crawler.simulator.switches import UnknownSwitch, one_of, switched
from datasync_crawler.simulator.truth import Truth
from datasync_crawler.simulator.ways import Ways

__all__ = ["FAULT_LEVELS", "UnknownSwitch", "World"]

FAULT_LEVELS: Mapping[str, float] = {"none": 0.0, "light": 1.0, "moderate": 4.0, "high": 10.0}
"""How often the everyday faults happen, as a multiple of the light level."""

_LIGHT: Mapping[str, float] = {
    "fault_server_error": 0.0025,
    "fault_balancer": 0.0025,
    "fault_truncated": 0.005,
    "fault_reset": 0.002,
    "fault_false_end": 0.002,
}


@dataclass(frozen=True, slots=True)
class World:
    """One service to simulate. Durations are seconds, latencies seconds a page, all as they are at speed 1.

    ``span`` turns any of them into seconds on the clock of a faster world.
    """

    events: int = 3_000_000
    seed: int = 1
    speed: float = 1.0
    tie_rate: float = 0.001
    """Share of events that carry the time of another event of their session."""
    total_extra: int = 0
    """What ``meta.total`` says beyond the true count."""
    stats_extra: int = 0
    """What the stats say beyond the true count."""

    key_life: float = 10_800.0
    key_camel_accepted: bool = False
    key_refusal: int = 401
    stats_needs_key: bool = True
    stream_access_wants: str = "user-agent"
    """What opens stream access, by commas: user-agent, origin, referer, cookie, requested-with, dashboard-session."""
    token_life: float = 300.0
    token_cancels_older: bool = False
    tokens_die_every: float = 0.0
    """Seconds after which all tokens die before their time, counted from the key's first call; 0 is never."""
    token_header: str = "X-Stream-Token"
    feed_path: str = "/api/v1/events/d4ta/x7k9/feed"

    page_cap: int = 5_000
    page_default: int = 100
    feed_cap: int = 5_000
    feed_default: int = 25
    feed_mixed: bool = False
    cursor_life: float = 120.0
    cursor_checked: bool = True
    cursor_signed: bool = False
    since_inclusive: bool = True
    until_inclusive: bool = False
    ranges_on_events: bool = False
    filtered_total: bool = False
    type_filters: bool = False
    offset_honoured: bool = False
    teapot: str = one_of("none", "below", "outside")
    """Which cursors are answered 418: none, below (older than the oldest row), outside (newer than the newest too)."""
    bulk_broken: bool = False
    bulk_cap: int = 100

    limits: bool = True
    window_kind: str = one_of("sliding", "fixed", "bucket")
    """How calls are counted: sliding (a log of arrivals), fixed (a counter per window) or bucket (of tokens)."""
    refused_count: bool = True
    header_limit: int = 10
    header_window: float = 60.0
    query_limit: int = 5
    query_window: float = 60.0
    query_shares_header: bool = False
    feed_limit: int = 200
    feed_window: float = 300.0
    feed_announced: bool = False
    feed_retry_after: bool = True
    feed_shares_header: bool = False
    sessions_limit: int = 40
    sessions_window: float = 60.0
    metrics_limit: int = 30
    metrics_window: float = 60.0
    bulk_limit: int = 20
    bulk_window: float = 60.0
    stream_access_limit: int = 0
    """Calls for tokens allowed in a window; 0 is no limit (as for every other limit)."""
    stream_access_window: float = 60.0

    cache: bool = True
    cache_ttl: float = 30.0
    hits_count: bool = False
    not_modified: bool = False
    gzip: bool = False

    latency: bool = True
    events_latency: float = 3.1
    feed_latency: float = 3.5
    feed_rows_per_second: float = 4_200.0
    """Rows that all feed pages under way share; 0 is no bound."""

    submissions_allowed: int = 5
    submissions_listed: bool = True
    submission_fault: str = one_of("none", "refused", "lost")
    """What befalls a submission: none, refused (500, not taken), lost (taken, then the connection is reset)."""

    fault_server_error: float = 0.0
    fault_balancer: float = 0.0
    fault_reset: float = 0.0
    fault_truncated: float = 0.0
    fault_null: float = 0.0
    fault_empty_page: float = 0.0
    fault_false_end: float = 0.0
    fault_idless: float = 0.0
    fault_revoked_token: float = 0.0
    fault_drip: float = 0.0
    drip_seconds: float = 20.0
    outage_after: float = 0.0
    """Seconds from the first keyed call to the beginning of the outage."""
    outage_for: float = 0.0
    outage_every: float = 0.0
    """Seconds from the beginning of an outage to that of the next; 0 is no other one."""

    names: Names = field(default_factory=Names)
    rows: RowShape = field(default_factory=RowShape)
    budgets: BudgetDialect = field(default_factory=BudgetDialect)
    cursors: CursorForm = field(default_factory=CursorForm)
    ways: Ways = field(default_factory=Ways)
    truth: Truth = field(default_factory=Truth)
    leading: Leading = field(default_factory=Leading)

    @property
    def shaped(self) -> bool:
        """Whether rows read otherwise than those that are rendered ahead."""
        names, usual = self.names, Names()
        same = all(
            getattr(names, name) == getattr(usual, name)
            for name in ("id_field", "time_field", "type_field", "snake_case")
        )
        return not same or self.rows != RowShape()

    def span(self, seconds: float) -> float:
        """Seconds on the clock that ``seconds`` of the real service last in this world."""
        return seconds / self.speed

    def whole(self, seconds: float) -> int:
        """A duration of this world's clock as a whole-second header says it: rounded up, never negative."""
        return max(0, math.ceil(round(seconds, 6)))

    def with_switches(self, switches: Mapping[str, object]) -> World:
        """The same world with some switches set, its own or those of its parts. Raises UnknownSwitch."""
        return switched(self, switches)

    def with_faults(self, level: str) -> World:
        """The same world with the everyday faults of a level: none, light, moderate or high."""
        if level not in FAULT_LEVELS:
            raise UnknownSwitch(f"no fault level is called {level!r}")
        return self.with_switches({name: rate * FAULT_LEVELS[level] for name, rate in _LIGHT.items()})
