"""Services that tell the next page as an address are drained, and nothing but the position is taken from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace as changed

from datasync_crawler.domain.profile import RowShape
from datasync_crawler.flow.answers import Answer
from tests.flow.drain import Drain, drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import KEY, Served, Visit
from tests.flow.worlds import BASE, BY_HEADER, BY_QUERY, CHAIN, LIST, SHAPE, profile, service

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


def test_a_link_to_another_origin_is_not_followed_and_no_end() -> None:
    done = drained(WAYS["one parameter"], chain=True, stray=5)
    assert done.whole
    assert set(done.service.calls) == {"/list"}
