"""The least time that pools allow is told from their limits alone, and only where all of them are known."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.floor import Share, floor_of
from datasync_crawler.domain.profile import Credential, CursorShape, Endpoint, Lane, Pool, Profile, RowShape

CURSOR = CursorShape("standard", padded=True, order=("at", "no"), id="no", time="at")
LIST = Endpoint("list", "http://h/list", RowShape(("rows",), "no", time="at"), cap=100, cursor=CURSOR, latency=2.0)
EXPORT = Endpoint("export", "http://h/export", RowShape((), "no"), cap=5_000, format="ndjson")
KEY = Credential("header", "X-Key")


def profile(*endpoints: Endpoint, limit: int | None = 10) -> Profile:
    """A lane and a pool of a minute an endpoint."""
    lanes = tuple(Lane(it.name, it.name, KEY, it.name) for it in endpoints)
    return Profile("http://h", "http://h", endpoints, tuple(Pool(it.name, limit, 60.0) for it in endpoints), lanes)


@pytest.mark.parametrize(("rows", "seconds"), [(1, 0.0), (1_000, 0.0), (1_001, 60.0), (3_000, 120.0)])
def test_the_last_call_leaves_in_the_window_that_has_room_for_it_and_takes_its_time(rows: int, seconds: float) -> None:
    assert floor_of(profile(LIST), {}, rows).seconds == pytest.approx(seconds + LIST.latency, abs=0.02)


def test_lanes_on_pools_of_their_own_share_the_rows() -> None:
    feed = replace(LIST, name="feed", cap=200)
    found = floor_of(profile(LIST, feed), {}, 6_000)
    assert found.seconds == pytest.approx(62.0, abs=0.02)
    assert found.shares == (Share("list", 100, 10, 60.0), Share("feed", 200, 10, 60.0))


def test_a_limit_that_was_learned_stands_for_one_that_nobody_told() -> None:
    hidden = profile(LIST, limit=None)
    assert floor_of(hidden, {}, 2_000).seconds is None
    assert floor_of(hidden, {"list": Pool("list", 10, 60.0)}, 2_000).seconds == pytest.approx(62.0, abs=0.02)


def test_what_counts_every_call_may_take_longer_than_the_pools() -> None:
    over_all = Pool("all", 5, 60.0)
    assert floor_of(profile(LIST), {}, 2_000, common=over_all).seconds == pytest.approx(182.0, abs=0.02)
    assert floor_of(profile(LIST, limit=None), {}, 2_000, common=over_all).seconds == pytest.approx(182.0, abs=0.02)


def test_a_stream_has_no_floor_whatever_its_calls_are_counted_against() -> None:
    assert floor_of(profile(LIST, EXPORT), {}, 9_000).seconds is None


def test_what_has_no_lane_has_no_floor() -> None:
    assert floor_of(replace(profile(LIST), lanes=()), {}, 9_000).shares == ()
