from __future__ import annotations

import random

import pytest

from datasync_crawler.adapters.batch import are_uuids, sift, together
from datasync_crawler.domain.page import Page
from tests.adapters.pages import uuids


@pytest.mark.parametrize("ids", [uuids(range(300)), ["b", "é", "a", "😀", "\uffff", "aa"]])
def test_rows_leave_in_the_order_of_the_key(ids: list[str]) -> None:
    """Crawlers that store the same rows in one order cannot wait for each other in a circle."""
    shuffled = ids * 2
    random.Random(1).shuffle(shuffled)
    batch = sift(Page(shuffled, [None] * len(shuffled)), id_only=True)
    assert batch.in_order().ids == sorted(ids, key=str.encode)
    assert batch.met == len(ids)


def test_of_a_row_that_comes_twice_the_first_is_kept() -> None:
    page = Page(["b", "a", "b"], [1, 2, 3], ["x", "y", "z"], [b"1", b"2", b"3"])
    assert sift(page, id_only=False).events == [(1, "x", b"1"), (2, "y", b"2")]
    assert sift(page, id_only=False).in_order().events == [(2, "y", b"2"), (1, "x", b"1")]


@pytest.mark.parametrize("place", [0, 7, 8, 13, 18, 23, 35])
@pytest.mark.parametrize("character", ["A", "g", "-", "0", "é", "０", " ", "\n"])
def test_a_page_is_of_uuids_only_when_each_is_canonical(place: int, character: str) -> None:
    good = "abcdef00-1111-4111-8111-00000000000a"
    odd = good[:place] + character + good[place + 1 :]
    dash_in_place = (character == "-") == (place in {8, 13, 18, 23})
    assert are_uuids([good, odd, good]) == (dash_in_place and character in "-0")


def test_one_other_id_among_uuids_makes_all_that_go_in_together_text() -> None:
    canonical, other = (sift(Page(ids, [None] * len(ids)), id_only=True) for ids in (uuids(range(3)), ["A"]))
    assert (canonical.canonical, other.canonical) == (True, False)
    assert not together([canonical, other]).canonical
    assert together([canonical, canonical]).canonical


def test_an_id_that_is_rejected_makes_no_text_of_the_others() -> None:
    batch = sift(Page([*uuids(range(3)), "broken\nin two"], [None] * 4), id_only=True)
    assert batch.canonical
    assert [row.reason for row in batch.rejected] == ["its id has a line break"]


def test_ids_that_make_uuids_only_together_are_none() -> None:
    good = "abcdef00-1111-4111-8111-00000000000a"
    assert not are_uuids([good[:-1], good + "a"])
