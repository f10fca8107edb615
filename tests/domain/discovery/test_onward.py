"""The address of the next page is told from where it leads, and what counts of it from what was not sent."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.endpoints import main_endpoint
from datasync_crawler.domain.discovery.exchange import Answer, Question
from datasync_crawler.domain.discovery.keyways import KeyWay
from datasync_crawler.domain.discovery.listing import Listing, read_listing
from datasync_crawler.domain.discovery.numbers import ask_number
from datasync_crawler.domain.discovery.onward import is_address
from datasync_crawler.domain.discovery.plan import next_round
from datasync_crawler.domain.discovery.routes import Lead, gather
from datasync_crawler.domain.profile import Credential, Evidence
from tests.domain.discovery.answers import NEWEST_MS, NOW, answer_to, events, page, probe

KEY = Credential("header", "X-Key")
URL = "http://h/api/events?limit=100"


def cursor() -> str:
    made: str = page(events(0, 10))["pagination"]["nextCursor"]
    return made


def linking(link: object, *, at: str = "next", url: str = URL, **headers: str) -> Listing:
    """A page of ten rows with a link at a place, by dots."""
    document: dict[str, Any] = {"data": events(0, 10)}
    inner = document
    *folders, name = at.split(".")
    for folder in folders:
        inner = inner.setdefault(folder, {})
    inner[name] = link
    listing = read_listing(document, json.dumps(document).encode(), NOW, url=url, headers=headers)
    assert listing is not None
    return listing


@pytest.mark.parametrize(
    "at", ["next", "links.next", "_links.next.href", "paging.nextPageUrl", "more", "page.endCursor.href", "after"]
)
@pytest.mark.parametrize("base", ["http://h/api/events", "/api/events", ""])
def test_an_address_of_the_same_list_leads_on_wherever_it_stands(at: str, base: str) -> None:
    listing = linking(f"{base}?limit=100&after=abc", at=at)
    assert listing.shape.next_cursor == tuple(at.split("."))
    assert listing.shape.next_link == ("after",)
    assert listing.page.next_cursor == "abc"


def test_a_header_leads_on_where_the_body_does_not() -> None:
    rows = events(0, 10)
    header = {"Link": '<http://h/api/events?limit=100>; rel="first", <http://h/api/events?after=abc>; rel="next"'}
    listing = read_listing(rows, json.dumps(rows).encode(), NOW, url=URL, headers=header)
    assert listing is not None
    assert (listing.shape.next_cursor, listing.shape.next_link) == (None, ("after",))
    assert (listing.shape.chained, listing.page.next_cursor) == (True, "abc")


@pytest.mark.parametrize(
    "link",
    [
        "http://other/api/events?after=abc",
        "/api/other?after=abc",
        "/api/events?limit=100",
        "/api/events?limit=50",
        "http://h/api/events",
    ],
)
def test_what_leads_elsewhere_or_nowhere_is_neither_a_link_nor_a_cursor(link: str) -> None:
    shape = linking(link).shape
    assert (shape.next_cursor, shape.next_link, shape.chained) == (None, (), False)


@pytest.mark.parametrize("at", ["links.prev", "links.self", "_links.next_first.href", "home", "page.startCursor"])
def test_an_address_that_is_not_said_to_lead_on_is_none(at: str) -> None:
    assert not linking("/api/events?after=abc", at=at).shape.chained


def test_the_page_size_and_what_was_sent_say_nothing_of_the_position() -> None:
    sent = "http://h/api/events?per_page=100&kind=click"
    assert linking("?per_page=10&kind=click&max_id=77", url=sent).shape.next_link == ("max_id",)
    assert linking("?max_id=77").shape.next_link == ("max_id",)


def test_a_secret_in_a_link_never_counts() -> None:
    assert linking("?api_key={key}&t={token:feed}&after=abc").shape.next_link == ("after",)


def test_a_cursor_in_a_link_can_be_made_like_any_other() -> None:
    listing = linking("?" + urlencode({"view": "7", "after": cursor()}))
    assert listing.cursor is not None
    assert listing.cursor.time == "ts"
    assert (listing.shape.next_link, listing.page.next_cursor) == (("after",), cursor())


def test_several_parameters_of_unknown_meaning_are_followed_together() -> None:
    listing = linking("?limit=100&view=7&after=abc")
    assert (listing.shape.next_link, listing.page.next_cursor) == (("view", "after"), "view=7&after=abc")


def test_a_cursor_with_a_slash_is_no_address() -> None:
    assert not is_address("/wEPDwUKMTY4==")
    assert linking("/wEPDwUKMTY4==", at="nextCursor").page.next_cursor == "/wEPDwUKMTY4=="


def found(link: str, *params: str) -> tuple[Case, Answer]:
    lead = Lead("GET", "http://h/api/events", params, Evidence("bundle", "b"))
    answer = answer_to(probe(url=URL, asked=100), {"data": events(0, 30), "next": link})
    return Case("http://h/api", "http://h/", routes=gather([lead]), answers=(answer,)), answer


@pytest.mark.parametrize(
    ("link", "asked"),
    [("?p=2", "limit=10&p=2"), ("?p=1", "limit=10&p=2"), ("?from_row=30", "limit=30&from_row=27"), ("?p=abc", None)],
)
def test_a_parameter_that_counts_up_is_tried_as_a_number_of_pages_or_rows(link: str, asked: str | None) -> None:
    case, answer = found(link)
    assert next((it.url.partition("?")[2] for it in ask_number(case, answer)), None) == asked


@pytest.mark.parametrize("params", [(), ("limit", "cursor")])
def test_the_link_names_the_parameter_whatever_code_calls_it(params: tuple[str, ...]) -> None:
    case, answer = found("?limit=100&mark=abc", *params)
    assert main_endpoint(case, answer).cursor_param == "mark"


def test_a_page_size_that_only_the_link_names_is_asked_for_then() -> None:
    lead = Lead("GET", "http://h/api/events", (), Evidence("document", "d"))
    answer = answer_to(
        probe(url="http://h/api/events?limit=10000", asked=10_000),
        {"data": events(0, 20), "total": 900, "next": "?per_page=20&mark=abc&api_key={key}"},
    )
    case = Case("http://h/api", "http://h/", routes=gather([lead]), ways=(KeyWay(KEY, lead.evidence),))
    case = case.learned((answer,))
    assert case.routes[0].params == ("per_page", "mark")
    assert [it.url.partition("?")[2] for it in next_round(case) if it.question is Question.ROWS] == ["per_page=1000"]
    assert main_endpoint(case, answer).limit_param == "per_page"


@pytest.mark.parametrize(("link", "taken"), [("?p=2", None), ("?start=30", None), ("?mark=abc", "mark")])
def test_a_count_is_not_followed_where_filters_by_time_would_change_what_it_counts(
    link: str, taken: str | None
) -> None:
    case, answer = found(link, "since", "until")
    low, high = ((NEWEST_MS - 1000 * index) * 1000 for index in (20, 10))
    between = answer_to(probe(Question.RANGE, url=URL, asked=30, low=low, high=high), {"data": events(10, 11)})
    assert main_endpoint(case.learned((between,)), answer).cursor_param == taken
