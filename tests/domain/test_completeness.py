from __future__ import annotations

from typing import Any

import pytest

from datasync_crawler.domain.completeness import Verdict, judge_set, read_verdict


def verdict(**changed: Any) -> Verdict:
    known: dict[str, Any] = {
        "count": 100,
        "claimed": 100,
        "open_shards": 0,
        "holes": 0,
        "lost": 0,
        "totals": [("the list's total", 100)],
    }
    return judge_set(**(known | changed))


def test_a_set_that_everything_agrees_on_is_complete() -> None:
    assert verdict() == Verdict(complete=True, count=100, totals=(("the list's total", 100),))


@pytest.mark.parametrize(
    ("changed", "against"),
    [
        ({"open_shards": 2}, "2 shards have no proven end"),
        ({"holes": 1}, "1 gaps or overlaps between shards"),
        ({"claimed": 101}, "100 rows in the table, 101 claimed by shards"),
        ({"lost": 3, "totals": [("the list's total", 103)]}, "3 rows could not be stored"),
        ({"totals": [("the list's total", 101), ("stats", 100)]}, "1 rows short of the list's total (101)"),
        ({"lost": 1, "accept_rejected": 1, "totals": [("the list's total", 102)]}, "2 rows short"),
    ],
)
def test_each_flaw_alone_makes_a_set_incomplete(changed: dict[str, Any], against: str) -> None:
    judged = verdict(**changed)
    assert not judged.complete
    assert len(judged.against) == 1
    assert judged.against[0].startswith(against)


def test_all_flaws_are_named() -> None:
    judged = verdict(open_shards=1, holes=2, claimed=7, lost=1, totals=[("stats", 500)])
    assert len(judged.against) == 5


@pytest.mark.parametrize(
    ("totals", "noted"),
    [
        ([], "no total is told: the shards' proven ends suffice"),
        ([("the list's total", 97)], "3 rows more than the list's total tells (97)"),
        ([("the list's total", 100), ("stats", 105)], "stats tells 105, +5"),
        ([("the list's total", 100), ("stats", 90)], "stats tells 90, -10"),
    ],
)
def test_what_speaks_of_a_lower_rank_is_named_and_not_held_against(totals: list[tuple[str, int]], noted: str) -> None:
    assert verdict(totals=totals) == Verdict(complete=True, count=100, noted=(noted,), totals=tuple(totals))


def test_rejected_rows_that_were_accepted_make_up_for_the_total() -> None:
    assert verdict(lost=3, accept_rejected=3, totals=[("the list's total", 103)]).complete
    assert not verdict(lost=3, accept_rejected=2, totals=[("the list's total", 103)]).complete


def test_a_verdict_survives_its_document() -> None:
    judged = verdict(open_shards=1, totals=[("a", 100), ("b", 3)])
    assert read_verdict(judged.to_json()) == judged
