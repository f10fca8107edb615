from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.errors import Malformed, PageError, Shapeless
from datasync_crawler.domain.page import RejectedRow
from datasync_crawler.domain.profile import RowShape
from datasync_crawler.domain.reading import PageReader

AT = 1_769_541_612_369_000
NESTED = RowShape(
    rows=("data",),
    id="id",
    time="timestamp",
    type="type",
    has_more=("pagination", "hasMore"),
    next_cursor=("pagination", "nextCursor"),
    cursor_life=("pagination", "cursorExpiresIn"),
    total=("meta", "total"),
    returned=("meta", "returned"),
    limit=("pagination", "limit"),
)
ROWS = [
    {"id": "b", "type": "click", "timestamp": 1_769_541_612_369, "session": {"id": "s"}},
    {"id": "a", "type": "scroll", "timestamp": "2026-01-27T19:20:12.000Z"},
]


def answer(rows: Any = None, *, paging: dict[str, Any] | None = None, meta: dict[str, Any] | None = None) -> Any:
    rows = ROWS if rows is None else rows
    return {
        "data": rows,
        "pagination": {"limit": 2, "hasMore": True, "nextCursor": "c2", "cursorExpiresIn": 117} | (paging or {}),
        "meta": {"total": 3_000_000, "returned": len(rows), "requestId": "r"} | (meta or {}),
    }


def encode(document: Any) -> bytes:
    return json.dumps(document).encode()


def read(document: Any, shape: RowShape = NESTED, **how: bool) -> Any:
    return PageReader(shape, **how).read(encode(document))


def test_rows_and_paging_are_read_where_the_shape_says() -> None:
    page = read(answer())
    assert page.ids == ["b", "a"]
    assert page.times == [AT, AT - 369_000]
    assert (page.has_more, page.next_cursor, page.cursor_life, page.total) == (True, "c2", 117, 3_000_000)
    assert (page.types, page.payloads, page.rejected) == (None, None, ())


def test_other_names_and_deeper_nesting_make_no_difference() -> None:
    shape = RowShape(
        rows=("result", "page", "records"),
        id="event_id",
        time="occurred",
        has_more=("result", "page", "more"),
        next_cursor=("next",),
        total=("result", "n"),
    )
    rows = [{"event_id": "x", "occurred": 1_769_541_612}]
    page = read({"next": "q", "result": {"n": 9, "page": {"more": False, "records": rows}}}, shape)
    assert (page.ids, page.times, page.has_more, page.next_cursor, page.total) == (
        ["x"],
        [AT - 369_000],
        False,
        "q",
        9,
    )


def test_paging_at_the_top_level_is_read() -> None:
    shape = RowShape(rows=("items",), id="id", has_more=("more",), next_cursor=("after",))
    page = read({"items": [{"id": "x"}], "more": True, "after": "k"}, shape)
    assert (page.ids, page.times, page.has_more, page.next_cursor) == (["x"], [None], True, "k")


@pytest.mark.parametrize("whole", [True, False])
def test_the_whole_answer_may_be_the_list(whole: bool) -> None:
    page = read([{"id": 7, "at": 1_769_541_612}, {"id": None}], RowShape(rows=(), id="id", time="at"), whole=whole)
    assert page.ids == ["7"]
    assert page.rejected == (RejectedRow("no id", b'{"id": null}'),)
    assert (page.has_more, page.next_cursor, page.total) == (None, None, None)


def test_whole_numbers_are_ids_as_their_decimal_text() -> None:
    page = read(answer([{"id": 0}, {"id": -5}, {"id": 2**70}]))
    assert page.ids == ["0", "-5", str(2**70)]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    "bad", [{"name": "no id"}, {"id": None}, {"id": ""}, {"id": 1.5}, {"id": True}, {"id": {}}, None, "b", 7, [1]]
)
def test_a_row_without_an_id_is_rejected_alone_with_its_bytes(bad: Any, whole: bool) -> None:
    page = read(answer([ROWS[0], bad, ROWS[1]]), whole=whole)
    assert page.ids == ["b", "a"]
    assert page.times == [AT, AT - 369_000]
    assert page.rejected == (RejectedRow("no id", json.dumps(bad).encode()),)


