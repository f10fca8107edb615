from __future__ import annotations

import pytest

from datasync_crawler.domain.judging import EMPTY, Misplaced, ends, judge, sharpened, stays
from datasync_crawler.domain.page import Page, RejectedRow
from datasync_crawler.domain.profile import CursorShape, Endpoint, RowShape
from datasync_crawler.domain.shard import Checkpoint, Shard

LOST = (RejectedRow("no id", b"{}"),)


def page(*times: int | None, cursor: str | None = None, life: float | None = None, more: bool | None = True) -> Page:
    ids = [f"row{place}" for place in range(len(times))]
    return Page(ids, list(times), next_cursor=cursor, cursor_life=life, has_more=more)


def shard(low: int | None = 100, high: int | None = 200, checkpoint: Checkpoint | None = None) -> Shard:
    return Shard(1, low, high, checkpoint or Checkpoint())


def test_a_page_moves_the_checkpoint_to_its_last_row() -> None:
    after = judge(shard(), page(180, 170, cursor="c", life=117.0), top=199, answered_at=1000.0)
    assert after == Checkpoint(170, "row1", "c", 1117.0, None)


@pytest.mark.parametrize(
    ("low", "oldest", "proof"), [(100, 101, None), (100, 100, None), (100, 99, "passed"), (None, 1, None)]
)
def test_an_end_is_proven_only_when_the_low_bound_was_passed(low: int | None, oldest: int, proof: str | None) -> None:
    told_to_end = page(150, oldest, more=False)
    assert judge(shard(low), told_to_end, top=199, answered_at=0.0).proof == proof


@pytest.mark.parametrize("times", [(None, 250, 200), (250, 199), (200,)])
def test_a_page_of_rows_above_what_was_asked_for_is_misplaced(times: tuple[int | None, ...]) -> None:
    with pytest.raises(Misplaced):
        judge(shard(), page(*times), top=199, answered_at=0.0)


def test_known_rows_that_were_pushed_into_a_page_are_met_again() -> None:
    for times in ((199, 150), (250, 150)):
        assert judge(shard(), page(*times), top=199, answered_at=0.0).position == 150


def test_nothing_is_misplaced_where_nothing_bounds_the_page() -> None:
    assert judge(shard(None, None), page(500, 450), top=None, answered_at=0.0).position == 450


def test_a_last_row_without_a_time_takes_its_neighbours_place() -> None:
    after = judge(shard(), page(180, 170, None), top=199, answered_at=0.0)
    assert (after.position, after.last_id) == (170, "row2")


def test_a_page_without_times_keeps_the_position_and_follows_the_chain() -> None:
    before = Checkpoint(160, "x", "old", 5.0)
    after = judge(shard(checkpoint=before), page(None, None, cursor="new"), top=160, answered_at=0.0)
    assert after == Checkpoint(160, "row1", "new", None)


def test_an_empty_page_moves_nothing() -> None:
    before = Checkpoint(160, "x", "c", 5.0)
    assert judge(shard(checkpoint=before), EMPTY, top=160, answered_at=0.0) == before


def test_a_page_of_rejected_rows_follows_the_chain() -> None:
    before = Checkpoint(160, "x", "old", 5.0)
    lost = Page([], [], next_cursor="new", rejected=LOST)
    assert judge(shard(checkpoint=before), lost, top=160, answered_at=0.0) == Checkpoint(160, "x", "new")


@pytest.mark.parametrize(
    ("answer", "flagged", "chained", "told"),
    [
        (EMPTY, True, True, True),
        (EMPTY, False, False, True),
        (page(3, 2, cursor="c", more=True), True, True, False),
        (page(3, 2, cursor="c", more=False), True, True, False),
        (page(3, 2, more=False), True, False, True),
        (page(3, 2, cursor=None, more=True), True, True, True),
        (page(3, 2, cursor="c", more=False), False, True, False),
        (page(3, cursor="c", more=True), True, True, False),  # short, but it says that more comes
        (page(3, more=None), False, False, True),
        (page(3, 2, more=None), False, False, False),
        (Page(["a"], [3], rejected=LOST), False, False, False),  # rejected rows were served too
        (Page([], [], rejected=LOST * 2), False, False, False),
    ],
)
def test_an_end_is_told_by_flag_chain_or_a_short_page(answer: Page, flagged: bool, chained: bool, told: bool) -> None:
    assert ends(answer, asked=2, flagged=flagged, chained=chained) is told


def sharp(*times: int | None, cursor: str | None) -> list[int | None]:
    shape = RowShape(rows=("data",), id="id", time="at", time_unit=1_000_000)
    mark = CursorShape(alphabet="plain", padded=True, order=("id", "ts"), id="id", time="ts")
    return sharpened(page(*times, cursor=cursor), Endpoint("e", "http://h", shape, 10, cursor=mark)).times


def test_a_coarse_time_of_the_last_row_is_taken_from_the_cursor_that_names_it() -> None:
    second = 1_769_541_612_000_000
    told = '{"id":"row1","ts":1769541612369}'
    assert sharp(second, second, cursor=told) == [second, second + 369_000]
    assert sharp(second, second - 1_000_000, cursor=told) == [second, second - 1_000_000]
    assert sharp(second, second, cursor='{"id":"row9","ts":1769541612369}') == [second, second]
    assert sharp(second, second, cursor=None) == [second, second]


def test_a_short_page_that_ends_where_the_last_one_did_leads_no_further() -> None:
    reached = Checkpoint(5, "b")
    assert stays(Page(ids=["a", "b"], times=[6, 5], has_more=True), reached, asked=3)
    assert not stays(Page(ids=["a", "b"], times=[6, 5], has_more=True), reached, asked=2)
    assert not stays(Page(ids=["b", "c"], times=[5, 4], has_more=True), reached, asked=3)
    assert not stays(Page(ids=[], times=[]), Checkpoint(), asked=3)
