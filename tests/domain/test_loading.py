from __future__ import annotations

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.loading import in_bulk
from datasync_crawler.domain.profile import Pool
from tests.flow.worlds import THREE_LANES

UNLIMITED = replace(
    THREE_LANES,
    pools=tuple(Pool(pool.name) for pool in THREE_LANES.pools),
    totals=(("the overview", 3_000_000), ("the stats", 10)),
)


def test_a_large_set_without_limits_is_loaded_in_bulk() -> None:
    assert in_bulk(UNLIMITED, (), 0)


@pytest.mark.parametrize("place", range(len(UNLIMITED.pools)))
def test_one_limit_is_enough_to_keep_the_key(place: int) -> None:
    pools = list(UNLIMITED.pools)
    pools[place] = replace(pools[place], limit=10, window=60.0)
    used = {lane.pool for lane in UNLIMITED.lanes}
    assert in_bulk(replace(UNLIMITED, pools=tuple(pools)), (), 0) == (pools[place].name not in used)


def test_a_limit_once_learned_keeps_the_key() -> None:
    assert not in_bulk(UNLIMITED, {"feed"}, 0)


@pytest.mark.parametrize(("stored", "bulk"), [(1_500_000, True), (1_500_001, False), (3_000_000, False)])
def test_a_set_that_is_half_there_keeps_its_key(stored: int, bulk: bool) -> None:
    assert in_bulk(UNLIMITED, (), stored) == bulk


@pytest.mark.parametrize("totals", [(), (("the overview", 99_999),)])
def test_a_small_set_or_one_of_an_untold_size_keeps_its_key(totals: tuple[tuple[str, int], ...]) -> None:
    assert not in_bulk(replace(UNLIMITED, totals=totals), (), 0)


def test_a_stream_keeps_the_key() -> None:
    streamed = replace(UNLIMITED.endpoints[0], format="ndjson")
    assert not in_bulk(replace(UNLIMITED, endpoints=(streamed, *UNLIMITED.endpoints[1:])), (), 0)
