"""Services that tell the next page as an address are drained, and nothing but the position is taken from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace as changed

from datasync_crawler.domain.profile import RowShape
from datasync_crawler.domain.shard import Shard
from datasync_crawler.flow.answers import Answer
from tests.flow.drain import Book, Drain, drain
from tests.flow.fake_clock import FakeClock, play
from tests.flow.fake_service import KEY, Served, Visit, failure
from tests.flow.worlds import BASE, BY_FEED, BY_HEADER, BY_QUERY, CHAIN, FEED, LIST, SHAPE, profile, service

ELSEWHERE = "http://elsewhere.test/list?after=x"
WAYS = {
    "one parameter": changed(SHAPE, next_cursor=("next",), next_link=("after",), has_more=None),
    "several": changed(SHAPE, next_cursor=("links", "next"), next_link=("view", "after"), has_more=None),
    "a header": changed(SHAPE, next_cursor=None, next_link=("after",), has_more=None),
}


class Linking:
    """Answers ``page`` with an address in place of the cursor, which repeats the key; the ``stray`` one leads away."""

    def __init__(self, shape: RowShape, stray: int) -> None:
        self._shape = shape
        self._stray = stray
        self.page: Callable[[Visit], Answer] | None = None

    def __call__(self, visit: Visit) -> Answer | None:
        page = self.page(visit) if self.page else None
        if not isinstance(page, Served):
            return page
        document = json.loads(page.body)
        told = self._address(visit, document.pop("after"))
        headers = {"Link": f'<{told}>; rel="next"'} if told and self._shape.next_cursor is None else {}
        document |= {"next": told, "links": {"next": told}}
        return replace(page, headers=headers, body=json.dumps(document).encode())

    def _address(self, visit: Visit, after: str | None) -> str | None:
        if visit.number == self._stray:
            return ELSEWHERE
        query = urlencode({"k": KEY, "size": 20, "view": "a b", "after": after})
        return f"{BASE}{visit.path}?{query}" if after else None


def drained(shape: RowShape, *, chain: bool, stray: int = 0) -> Drain:
    links = Linking(shape, stray)
    asked = service(count=600, fault=links)
    links.page = asked.page
    known = changed(CHAIN if chain else LIST, shape=shape)
    lanes = (BY_HEADER,) if chain else (BY_HEADER, BY_QUERY)
    return play(drain(asked, profile(*lanes, endpoints=(known,))))


@pytest.mark.parametrize("way", WAYS)
def test_a_chain_of_links_is_walked_to_its_end(way: str) -> None:
    done = drained(WAYS[way], chain=True)
    assert done.whole
    assert done.service.calls["/list"] <= 600 // 50 + 2
    assert {visit.query["size"] for visit in done.service.visits} == {"50"}
    views = {visit.query.get("view") for visit in done.service.visits if "after" in visit.query}
    assert views == ({"a b"} if way == "several" else {None})


@pytest.mark.parametrize("way", ["one parameter", "a header"])
def test_a_cursor_in_a_link_can_be_made_for_any_place(way: str) -> None:
    done = drained(WAYS[way], chain=False)
    assert done.whole
    assert len(done.book.shards) > 1


@pytest.mark.parametrize("way", WAYS)
def test_a_key_in_a_link_is_not_kept(way: str) -> None:
    done = drained(WAYS[way], chain=way == "several")
    kept = [page.checkpoint.cursor for page in done.book.pages if page.checkpoint and page.checkpoint.cursor]
    assert kept
    assert not [cursor for cursor in kept if KEY in cursor]


class Numbering:
    """Answers for the list with the number of the next page as its cursor: pages are as long as is asked for."""

    def __init__(self, fails: int = 0) -> None:
        self.rows: list[tuple[int, str]] = []
        self._fails = fails

    def __call__(self, visit: Visit) -> Answer | None:
        if visit.path != "/list":
            return None
        if visit.number <= self._fails:
            return failure(500)
        number, size = int(visit.query.get("after", "0")), int(visit.query["size"])
        found = self.rows[number * size : (number + 1) * size]
        left = (number + 1) * size < len(self.rows)
        shown = {
            "rows": [{"no": id_, "at": time, "kind": "sail"} for time, id_ in found],
            "more": left,
            "after": str(number + 1) if left else None,
            "lives": 600,
            "here": len(found),
            "all": len(self.rows),
        }
        return Served(200, {}, json.dumps(shown).encode(), tuple(id_ for _, id_ in found))


def test_a_number_that_counts_pages_goes_with_pages_of_one_size() -> None:
    pages = Numbering()
    asked = service(count=1_000, fault=pages)
    pages.rows = asked.rows
    # Two rows of the third page are the upper shard's: far fewer than a page would do.
    edge = asked.rows[102][0] * 1_000
    book = Book(FakeClock(), {1: Shard(1, edge, None), 2: Shard(2, None, edge)})
    done = play(drain(asked, profile(BY_HEADER, BY_FEED, endpoints=(CHAIN, FEED)), book=book))
    assert done.whole
    assert {visit.query["size"] for visit in asked.visits if visit.path == "/list"} == {"50"}


def test_a_chain_whose_first_page_fails_is_not_begun_with_a_smaller_one() -> None:
    pages = Numbering(fails=4)
    asked = service(count=1_000, fault=pages)
    pages.rows = asked.rows
    done = play(drain(asked, profile(BY_HEADER, endpoints=(CHAIN,))))
    assert done.whole
    assert {visit.query["size"] for visit in asked.visits} == {"50"}


def test_a_link_to_another_origin_is_not_followed_and_no_end() -> None:
    done = drained(WAYS["one parameter"], chain=True, stray=5)
    assert done.whole
    assert set(done.service.calls) == {"/list"}
