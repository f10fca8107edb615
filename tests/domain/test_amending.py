"""What the last view of a killed run does not tell any more is concluded from what it left in the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.amending import Traces, amended, killed
from datasync_crawler.domain.view import LaneView, PoolView, State, View

NOW = 1_800_000_000.0
VIEW = View(
    NOW,
    "events",
    events=600,
    base=100,
    active=50.0,
    mean_rate=10.0,
    lanes=(LaneView("header", "list", pages=6, faults=2), LaneView("feed", "feed", pages=1)),
    pools=(PoolView("list"), PoolView("feed", refused=3)),
)


def told(view: View = VIEW, **traces: Any) -> View:
    """The view, brought up to these traces."""
    return amended(view, Traces(**{"rows": 1_000, "pages": {}} | traces))


def test_rows_and_pages_are_those_of_the_ledger() -> None:
    view = told(pages={"header": 9, "feed": 1})
    assert (view.events, [lane.pages for lane in view.lanes]) == (1_000, [9, 1])
    assert view.faults == 2


def test_a_lane_that_the_view_did_not_know_yet_has_its_pages() -> None:
    assert told(pages={"header": 6, "export": 4}).lanes[-1] == LaneView("export", "", pages=4)


def test_pages_that_were_not_counted_by_lane_stay_those_of_the_view() -> None:
    assert told().lanes == VIEW.lanes


def test_the_time_up_to_the_last_commit_is_work() -> None:
    view = told(replace(VIEW, key_left=90.0), moved_at=NOW + 4.0)
    assert (view.at, view.active, view.key_left) == (NOW + 4.0, 54.0, 86.0)
    assert view.mean_rate == pytest.approx(900 / 54)


@pytest.mark.parametrize(("moved", "active"), [(-9.0, 50.0), (3_600.0, 70.0)])
def test_no_commit_takes_work_back_or_adds_more_than_a_crawl_can_leave_unseen(moved: float, active: float) -> None:
    assert told(moved_at=NOW + moved).active == active


def test_a_pool_that_learned_its_limit_was_refused_at_least_once() -> None:
    view = told(learned={"list", "feed", "every call"})
    assert {pool.name: pool.refused for pool in view.pools} == {"list": 1, "feed": 3, "every call": 1}


def test_a_run_that_ended_told_everything_itself() -> None:
    ended = replace(VIEW, ended=True)
    assert told(ended, moved_at=NOW + 4.0, pages={"header": 9}) == ended


def test_the_view_of_a_killed_run_is_its_last_and_says_so() -> None:
    view = killed(killed(VIEW))
    assert (view.ended, view.killed, view.health.state) == (True, 2, State.STALLED)
