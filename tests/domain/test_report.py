"""The report calls a set complete only while nothing speaks against it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from datasync_crawler.domain.account import Account
from datasync_crawler.domain.axis import mirrored
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.profile import Pool
from datasync_crawler.domain.report import Report, report_of, times_told
from datasync_crawler.domain.shard import Checkpoint, Shard
from datasync_crawler.domain.view import View
from tests.domain.test_floor import LIST, profile

if TYPE_CHECKING:
    from typing import Any

NOW = 1_800_000_000.0
DONE = Shard(1, None, None, Checkpoint(1, "a", proof="end"), rows=2_000)
VIEW = View(NOW - 3_600.0, "events", events=2_000, total=2_000, active=124.0)
WHOLE = Account(
    "http://h", profile(LIST), {}, (DONE,), VIEW, Verdict(complete=True, count=2_000), (), (), (), (), None, None
)


def told(**changes: Any) -> Report:
    """The report of a complete set, with changes to the account."""
    return report_of(replace(WHOLE, **changes), NOW)


def test_a_proven_set_is_held_against_the_floor() -> None:
    report = told()
    assert (report.proven, report.outcome) == (True, "complete: 2,000 events, proven")
    assert report.times_of_floor == pytest.approx(2.0, abs=0.01)


def test_nobody_is_told_to_have_been_faster_than_the_floor() -> None:
    assert told(view=msgspec.structs.replace(VIEW, active=60.0)).times_of_floor is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"verdict": None}, "no drain has come to its verdict yet"),
        ({"verdict": Verdict(complete=False, count=2_000, against=("3 rows short",))}, "3 rows short"),
        ({"shards": (DONE, Shard(2, 5, 9))}, "1 of 2 shards have no proven end"),
        ({"shards": (replace(DONE, rows=1_999),)}, "2000 events were proven, the shards claim 1999"),
    ],
)
def test_whatever_speaks_against_it_is_said_and_it_is_not_complete(changes: dict[str, Any], sentence: str) -> None:
    report = told(**changes)
    assert report.against == (sentence,)
    assert (report.proven, report.times_of_floor) == (False, None)
    assert report.outcome.startswith("not complete: ")


def test_a_drain_that_is_seen_to_work_is_running() -> None:
    report = told(verdict=None, view=View(NOW - 1.0, "events"))
    assert report.outcome == "running: 2,000 events so far"


def test_a_ledger_that_knows_nothing_has_a_report() -> None:
    report = told(profile=None, shards=(), view=None, verdict=None)
    assert (report.floor, report.outcome) == (None, "not complete: 0 events so far")


def test_the_floor_follows_what_counts_every_call() -> None:
    report = report_of(WHOLE, NOW, common=Pool("all", 5, 60.0))
    assert report.floor is not None
    assert report.floor.seconds == pytest.approx(182.0, abs=0.02)


def test_the_rows_of_a_shard_lie_between_two_times_unless_they_are_numbered() -> None:
    upwards, by_number = msgspec.structs.replace(LIST, descending=False), {"cursor": None, "offset_param": "start"}
    assert times_told(Shard(1, 5, None), profile(LIST)) == (5, None)
    assert times_told(Shard(1, mirrored(9), mirrored(5)), profile(upwards)) == (5, 9)
    assert times_told(Shard(1, None, mirrored(5)), profile(upwards)) == (5, None)
    assert times_told(Shard(1, 5, 9), profile(msgspec.structs.replace(LIST, **by_number))) is None
    assert times_told(Shard(1, 5, 9), None) is None
