from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasync_crawler.domain.planner import Outlook, remaining_rows, rows_to_the_end, split_point
from datasync_crawler.domain.shard import Checkpoint, Shard

UNIT = 1000
NEWEST = 10_000 * UNIT


def outlook(shards: list[Shard], **changed: Any) -> Outlook:
    known = {"total": 1000, "newest": NEWEST, "page_rows": 10, "unit": UNIT} | changed
    return Outlook.over(shards, **known)


def walked(low: int | None = None, high: int | None = None, *, position: int, rows: int, proof: str = "") -> Shard:
    return Shard(1, low, high, Checkpoint(position, "x", proof=proof or None), rows=rows)


def test_density_is_what_was_walked_over_all_shards() -> None:
    upper = walked(5000 * UNIT, None, position=9000 * UNIT, rows=60)
    lower = Shard(2, None, 5000 * UNIT, Checkpoint(4000 * UNIT, "x"), rows=30, met=10)
    known = outlook([upper, lower])
    assert known.walked == 100
    assert known.density == pytest.approx(100 / (2000 * UNIT))


def test_until_rows_were_seen_the_density_that_is_known_is_believed() -> None:
    empty = Shard(2, 50, 100, Checkpoint(proof="passed"))
    assert outlook([Shard(1, 100, None), empty], known=0.5).density == 0.5
    assert outlook([walked(position=NEWEST - 100, rows=10)], known=0.5).density == 0.1


def test_nothing_seen_is_no_density() -> None:
    known = outlook([Shard(1, None, None)], newest=None, total=None)
    assert (known.density, known.walked) == (0.0, 0)
    assert split_point(Shard(1, None, None), 500.0, known, flying=False) is None


def test_a_proven_bottom_shard_counts_with_the_range_it_walked() -> None:
    known = outlook([walked(None, None, position=8000 * UNIT, rows=40, proof="second look")])
    assert known.density == pytest.approx(40 / (2000 * UNIT))


def test_the_open_shard_holds_what_no_other_explains() -> None:
    upper = walked(5000 * UNIT, None, position=9000 * UNIT, rows=100)
    lower = Shard(2, None, 5000 * UNIT)
    rows = remaining_rows([upper, lower], outlook([upper, lower]))
    assert rows == {1: pytest.approx(400), 2: pytest.approx(500)}


def test_an_open_shard_never_seems_empty() -> None:
    shard = walked(position=9000 * UNIT, rows=5000)
    assert remaining_rows([shard], outlook([shard], total=1000)) == {1: 10}


def test_without_a_total_as_much_is_expected_as_was_seen() -> None:
    shard = walked(position=9000 * UNIT, rows=300)
    assert remaining_rows([shard], outlook([shard], total=None)) == {1: 300}


def test_a_proven_shard_holds_nothing() -> None:
    done = walked(9000 * UNIT, None, position=8999 * UNIT, rows=100, proof="passed")
    bottom = Shard(2, None, 9000 * UNIT)
    assert remaining_rows([done, bottom], outlook([done, bottom])) == {1: 0.0, 2: 900}


def test_a_shard_knows_its_own_density_best() -> None:
    dense = Shard(1, 8000 * UNIT, None, Checkpoint(9000 * UNIT, "x"), rows=700, met=200)
    thin = Shard(2, 0, 8000 * UNIT, Checkpoint(4000 * UNIT, "x"), rows=40)
    rows = remaining_rows([dense, thin], outlook([dense, thin]))
    assert rows == {1: pytest.approx(900), 2: pytest.approx(40)}


def test_an_open_bottom_is_cut_in_the_middle_of_what_the_total_promises() -> None:
    shard = walked(position=9000 * UNIT, rows=100)
    assert split_point(shard, 480.0, outlook([shard]), flying=False) == (9000 - 2385) * UNIT


def test_the_upper_part_is_a_little_less_than_whole_pages() -> None:
    shard = walked(4000 * UNIT, None, position=9000 * UNIT, rows=100)
    at = split_point(shard, 500.0, outlook([shard]), flying=False)
    assert at is not None
    pages = (9000 * UNIT - at) / (10 * 10 * UNIT)
    assert 24 < pages < 25
    assert pages % 1 == pytest.approx(0.85)


