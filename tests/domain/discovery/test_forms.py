"""Filters by time are tried in the forms that may be meant, and only as long as something is open."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.evidence import proven_ends
from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question
from datasync_crawler.domain.discovery.position import Ends
from datasync_crawler.domain.discovery.questions import ask_range
from datasync_crawler.domain.discovery.routes import Lead, gather
from datasync_crawler.domain.profile import Evidence
from tests.domain.discovery.answers import answer_to, events, page, probe

CODE = Lead("GET", "http://h/api/events", ("limit", "since", "until"), Evidence("bundle", "b"))


def sealed(first: int, count: int) -> dict[str, object]:
    """A page whose cursor cannot be taken apart."""
    document = page(events(first, count))
    document["pagination"]["nextCursor"] = "c2VhbGVk"
    return document


def case(*answers: Answer) -> Case:
    newest = answer_to(probe(asked=300), sealed(0, 300))
    return Case("http://h/api", "http://h/", routes=gather([CODE]), answers=(newest, *answers))


def next_probe(known: Case) -> Probe | None:
    assert known.main is not None
    return next(iter(ask_range(known, known.main, known.main.shown)), None)


def untils(document: object, *, status: int = 200) -> list[str]:
    """The upper bounds that are tried one after the other where each is answered in the same way."""
    known, tried = case(), []
    while (asked := next_probe(known)) is not None:
        tried.append(parse_qs(urlsplit(asked.url).query)["until"][0])
        known = known.learned((answer_to(asked, document, status=status),))
    return tried


def test_bounds_that_are_ignored_are_written_in_iso_form_once() -> None:
    number, written = untils(sealed(0, 300))
    assert number.isdigit()
    assert written.endswith("Z")


@pytest.mark.parametrize("status", [200, 400])
def test_bounds_that_let_nothing_through_are_written_in_other_units(status: int) -> None:
    millis, seconds, micros = untils({"data": [], "pagination": {"hasMore": False}}, status=status)
    assert (int(millis) // 1000, int(millis) * 1000) == (int(seconds), int(micros))


def test_bounds_that_work_end_the_question() -> None:
    asked = next_probe(case())
    assert asked is not None
    known = case(answer_to(asked, sealed(100, 21)))
    assert next_probe(known) is None
    assert proven_ends(known, "events") == (Ends(since_inclusive=True, until_inclusive=True), asked)
    assert asked.question is Question.RANGE
