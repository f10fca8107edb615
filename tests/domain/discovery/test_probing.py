"""What refusals and pages say of the calls that were made."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.discovery.exchange import Question
from datasync_crawler.domain.discovery.handout import page_headers
from datasync_crawler.domain.discovery.plan import follow_up
from datasync_crawler.domain.discovery.probing import spoken_size
from datasync_crawler.domain.discovery.questions import needs_an_entry
from datasync_crawler.domain.profile import Credential
from tests.domain.discovery.answers import answer_to, probe
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
