"""Whether pages can be asked for by number is told from where they begin among the known rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer, Question
from datasync_crawler.domain.discovery.numbers import Numbered, ask_number, read_number
from datasync_crawler.domain.discovery.routes import Lead, gather
from datasync_crawler.domain.profile import Evidence
from tests.domain.discovery.answers import answer_to, events, page, probe

ROWS = 300


def plain(first: int, count: int) -> dict[str, object]:
    """A page without any cursor."""
    return page(events(first, count)) | {"pagination": {"limit": count, "hasMore": True}}


def case(*params: str, answered: Answer | None = None) -> Case:
    lead = Lead("GET", "http://h/api/events", params, Evidence("bundle", "b"))
    known = Case("http://h/api", "http://h/", routes=gather([lead]), answers=(main(),))
    return known.learned((answered,)) if answered else known


def main() -> Answer:
    return answer_to(probe(asked=10_000), plain(0, ROWS))


def began(at: int, *, name: str, number: int, size: int) -> Answer:
    asked = probe(Question.NUMBER, asked=size, number=name, unit=number)
    return answer_to(asked, plain(at, size))


def asked_for(known: Case) -> list[str]:
    return [question.url.partition("?")[2] for question in ask_number(known, main())]


def test_a_parameter_that_code_names_is_tried_at_rows_that_are_known() -> None:
    assert asked_for(case("limit", "offset")) == ["limit=300&offset=297"]
    assert asked_for(case("limit", "pageNumber")) == ["limit=100&pageNumber=2"]


def test_usual_names_are_tried_where_no_cursor_leads_on_and_nothing_names_another() -> None:
    assert asked_for(case("limit")) == ["limit=300&offset=297"]
    ignored = began(0, name="offset", number=297, size=300)
    assert asked_for(case("limit", answered=ignored)) == ["limit=100&page=2"]


def test_rows_that_a_page_repeats_have_no_number() -> None:
    document = plain(0, ROWS) | {"data": events(0, 5) + events(0, ROWS)}
    repeating = answer_to(probe(asked=10_000), document)
    (sent,) = ask_number(case("limit", "offset"), repeating)
    assert sent.unit == 297
    assert read_number(began(297, name="offset", number=297, size=300), repeating) == Numbered(offset="offset")


def test_nothing_more_is_asked_once_it_is_known() -> None:
    assert asked_for(case("limit", "offset", answered=began(297, name="offset", number=297, size=300))) == []


@pytest.mark.parametrize(
    ("at", "found"), [(297, Numbered(offset="skip")), (270, Numbered(offset="skip")), (200, None), (0, None)]
)
def test_an_offset_works_where_the_page_begins_at_that_row_or_at_one_pushed_down(
    at: int, found: Numbered | None
) -> None:
    assert read_number(began(at, name="skip", number=297, size=300), main()) == found


@pytest.mark.parametrize(("at", "first"), [(100, 1), (200, 0), (99, 1), (91, 1), (181, 0)])
def test_pages_count_from_where_the_second_begins(at: int, first: int) -> None:
    assert read_number(began(at, name="p", number=2, size=100), main()) == Numbered(page="p", first_page=first)


def test_a_page_from_the_newest_row_or_without_rows_shows_nothing() -> None:
    assert read_number(began(0, name="p", number=2, size=100), main()) is None
    empty = began(100, name="p", number=2, size=100)
    assert read_number(replace(empty, listing=None), main()) is None


def test_a_page_without_rows_where_rows_are_is_asked_for_once_more() -> None:
    asked = probe(Question.NUMBER, asked=100, number="p", unit=2)
    empty = [replace(answer_to(asked, plain(0, 0)), at=float(moment)) for moment in range(2)]
    once = case("limit", "p", answered=empty[0])
    assert asked_for(once) == ["limit=100&p=2"]
    assert asked_for(once.learned((empty[1],))) == []
    refused = answer_to(asked, {"error": "no such parameter"}, status=400)
    assert asked_for(case("limit", "p", answered=refused)) == []
