"""A view in words, and the strip of what is walked."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.planner import Outlook
from datasync_crawler.domain.shard import Checkpoint, Shard
from datasync_crawler.domain.strip import coverage, ends_of
from datasync_crawler.domain.telling import duration, line
from datasync_crawler.domain.view import Health, LaneView, State, View

NOW = 1_800_000_000.0
BUSY = LaneView("list", "header", pages=7, in_flight=2, faults=1, refused=3, left=0, limit=10, opens_in=12.2)
FREE = LaneView("feed", "feed", pages=9)


def test_the_line_of_a_run_tells_everything_that_is_known() -> None:
    view = View(
        NOW,
        "events",
        events=1_230,
        total=3_000,
        rate=310.4,
        mean_rate=290.0,
        eta=130.0,
        key_left=7_200.0,
        shards=9,
        open_shards=3,
        health=Health(State.WAITING, ("pool header opens in 12 s", "and more")),
        lanes=(BUSY, FREE),
    )
    assert line(view) == (
        "1,230 of 3,000 events, 41.0 %, 310 events/s (290 over all), about 2 min 10 s left, key lives 2 h 0 min more, "
        "3 of 9 shards open, waiting: pool header opens in 12 s"
        " | list: 7 pages, 0/10 calls left, next in 12 s, 2 in flight, 1 faults, 3 refused"
        " | feed: 9 pages, no known limit, 0 in flight"
    )


def test_the_line_says_nothing_of_what_is_not_known() -> None:
    assert line(View(NOW, "events")) == "0 events, 0 events/s (0 over all), 0 of 0 shards open"


def test_while_nothing_is_drained_the_line_says_what_is_done() -> None:
    assert line(View(NOW, "discover", active=75.0)) == "finding out how the service works, for 1 min 15 s"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3.0, "0 s"), (0.4, "0 s"), (59.6, "1 min 0 s"), (75, "1 min 15 s"), (7_380, "2 h 3 min")],
)
def test_a_duration_has_at_most_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("state", "well"), [("healthy", True), ("waiting", True), ("stalled", False), ("failed", False)]
)
def test_a_run_is_well_while_it_goes_on_by_itself(state: str, well: bool) -> None:
    assert Health(State(state)).well is well


def test_the_strip_shows_what_is_walked_of_every_part() -> None:
    shards = [
        Shard(1, 50, None, Checkpoint(position=75), rows=25),
        Shard(2, 20, 50, Checkpoint(proof="empty")),
        Shard(3, None, 20),
    ]
    assert coverage(shards, 100, 0, 4) == (1.0, 0.0, 1.0, 0.2)


def test_a_set_of_one_row_is_walked_with_it() -> None:
    alone = [Shard(1, None, None, Checkpoint(position=5, proof="end"), rows=1)]
    ends = ends_of(alone, Outlook.over(alone, total=1, newest=5, page_rows=10, unit=1))
    assert ends == (6, 5)
    assert coverage(alone, *ends, 2) == (1.0, 1.0)


def test_where_the_lowest_row_lies_is_estimated_until_it_is_met() -> None:
    """A thousand rows in all, of which the upper hundred lie a microsecond apart."""
    begun = [Shard(1, None, None, Checkpoint(position=900), rows=100)]
    outlook = Outlook.over(begun, total=1_000, newest=1_000, page_rows=10, unit=1)
    assert ends_of(begun, outlook) == (1_001, 0)
    ended = [Shard(1, None, None, Checkpoint(position=400, proof="end"), rows=600)]
    assert ends_of(ended, Outlook.over(ended, total=1_000, newest=1_000, page_rows=10, unit=1)) == (1_001, 400)


def test_without_a_row_the_axis_has_no_ends() -> None:
    shards = [Shard(1, None, None)]
    assert ends_of(shards, Outlook.over(shards, total=None, newest=None, page_rows=10, unit=1)) is None
