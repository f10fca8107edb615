from __future__ import annotations

import json

import pytest

from datasync_crawler.domain.errors import Shapeless
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import RowShape
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.domain.texts import truth, whole

SHAPE = RowShape(
    rows=("rows",),
    id="no",
    has_more=("more",),
    next_cursor=("next",),
    cursor_life=("life",),
    total=("total",),
    returned=("count",),
)


def read(**told: object) -> Page:
    return PageReader(SHAPE).read(json.dumps({"rows": [{"no": "a"}], "more": True} | told).encode())


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), ("3000000", 3_000_000), ("0", 0), ("٣", None), ("", None), ("-1", None), (True, None), (1.0, None)],
)
def test_a_text_of_digits_is_a_whole_number(value: object, number: int | None) -> None:
    assert whole(value) == number


@pytest.mark.parametrize(
    ("value", "meant"), [(True, True), ("true", True), ("FALSE", False), ("no", None), (0, None), (None, None)]
)
def test_true_and_false_may_be_texts(value: object, meant: bool | None) -> None:
    assert truth(value) is meant


def test_what_a_page_tells_may_be_told_in_texts() -> None:
    page = read(more="true", next="c2", life="117", total="3000000", count="1")
    assert (page.has_more, page.next_cursor, page.cursor_life, page.total) == (True, "c2", 117, 3_000_000)


@pytest.mark.parametrize("none", ["", False, None])
def test_an_empty_or_false_cursor_is_none(none: object) -> None:
    page = read(more="false", next=none)
    assert (page.has_more, page.next_cursor) == (False, None)


def test_a_page_that_contradicts_itself_in_texts_is_none() -> None:
    with pytest.raises(Shapeless):
        read(count="2")
    with pytest.raises(Shapeless):
        read(more="maybe")
