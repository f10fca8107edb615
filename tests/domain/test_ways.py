from __future__ import annotations

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.profile import Credential, CursorShape, Endpoint, Lane, Pool, Profile, RowShape
from datasync_crawler.domain.ways import Kind, Pace, best_alone, joining, numbered, rank, together, worth_again

CURSOR = CursorShape("standard", padded=True, order=("at", "no"), id="no", time="at")
LIST = Endpoint("list", "http://h/list", RowShape(("rows",), "no", time="at"), cap=200, cursor=CURSOR, latency=1.0)
FEED = replace(LIST, name="feed", cap=5_000)
SEALED = replace(LIST, cursor=None)
CHAIN = replace(SEALED, cursor_param="after")
IDS = replace(LIST, name="ids", cap=2_000, shape=RowShape(("rows",), ""))
EXPORT = Endpoint("export", "http://h/export", RowShape((), "no"), cap=5_000, format="ndjson")
KEY = Credential("header", "X-Key")


def profile(*endpoints: Endpoint, limit: int | None = 6, **pools: str) -> Profile:
    """A lane an endpoint; each on a pool of its own unless told."""
    lanes = [Lane(it.name, it.name, KEY, pools.get(it.name, it.name)) for it in endpoints]
    named = tuple(Pool(name, limit, 60.0) for name in dict.fromkeys(lane.pool for lane in lanes))
    return Profile("http://h", "http://h", endpoints, named, tuple(lanes))


def order(found: Profile, *, whole: bool = False) -> list[tuple[str, bool]]:
    return [(way.lane, way.joins) for way in rank(found, whole=whole)]


def test_everything_at_once_goes_before_the_fastest_pages() -> None:
    assert order(profile(LIST, EXPORT, FEED)) == [("export", True), ("feed", True), ("list", True)]


def test_every_way_tells_why() -> None:
    why = {way.lane: way.why for way in rank(profile(LIST, EXPORT, SEALED))}
    assert why["export"] == "everything at once, as fast as it comes"
    assert rank(profile(LIST))[0].why == "starts at any time, 20 rows a second"
    assert rank(profile(SEALED))[0].why == "one chain from the newest row, 20 rows a second"
    assert rank(profile(replace(SEALED, offset_param="o")))[0].kind is Kind.BY_NUMBER


def test_a_chain_is_no_faster_than_its_answers() -> None:
    assert rank(profile(replace(SEALED, latency=50.0)))[0].rate == 4.0
    assert rank(profile(replace(SEALED, latency=2.0), limit=None))[0].rate == 100.0


def test_bare_ids_that_tell_no_place_are_left_beside_lists_that_do() -> None:
    assert order(profile(LIST, replace(IDS, cursor=None))) == [("list", True), ("ids", False)]
    assert order(profile(LIST, IDS)) == [("ids", True), ("list", True)]


def test_what_leads_no_further_than_its_first_page_is_left_beside_lists_that_start_at_any_time() -> None:
    pages = replace(SEALED, name="pages", page_param="page")
    assert order(profile(LIST, pages)) == [("list", True), ("pages", False)]
    assert order(profile(LIST, replace(SEALED, name="chain", cursor_param="after")))[1] == ("chain", True)


def test_numbers_are_preferred_to_times_only_where_they_bring_much_more() -> None:
    pages = replace(SEALED, name="pages", page_param="page")
    for cap, by_number in ((250, False), (1_000, True)):
        found = profile(LIST, replace(pages, cap=cap))
        assert numbered(found) is by_number
        assert dict(order(found)) == {"list": not by_number, "pages": by_number}


def test_what_holds_all_in_one_page_is_taken_alone() -> None:
    once = replace(SEALED, name="once", cap=10_000, latency=9.0)
    found = replace(profile(LIST, once), totals=(("list", 9_000),))
    assert order(found) == [("once", True), ("list", False)]
    assert order(replace(found, totals=(("list", 11_000),)))[0] == ("list", True)


def test_of_lists_that_go_on_and_one_that_does_not_the_latter_is_left() -> None:
    chain, once = replace(SEALED, cursor_param="after"), replace(IDS, cursor=None)
    assert order(profile(chain, once)) == [("list", True), ("ids", False)]
    assert joining(profile(chain, once)) == [chain]


