from __future__ import annotations

from typing import Any

import pytest

from datasync_crawler.domain.discovery.bare import ask_bare, bare_answer, bare_endpoint, may_be_bare
from datasync_crawler.domain.discovery.exchange import Answer, Question
from datasync_crawler.domain.judging import sharpened
from datasync_crawler.domain.reading import PageReader
from tests.domain.discovery.answers import NEWEST_MS, answer_to, events, page, probe
from tests.domain.discovery.seen import HOME, KEY, case, main_answer, route

IDS = route("/events/ids", "limit", "cursor")


def bare(first: int, count: int, *, high: int | None = None, sealed: bool = False) -> Answer:
    """A page of ids alone from an index on."""
    document: dict[str, Any] = page(events(first, count))
    document["data"] = [row["id"] for row in document["data"]]
    if sealed:
        document["pagination"]["nextCursor"] = "c0ffee"
    asked = probe(Question.IDS, "ids", url=f"{HOME}/events/ids?limit=10000", credential=KEY, asked=10_000, high=high)
    return answer_to(asked, document)


def test_a_paged_list_of_ids_is_known_by_its_name() -> None:
    assert may_be_bare(IDS)
    assert may_be_bare(route("/events/ids"))
    assert not may_be_bare(route("/events", "limit", "cursor"))
    assert not may_be_bare(route("/all-ids"))


def test_ids_are_asked_for_where_the_newest_page_ends() -> None:
    (sent,) = ask_bare(case(IDS), main_answer())
    assert sent.high == (NEWEST_MS - 39_000) * 1_000 + 1_000
    assert "cursor=" in sent.url
    assert list(ask_bare(case(IDS, answers=[bare(39, 100)]), main_answer())) == []


def test_ids_that_stand_where_they_were_asked_for_can_be_entered_anywhere() -> None:
    found = bare(39, 100, high=NEWEST_MS)
    endpoint = bare_endpoint(case(IDS, answers=[found]), main_answer(), found)
    assert endpoint.positionable
    assert (endpoint.cap, endpoint.shape.bare, endpoint.shape.rows) == (100, True, ("data",))
    assert (endpoint.limit_param, endpoint.cursor_param) == ("limit", "cursor")


def test_a_page_of_ids_ends_where_its_cursor_says() -> None:
    found = bare(39, 100, high=NEWEST_MS)
    endpoint = bare_endpoint(case(IDS, answers=[found]), main_answer(), found)
    read = sharpened(PageReader(endpoint.shape, ends_only=True).read(found.body), endpoint)
    assert read.oldest == (NEWEST_MS - 138_000) * 1_000
    assert len(read.ids) == 100


@pytest.mark.parametrize(
    "found", [bare(0, 100, high=NEWEST_MS), bare(0, 100), bare(39, 100, high=NEWEST_MS, sealed=True)]
)
def test_otherwise_they_are_one_chain(found: Answer) -> None:
    assert not bare_endpoint(case(IDS, answers=[found]), main_answer(), found).positionable


def test_ids_of_another_collection_are_not_taken() -> None:
    assert bare_answer(case(IDS, answers=[bare(5_000, 100)])) is None
    assert bare_answer(case(IDS, answers=[bare(39, 100)])) is not None
