"""What a perfect client would need, in worlds simple enough to be reckoned by hand."""

from __future__ import annotations

import pytest

from datasync_crawler.simulator.oracle import Oracle, oracle
from datasync_crawler.simulator.world import World

ALONE = {"feed": False, "query_key": False, "events": 3_000, "page_cap": 100, "events_latency": 3.0}
"""Thirty pages of a list, ten a minute."""
LOOPING = {"cursor_form": "sealed", "loop_at": 0.5}
"""Half of the list cannot be reached."""


def reckoned(**switches: object) -> Oracle:
    return oracle(World().with_switches(ALONE | switches))


@pytest.mark.parametrize(
    ("switches", "calls", "seconds"),
    [
        ({}, 30, 123.0),
        ({"speed": 10}, 30, 12.3),
        # Ten at once, then one every six seconds.
        ({"window_kind": "bucket"}, 30, 123.0),
        ({"window_kind": "bucket", "events": 1_100}, 11, 9.0),
        # Fifteen a minute by both forms of the key.
        ({"query_key": True}, 30, 63.0),
        ({"query_key": True, "query_shares_header": True}, 30, 123.0),
        # One after the other.
        ({"cursor_form": "sealed", "limits": False}, 30, 90.0),
        ({"cursor_form": "sealed", "limits": False, "paging": "offset"}, 30, 3.0),
        ({"cursor_form": "sealed", "limits": False, "ranges_on_events": True}, 30, 3.0),
        ({"cursor_form": "sealed", "limits": False, "type_filters": True}, 30, 12.0),
        # Six calls a minute in all.
        ({"hidden_limit": 6}, 30, 243.0),
        ({"repeats": 50}, 60, 303.0),
        ({"lift_header": "A: b", "lifted_cap": 500}, 6, 3.0),
        ({"lift_header": "A: b", "lifted_limit": 30}, 30, 3.0),
        ({"lift_header": "A: b", "lifted_cap": 500, "lift_written": "nowhere"}, 30, 123.0),
        ({"arrivals": 1_000}, 20, 63.0),
        # Two thousand ids by two calls, a thousand rows by ten.
        ({"ids_path": "/ids", "ids_cap": 1_000, "ids_limit": 1, "ids_latency": 1.0}, 12, 61.0),
        ({"dump_path": "/all", "dump_rows_per_second": 0, "dump_latency": 2.0}, 1, 2.0),
        # A thousand rows have come at once by then, the others by twenty calls.
        ({"dump_path": "/all", "dump_rows_per_second": 1_000, "dump_latency": 2.0, "limits": False}, 21, 3.0),
        ({"feed": True, "feed_cap": 100, "feed_latency": 1.0, "feed_rows_per_second": 0}, 31, 1.0),
        (
            {
                "feed": True,
                "feed_open": True,
                "feed_written": "bundle",
                "feed_cap": 100,
                "feed_latency": 1.0,
                "feed_rows_per_second": 0,
            },
            30,
            1.0,
        ),
    ],
)
def test_least_calls_and_seconds_are_those_of_the_best_client(
    switches: dict[str, object], calls: int, seconds: float
) -> None:
    assert reckoned(**switches) == Oracle(drainable=True, least_calls=calls, least_seconds=seconds)


@pytest.mark.parametrize(
    ("switches", "drainable"),
    [
        ({"total_extra": 1}, False),
        ({"total_extra": -1}, True),
        ({"stats_extra": 1}, True),
        ({"stats_extra": 1, "total_told": False}, False),
        (LOOPING, False),
        (LOOPING | {"page_cap": 1_000_000}, True),
        ({"cursor_form": "sealed", "loop_at": 0.5, "ranges_on_events": True}, True),
        ({"cursor_signed": True, "loop_at": 0.5, "loop_on": "both"}, False),
        ({"cursor_form": "sealed", "loop_at": 0.5, "feed": True}, True),
        ({"loop_at": 0.5}, True),
        ({"header_key": False}, False),
        ({"header_key": False, "feed": True}, False),
        (LOOPING | {"feed": True}, True),
        (LOOPING | {"feed": True, "feed_open": True}, False),
        (LOOPING | {"feed": True, "feed_open": True, "feed_written": "nowhere"}, False),
        (LOOPING | {"feed": True, "feed_open": True, "feed_written": "runtime"}, True),
        (LOOPING | {"ids_path": "/ids", "ids_written": "nowhere"}, False),
        (LOOPING | {"dump_path": "/all", "dump_written": "docs"}, True),
        (LOOPING | {"dump_path": "/all", "dump_written": "nowhere"}, False),
    ],
)
def test_a_world_is_drainable_when_all_that_is_told_can_be_had(switches: dict[str, object], drainable: bool) -> None:
    assert reckoned(**switches).drainable == drainable


def test_where_not_all_can_be_had_the_figures_are_of_what_can() -> None:
    assert reckoned(cursor_form="sealed", loop_at=0.5, limits=False) == Oracle(
        drainable=False, least_calls=15, least_seconds=45.0
    )
