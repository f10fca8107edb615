"""The time line runs over the seconds of work, and no point of it is told twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datasync_crawler.domain.account import Account, PoolCalls
from datasync_crawler.domain.sample import MOST_SAMPLES, Sample, read_samples, sample_of
from datasync_crawler.domain.timeline import latencies, paces, stored_events, uses
from datasync_crawler.domain.view import LaneView, Point, View

# Ten seconds of work, an hour of nothing, ten seconds of work.
SAMPLES = (Sample(1_000.0, 0.0, 0), Sample(1_010.0, 10.0, 500), Sample(4_610.0, 10.0, 500), Sample(4_620.0, 20.0, 900))
EMPTY = Account(None, None, {}, (), None, None, (), (), (), (), None, None)
ACCOUNT = replace(EMPTY, samples=SAMPLES)


def calls(*counts: tuple[int, int], step: float = 10.0) -> PoolCalls:
    """Calls to a pool of ten in ten seconds, since the first sample."""
    return PoolCalls("list", 10, 10.0, 1_000.0, step, counts)


def test_time_without_work_is_left_out() -> None:
    assert stored_events(ACCOUNT).points == ((0.0, 0.0), (10.0, 500.0), (20.0, 900.0))
    assert paces(ACCOUNT).points == ((10.0, 50.0), (20.0, 40.0))


def test_a_short_run_is_drawn_from_the_finer_points_of_its_view() -> None:
    view = View(4_620.0, "events", history=(Point(1_004.0, 100), Point(1_006.0, 400)))
    assert paces(replace(ACCOUNT, view=view)).points[:2] == ((4.0, 25.0), (6.0, 150.0))


def test_a_long_run_has_no_more_points_than_a_chart_can_show() -> None:
    many = tuple(Sample(5.0 * number, 5.0 * number, number) for number in range(MOST_SAMPLES))
    drawn = stored_events(replace(EMPTY, samples=many)).points
    assert len(drawn) <= 122
    assert (drawn[0], drawn[-1]) == ((0.0, 0.0), (9_995.0, 1_999.0))


def test_the_use_of_a_pool_is_a_share_of_what_its_limit_allows() -> None:
    (use,) = uses(replace(ACCOUNT, calls=(calls((0, 10), (361, 5)),)))
    assert use.points == ((5.0, 100.0), (pytest.approx(15.0), 50.0))


def test_a_step_of_work_without_any_call_was_no_use() -> None:
    busy = replace(EMPTY, samples=(Sample(1_000.0, 0.0, 0), Sample(1_030.0, 30.0, 9)))
    (use,) = uses(replace(busy, calls=(calls((0, 10), (2, 10)),)))
    assert [share for _, share in use.points] == [100.0, 0.0, 100.0]


def test_the_latency_of_each_lane_is_a_line_of_its_own() -> None:
    seen = (Sample(1.0, 0.0, 0, (("a", 0.1),)), Sample(6.0, 5.0, 9, (("a", 0.2), ("b", 0.3))))
    told = latencies(replace(EMPTY, samples=seen))
    assert [(one.name, one.points) for one in told] == [("a", ((0.0, 0.1), (5.0, 0.2))), ("b", ((5.0, 0.3),))]


def test_nothing_is_drawn_of_a_run_without_a_sample() -> None:
    view = View(9.0, "events", history=(Point(1.0, 1), Point(2.0, 2)))
    assert stored_events(replace(EMPTY, view=view)).points == paces(EMPTY).points == ()


def test_samples_are_read_as_they_were_kept_oldest_first() -> None:
    view = View(20.0, "events", events=7, active=3.0, lanes=(LaneView("a", "p", latency=0.25), LaneView("b", "p")))
    later, first = sample_of(view), Sample(9.0, 1.0, 2)
    assert later == Sample(20.0, 3.0, 7, (("a", 0.25),))
    assert read_samples([later.to_json(), first.to_json()]) == (first, later)
    assert first.name < later.name