def test_the_page_under_way_is_not_shared() -> None:
    shard = walked(4000 * UNIT, None, position=9000 * UNIT, rows=100)
    at_rest = split_point(shard, 500.0, outlook([shard]), flying=False)
    under_way = split_point(shard, 500.0, outlook([shard]), flying=True)
    assert at_rest == (9000 - 2485) * UNIT
    assert under_way == (9000 - 2485) * UNIT


@pytest.mark.parametrize(
    ("rows", "flying", "cut"), [(19.9, False, False), (20, False, True), (29.9, True, False), (30, True, True)]
)
def test_less_than_two_pages_are_not_worth_a_cut(rows: float, flying: bool, cut: bool) -> None:
    shard = walked(None, None, position=9000 * UNIT, rows=100)
    assert (split_point(shard, rows, outlook([shard]), flying=flying) is not None) is cut


def test_a_range_of_one_unit_cannot_be_cut() -> None:
    shard = Shard(1, 8999 * UNIT, None, Checkpoint(9000 * UNIT, "x"), rows=100_000)
    assert split_point(shard, 100.0, outlook([shard]), flying=False) is None


def test_a_shard_led_into_from_above_is_not_cut_beyond_its_upper_bound() -> None:
    shard = Shard(1, None, 8000 * UNIT, Checkpoint(9000 * UNIT, "x"), rows=100)
    above = walked(9500 * UNIT, None, position=9500 * UNIT, rows=100, proof="passed")
    assert split_point(shard, 60.0, outlook([shard, above]), flying=False) is None


def near_its_end(left: int, **changed: Any) -> int:
    """What is asked for of a shard with a row a unit that has ``left`` units to go, where a page has 1,000 rows."""
    shard = walked(5000 * UNIT, None, position=(5000 + left) * UNIT, rows=5000 - left)
    return rows_to_the_end(shard, outlook([shard], **changed), 1000)


@pytest.mark.parametrize(("left", "wanted"), [(0, 40), (100, 190), (400, 560), (600, 798), (601, 1000), (4000, 1000)])
def test_a_last_page_is_asked_for_with_hardly_more_than_is_left(left: int, wanted: int) -> None:
    assert near_its_end(left) == wanted


def test_a_shard_that_has_passed_its_lower_bound_has_nothing_left() -> None:
    assert near_its_end(-10) == 40


def test_how_many_rows_are_left_of_numbered_ones_is_known_elsewhere() -> None:
    assert near_its_end(100, numbered=True) == 1000


def test_where_nothing_tells_how_much_is_left_a_whole_page_is_asked_for() -> None:
    begun, new = walked(None, None, position=5000 * UNIT, rows=500), Shard(2, 4900 * UNIT, 5000 * UNIT)
    assert rows_to_the_end(begun, outlook([begun, new]), 1000) == 1000
    assert rows_to_the_end(new, outlook([begun, new]), 1000) == 1000


bounds = st.integers(1, 10**13)


@settings(deadline=None)
@given(
    low=st.one_of(st.none(), bounds),
    span=st.integers(1, 10**12),
    progress=st.floats(0, 1),
    rows=st.integers(0, 10**7),
    left=st.floats(0, 1e7),
    unit=st.sampled_from([1, 1000, 1_000_000, 86_400_000_000]),
    flying=st.booleans(),
)
def test_a_cut_lies_on_the_unit_and_inside_what_is_left(
    low: int | None, span: int, progress: float, rows: int, left: float, unit: int, flying: bool
) -> None:
    high = (low or 10**12) + span
    position = high - int(span * progress)
    shard = Shard(1, low, high, Checkpoint(position, "x"), rows=rows)
    at = split_point(shard, left, outlook([shard], unit=unit), flying=flying)
    if at is not None:
        assert at % unit == 0
        assert at < position
        assert low is None or low < at
