"""A total may stand in a header; what other headers count is not taken for it."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.discovery.case import Case, total_of
from datasync_crawler.domain.discovery.headertotal import header_total
from datasync_crawler.domain.discovery.totals import totals
from tests.domain.discovery.answers import answer_to, events, page, probe

ROWS = 30


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Total-Count", "3000"),
        ("X-Total", " 3000 "),
        ("X-Totalcount", "3000"),
        ("Total-Results", "3000"),
        ("X-Count", "3000"),
        ("Content-Range", "items 0-29/3000"),
        ("Content-Range", "*/3000"),
        ("content-range", "events 0-29/3000"),
    ],
)
def test_a_header_tells_the_size_of_the_collection(name: str, value: str) -> None:
    assert header_total({"Date": "today", name: value}, ROWS) == (name, 3000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Total-Pages", "3000"),
        ("X-Wp-Totalpages", "3000"),
        ("X-RateLimit-Total", "3000"),
        ("X-Total-Time", "3000"),
        ("X-Request-Count", "3000"),
        ("X-Count", "30"),
        ("X-Total-Count", "29"),
        ("X-Total-Count", "many"),
        ("Content-Length", "3000"),
        ("Content-Range", "bytes 0-29/3000"),
        ("Content-Range", "items 0-29/*"),
        ("Age", "3000"),
    ],
)
def test_what_counts_other_things_is_no_total(name: str, value: str) -> None:
    assert header_total({name: value}, ROWS) is None


def test_a_header_called_total_goes_before_a_range_and_that_before_a_count() -> None:
    told = {"X-Count": "31", "Content-Range": "items 0-29/32", "X-Total-Count": "33"}
    assert header_total(told, ROWS) == ("X-Total-Count", 33)
    assert header_total({name: told[name] for name in list(told)[:2]}, ROWS) == ("Content-Range", 32)


def case(document: object) -> Case:
    return Case("http://h/api", "http://h/", answers=(answer_to(probe(), document, X_Total_Count="3000"),))


def test_it_is_the_best_where_the_body_tells_none_and_the_second_where_it_does() -> None:
    assert totals(case({"data": events(0, ROWS)})) == (("events header X-Total-Count", 3000),)
    both = totals(case(page(events(0, ROWS), total=2999)))
    assert both == (("events", 2999), ("events header X-Total-Count", 3000))


def test_collections_are_compared_by_it() -> None:
    main = case({"data": events(0, ROWS)}).main
    assert main is not None
    assert total_of(main.shown) == 3000