def test_of_chains_that_cannot_be_joined_the_fastest_is_taken() -> None:
    ids = replace(IDS, cursor=None, cursor_param="after")
    assert order(profile(CHAIN, ids)) == [("ids", True), ("list", False)]
    assert order(profile(CHAIN, replace(ids, latency=500.0))) == [("list", True), ("ids", False)]


def test_chains_of_whole_rows_work_side_by_side() -> None:
    assert [joins for _, joins in order(profile(CHAIN, replace(CHAIN, name="feed")))] == [True, True]


def test_where_nothing_leads_behind_a_first_page_the_largest_is_taken_alone() -> None:
    assert dict(order(profile(SEALED, replace(FEED, cursor=None)))) == {"list": False, "feed": True}
    slow = replace(FEED, cursor=None, latency=500.0)
    assert dict(order(profile(SEALED, slow))) == {"list": False, "feed": True}


@pytest.mark.parametrize("form", ["lines", "csv"])
def test_whole_events_are_not_taken_from_what_has_only_a_part_of_them(form: str) -> None:
    export = replace(EXPORT, format=form, shape=RowShape((), "" if form == "lines" else "no"))
    assert dict(order(profile(LIST, export), whole=True)) == {"list": True, "export": False}
    assert dict(order(profile(LIST, IDS), whole=True)) == {"list": True, "ids": False}
    assert dict(order(profile(LIST, EXPORT), whole=True))["export"]


def test_lanes_on_one_pool_count_once() -> None:
    apart, shared = profile(LIST, FEED), profile(LIST, FEED, list="one", feed="one")
    assert together(apart, rank(apart)) == 520.0
    assert together(shared, rank(shared)) == 500.0


def test_streams_do_not_count_among_the_others() -> None:
    found = profile(LIST, EXPORT)
    assert together(found, rank(found)) == 20.0


def pace(rate: float, *, seconds: float = 10.0, ordered: bool = True) -> Pace:
    return Pace(seconds + 2, seconds, int(rate * seconds), ordered)


def test_a_stream_that_is_nearly_through_is_left_alone() -> None:
    assert best_alone(pace(10_000), others=5_000, left=100_000, total=100_000 + 100_000)


def test_a_long_stream_in_order_is_helped_from_the_other_end() -> None:
    assert not best_alone(pace(10_000), others=5_000, left=3_000_000, total=3_000_000 + 100_000)


def test_help_that_hardly_shortens_a_stream_is_saved() -> None:
    assert best_alone(pace(10_000), others=500, left=3_000_000, total=3_000_000 + 100_000)


def test_a_stream_without_order_is_left_alone_unless_it_is_slower() -> None:
    assert best_alone(pace(10_000, ordered=False), others=5_000, left=3_000_000, total=3_000_000 + 100_000)
    assert not best_alone(pace(1_000, ordered=False), others=5_000, left=3_000_000, total=3_010_000)


def test_first_rows_are_waited_for_but_not_for_ever() -> None:
    assert best_alone(Pace(10.0, 0.0, 0, ordered=True), others=5_000, left=None, total=None)
    assert not best_alone(Pace(16.0, 0.0, 0, ordered=True), others=5_000, left=None, total=None)


def test_a_broken_stream_is_begun_again_when_that_is_faster_than_the_rest() -> None:
    assert worth_again(pace(10_000), others=100, left=500_000, total=1_000_000)
    assert not worth_again(pace(10_000), others=5_000, left=50_000, total=1_000_000)


def test_a_stream_of_unknown_speed_is_begun_again() -> None:
    assert worth_again(Pace(1.0, 0.0, 0, ordered=True), others=5_000, left=50_000, total=1_000_000)
    assert worth_again(pace(10), others=5_000, left=None, total=None)


def test_a_stream_is_not_waited_for_when_little_is_left_that_it_is_far_from() -> None:
    assert not best_alone(pace(100), others=5_000, left=17, total=30_000)
    assert not best_alone(pace(100, ordered=False), others=5_000, left=17, total=30_000)
