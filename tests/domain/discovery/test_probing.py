"""What refusals and pages say of the calls that were made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datasync_crawler.domain.discovery.exchange import Question
from datasync_crawler.domain.discovery.handout import page_headers
from datasync_crawler.domain.discovery.plan import follow_up
from datasync_crawler.domain.discovery.probing import route_of, spoken_size
from datasync_crawler.domain.discovery.questions import ask_position, needs_an_entry
from datasync_crawler.domain.profile import Credential
from tests.domain.discovery.answers import answer_to, page, probe
from tests.domain.discovery.seen import KEY, case, main_answer, route


@pytest.mark.parametrize(
    ("status", "message", "size"),
    [
        (400, "limit must be between 1 and 50", 50),
        (400, "Invalid cursor", None),
        (400, "at most 20000 rows", None),
        (500, "limit must be between 1 and 50", None),
    ],
)
def test_a_refusal_may_speak_of_a_smaller_page(status: int, message: str, size: int | None) -> None:
    asked = probe(Question.POSITION, "feed", asked=10_000)
    assert spoken_size(answer_to(asked, {"message": message}, status=status)) == size


def test_a_cursor_refused_elsewhere_says_nothing_of_a_list_that_takes_made_ones() -> None:
    elsewhere = answer_to(probe(Question.POSITION, "feed", asked=10, high=1), {"message": "Invalid"}, status=400)
    main = main_answer()
    assert needs_an_entry(case(main=main, answers=[elsewhere]), main)
    stood = answer_to(probe(Question.QUERY, "events", asked=10, high=10**18), main.document, status=200)
    assert not needs_an_entry(case(main=main, answers=[stood]), main)


def test_the_pages_cookie_goes_along_though_it_holds_the_key() -> None:
    browser = (("cookie", "k={key}"), ("x-key", "{key}"), ("user-agent", "M"))
    sent = dict(page_headers(case(browser_headers=browser), KEY))
    assert sent["cookie"] == "k={key}"
    assert "x-key" not in {name.lower() for name in sent}
    by_cookie = Credential("header", "Cookie", "k=")
    assert "cookie" not in dict(page_headers(case(browser_headers=browser), by_cookie))


def test_a_list_without_cursors_is_asked_by_number_first() -> None:
    main = main_answer()
    document = main.document | {"pagination": {"limit": 40, "hasMore": True}}
    bare = answer_to(main.probe, document)
    known = case(route("/events/export", headers=(("Accept", "text/csv"),)), main=bare)
    asked = [sent.question for sent in follow_up(known) if sent.question is not Question.ROWS]
    assert asked[:2] == [Question.NUMBER, Question.WHOLE]


def test_a_list_that_moved_to_a_known_address_keeps_its_name_and_parameters() -> None:
    main = main_answer()
    name, there = main.probe.endpoint, "http://host/api/v2/rows"
    moved = replace(main, probe=replace(main.probe, url=f"{there}?limit=10"))
    known = case(route("/api/v2/rows"), main=main, answers=[moved])
    found = route_of(known, main)
    assert (found.name, found.url) == (name, there)
    assert found.roles == route_of(case(main=main), main).roles


def test_a_cursor_refused_elsewhere_or_answered_without_rows_is_tried_on_its_own_list_again() -> None:
    main = main_answer()
    elsewhere = answer_to(probe(Question.POSITION, "feed", asked=10, high=1), {"message": "Invalid"}, status=400)
    blank = answer_to(probe(Question.POSITION, "events", asked=10, high=10**18), page([]))
    asked = list(ask_position(case(main=main, answers=[elsewhere, blank]), main, main.shown))
    assert [sent.high is None for sent in asked] == [False]
    refused = answer_to(probe(Question.POSITION, "events", asked=10, high=1), {"message": "Invalid"}, status=400)
    assert not list(ask_position(case(main=main, answers=[refused]), main, main.shown))
