from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as replace_shape

from datasync_crawler.domain.discovery.position import Ends, made_time, pick_range, pick_time, read_ends, stands
from tests.domain.discovery.answers import NEWEST_MS, events, listing_of, page

KNOWN = listing_of(page(events(0, 90)))
LOW, HIGH = (NEWEST_MS - 50_000) * 1000, (NEWEST_MS - 30_000) * 1000


def test_a_page_that_begins_where_its_cursor_was_made_for_stands_there() -> None:
    assert stands(listing_of(page(events(31, 10))), HIGH, KNOWN)


def test_a_cursor_that_is_ignored_brings_the_newest_page_again() -> None:
    assert not stands(listing_of(page(events(0, 10))), HIGH, KNOWN)


def test_lists_that_begin_with_their_oldest_row_are_judged_the_other_way_round() -> None:
    first, later = listing_of(page(events(30, 60)[::-1])), listing_of(page(events(10, 31)[::-1]))
    assert stands(later, (NEWEST_MS - 40_000) * 1000, first)
    assert not stands(later, (NEWEST_MS - 39_000) * 1000, first)
    assert not stands(first, (NEWEST_MS - 40_000) * 1000, first)
    assert pick_time(first) == (NEWEST_MS - 59_000) * 1000
    assert made_time(first) == (NEWEST_MS - 30_000) * 1000


def test_a_cursor_coarser_than_times_are_printed_does_not_cut_off_the_last_time() -> None:
    finer = replace(KNOWN, shape=replace_shape(KNOWN.shape, time_unit=1))
    assert finer.cursor is not None
    assert finer.cursor.time_unit == 1000
    assert made_time(finer) == made_time(KNOWN) == (NEWEST_MS - 89_000 + 1) * 1000


def test_a_list_that_runs_against_the_known_one_stands_within_it() -> None:
    first, other = listing_of(page(events(30, 60)[::-1])), listing_of(page(events(40, 60)))
    assert stands(other, (NEWEST_MS - 40_000) * 1000, first)
    assert not stands(listing_of(page(events(0, 60))), (NEWEST_MS - 40_000) * 1000, first)


def test_the_chosen_range_has_known_rows_outside_of_both_ends() -> None:
    chosen = pick_range(KNOWN)
    assert chosen is not None
    low, high = chosen
    times = [time for _, time in KNOWN.dated]
    assert min(times) < low < high < max(times)
    assert {low, high} <= set(times)


def test_a_page_of_too_few_times_has_no_range() -> None:
    assert pick_range(listing_of(page(events(0, 3)))) is None


def test_the_chosen_time_is_older_than_the_newest() -> None:
    assert pick_time(KNOWN) == (NEWEST_MS - 45_000) * 1000
    assert pick_time(listing_of(page([events(0, 1)[0] | {"id": "a"}, events(0, 1)[0]]))) is None


def test_which_ends_are_included_is_seen_in_the_rows() -> None:
    ends = read_ends(listing_of(page(events(31, 20))), LOW, HIGH, 100)
    assert ends == Ends(since_inclusive=True, until_inclusive=False)
    ends = read_ends(listing_of(page(events(30, 20))), LOW, HIGH, 100)
    assert ends == Ends(since_inclusive=False, until_inclusive=True)


def test_filters_that_are_ignored_are_told_from_those_that_work() -> None:
    assert read_ends(listing_of(page(events(0, 90))), LOW, HIGH, 100) == Ends(None, None)
    assert read_ends(listing_of(page(events(30, 60))), LOW, HIGH, 100) == Ends(None, True)
    assert read_ends(listing_of(page(events(0, 51))), LOW, HIGH, 100) == Ends(True, None)


def test_a_full_page_ended_before_any_lower_end_could() -> None:
    assert read_ends(listing_of(page(events(0, 40))), LOW, HIGH, 40) == Ends(None, None)


def test_upwards_a_full_page_ended_before_any_upper_end_could() -> None:
    full = listing_of(page(events(35, 16)[::-1]))
    assert read_ends(full, LOW, HIGH, 16) == Ends(since_inclusive=True, until_inclusive=None)
    assert read_ends(full, LOW, HIGH, 17) == Ends(since_inclusive=True, until_inclusive=False)
