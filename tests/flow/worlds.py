"""Profiles of the fake service, as discovery would have found them out."""

from __future__ import annotations

from msgspec.structs import replace

from datasync_crawler.domain.profile import (
    Credential,
    CursorShape,
    Endpoint,
    Lane,
    Pool,
    Profile,
    RowShape,
    TokenGrant,
)
from tests.flow.fake_clock import FakeClock
from tests.flow.fake_service import NEWEST, TOKEN_LIFE, Fault, Meter, Service, Way

BASE = "http://service.test"
NEWEST_MICROS = NEWEST * 1_000
SHAPE = RowShape(
    rows=("rows",),
    id="no",
    time="at",
    type="kind",
    has_more=("more",),
    next_cursor=("after",),
    cursor_life=("lives",),
    total=("all",),
    returned=("here",),
)
CURSOR = CursorShape("standard", padded=True, order=("at", "no", "dies"), id="no", time="at", expires="dies")
GRANT = TokenGrant(
    method="POST",
    url=f"{BASE}/token",
    headers=(("X-Key", "{key}"),),
    token=("pass",),
    header="X-Token",
    endpoint=("for",),
    life=("lives",),
    life_seconds=TOKEN_LIFE,
    pool="feed token",
)
LIST = Endpoint("list", f"{BASE}/list", SHAPE, cap=50, limit_param="size", cursor_param="after", cursor=CURSOR)
FEED = replace(LIST, name="feed", url=f"{BASE}/feed", grant=GRANT)
CHAIN = replace(LIST, cursor=None)
BY_TIME = replace(LIST, cursor=None, cursor_param=None, until_param="until", until_inclusive=True)
BY_HEADER = Lane("header", "list", Credential("header", "X-Key"), "list header")
BY_QUERY = Lane("query", "list", Credential("query", "k"), "list query")
BY_FEED = Lane("feed", "feed", Credential("header", "X-Key"), "feed")


def profile(*lanes: Lane, endpoints: tuple[Endpoint, ...] = (LIST,), pools: tuple[Pool, ...] = ()) -> Profile:
    """A profile of the lanes; their pools are of unknown size unless told."""
    told = {pool.name: pool for pool in pools}
    return Profile(
        origin=BASE,
        api_base=BASE,
        endpoints=endpoints,
        lanes=lanes,
        pools=tuple(told.get(lane.pool, Pool(lane.pool)) for lane in lanes),
        newest=NEWEST_MICROS,
        newest_id="00000001",
    )


FREE = profile(BY_HEADER)
"""One lane without a limit."""
FEED_ONLY = profile(BY_FEED, endpoints=(FEED,))
"""One lane behind a token."""
ONE_CHAIN = profile(BY_HEADER, endpoints=(CHAIN,))
"""One lane whose cursors cannot be taken apart."""
TELLING = (Pool("list header", 10, 60.0, announced=True), Pool("list query", 5, 60.0, announced=True))
THREE_LANES = profile(BY_HEADER, BY_QUERY, BY_FEED, endpoints=(LIST, FEED), pools=TELLING)
"""Two announced pools and a hidden one."""


def service(
    *,
    count: int = 3_000,
    fault: Fault = lambda _: None,
    way: Way | None = None,
    meters: dict[str, Meter] | None = None,
    others: dict[str, Way] | None = None,
) -> Service:
    """A quick service with every way there is, and ``others`` that no profile knows."""
    ways = {"/list": way or Way(latency=0.3), "/feed": Way(latency=0.3, token=True)} | (others or {})
    return Service(FakeClock(), count=count, ways=ways, meters=meters, fault=fault)


def slow_service(*, pages: int = 600, fault: Fault = lambda _: None) -> Service:
    """The limits, latencies and rates that this program was first built for, with a hundredth of the rows."""
    return Service(
        FakeClock(),
        count=pages * 50,
        ways={"/list": Way(latency=3.1), "/feed": Way(latency=3.5, rate=42.0, token=True)},
        meters={
            "/list header": Meter(10, 60.0),
            "/list query": Meter(5, 60.0),
            "/feed": Meter(200, 300.0, announced=False),
        },
        fault=fault,
    )
