"""A page that says it is the last, though it is not, hides neither where cursors stand nor what they are made of."""

from __future__ import annotations

from typing import Any

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Question
from tests.domain.discovery.answers import answer_to, events, page, probe

LAST: dict[str, Any] = page(events(0, 40), more=False)


def learned(*documents: Any, endpoints: str = "events events") -> Case:
    """A case after a round for each document."""
    case = Case("http://h/api", "http://h/")
    for document, endpoint in zip(documents, endpoints.split(), strict=True):
        case = case.learned((answer_to(probe(Question.ROWS, endpoint), document),))
    return case


def test_the_fullest_page_has_its_cursor_where_another_page_of_the_list_has_it() -> None:
    for order in ((page(events(0, 20)), LAST), (LAST, page(events(0, 20)))):
        main = learned(*order).main
        assert main is not None
        assert main.shown.shape.next_cursor == ("pagination", "nextCursor")
        assert main.shown.cursor is not None
        assert len(main.shown.page.ids) == 40


def test_another_list_lends_nothing() -> None:
    main = learned(page(events(0, 20)), LAST, endpoints="others events").main
    assert main is not None
    assert main.shown.shape.next_cursor is None


def test_nothing_is_lent_where_the_place_is_not_there() -> None:
    bare = {"data": events(0, 40)}
    main = learned(page(events(0, 20), total=20), bare).main
    assert main is not None
    assert (len(main.shown.page.ids), main.shown.shape.next_cursor) == (40, None)