def test_whole_events_keep_their_json_and_type_byte_for_byte() -> None:
    body = b'{"data":[{ "type":"click", "id":"b", "n": 1.50 },{"id":"a","type":5}],"pagination":{"hasMore":true}}'
    page = PageReader(NESTED, whole=True).read(body)
    assert page.payloads == [b'{ "type":"click", "id":"b", "n": 1.50 }', b'{"id":"a","type":5}']
    assert page.types == ["click", None]


def test_only_the_ends_of_a_page_are_read_when_that_is_enough() -> None:
    times = ["?", 1_769_541_612, 1_769_541_611, None, 1_769_541_610, "?", None]
    page = read(answer([{"id": str(n), "timestamp": time} for n, time in enumerate(times)]), ends_only=True)
    assert page.times == [None, AT - 369_000, None, None, AT - 2_369_000, None, None]
    assert page.oldest == AT - 2_369_000


def test_a_page_without_readable_times_has_no_ends() -> None:
    page = read(answer([{"id": "a", "timestamp": "soon"}, {"id": "b"}]), ends_only=True)
    assert (page.times, page.oldest) == ([None, None], None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b'{"data":[{"id":"b"},{"id":"a',
        encode(answer())[:-1],
        encode(answer()).replace(b"1769541612369", b"Infinity"),
        encode(answer()).replace(b"1769541612369", b"NaN"),
        encode(answer()).replace(b'"b"', b'"\xff"'),
        b'{"data":' + b"[" * 200_000,
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_what_is_no_json_is_malformed(body: bytes, whole: bool) -> None:
    with pytest.raises(Malformed):
        PageReader(NESTED, whole=whole).read(body)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        7,
        {},
        {"error": "Too Many Requests"},
        answer() | {"data": None},
        answer() | {"data": {"id": "b"}},
        answer() | {"pagination": None},
        answer() | {"pagination": {}},
        answer() | {"pagination": []},
        answer(paging={"hasMore": None}),
        answer(paging={"hasMore": "perhaps"}),
        answer(meta={"returned": 3}),
        answer(meta={"returned": 1}),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_json_without_what_the_shape_promises_is_shapeless(document: Any, whole: bool) -> None:
    with pytest.raises(Shapeless):
        read(document, whole=whole)


def test_rejected_rows_count_as_served() -> None:
    assert read(answer([ROWS[0], {}], meta={"returned": 2})).ids == ["b"]
    with pytest.raises(PageError):
        read(answer([ROWS[0], {}], meta={"returned": 1}))


def test_an_absent_meta_says_nothing() -> None:
    page = read({"data": ROWS, "pagination": {"hasMore": False, "nextCursor": None}})
    assert (page.total, page.next_cursor, page.cursor_life, page.has_more) == (None, None, None, False)


@pytest.mark.parametrize(
    ("told", "cursor"), [("c", "c"), ("", None), (None, None), (5000, "5000"), (True, None), ({}, None)]
)
def test_a_cursor_is_a_text_or_a_number(told: Any, cursor: str | None) -> None:
    assert read(answer(paging={"nextCursor": told})).next_cursor == cursor


@pytest.mark.parametrize("told", ["many", True, None, []])
def test_facts_of_the_wrong_type_are_unknown(told: Any) -> None:
    page = read(answer(paging={"cursorExpiresIn": told}, meta={"total": told}))
    assert (page.cursor_life, page.total) == (None, None)


def test_a_link_that_is_not_there_may_be_an_empty_text() -> None:
    linked = replace(NESTED, next_cursor=("pagination", "nextCursor", "href"))
    assert read(answer(paging={"nextCursor": {"href": "/next"}}), linked).next_cursor == "/next"
    assert read(answer(paging={"nextCursor": ""}), linked).next_cursor is None


def test_an_empty_page_is_a_page() -> None:
    assert read(answer([], paging={"hasMore": False})).ids == []
