"""Pages that lead on by addresses or headers, and headers that tell the total."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.simulator.asking import KEY, Client, Heard, at

FORMS = ["url", "path", "href", "link-header"]
PLACES = {"cursor_at": "links.next", "life_at": "", "more_at": ""}


def heard(query: str = "limit=5", **switches: object) -> tuple[Client, Heard]:
    client = Client(**(PLACES | switches))  # type: ignore[arg-type]
    return client, client.ask(f"/api/v1/events?{query}", host="h:1")


def following(page: Heard) -> Any:
    """The next address of a page, wherever it stands."""
    told = re.search(r'<([^>]*)>; rel="next"', page.headers.get("Link", ""))
    found = told[1] if told else at(page.json, "links.next")
    return found["href"] if isinstance(found, dict) else found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("paging", ["cursor", "offset", "page"])
def test_the_next_page_may_be_an_address_that_leads_there(form: str, paging: str) -> None:
    client, page = heard(next_form=form, paging=paging)
    seen = list(page.ids)
    while len(seen) < 20:
        page = client.ask(following(page), host="h:1")
        seen += page.ids
    assert seen == [client.table.event_id(row) for row in range(20)]


def test_each_form_writes_it_in_its_own_way() -> None:
    pages = {form: heard(next_form=form)[1] for form in ["cursor", *FORMS]}
    assert set(pages["cursor"].json["links"]) == {"next"}
    assert urlsplit(following(pages["url"])).netloc == "h:1"
    assert following(pages["path"]).startswith("/api/v1/events?")
    assert list(pages["href"].json["links"]["next"]) == ["href"]
    assert "links" not in pages["link-header"].json
    assert 'rel="first", <http://h:1/api/v1/events?' in pages["link-header"].headers["Link"]


@pytest.mark.parametrize("form", FORMS)
def test_the_last_page_leads_nowhere(form: str) -> None:
    page = heard("limit=5000", next_form=form)[1]
    assert following(page) is None


def test_an_address_repeats_what_was_asked_with_the_key_and_the_true_limit() -> None:
    client = Client(**(PLACES | {"next_form": "url", "page_cap": 7}))  # type: ignore[arg-type]
    page = client.ask(f"/api/v1/events?limit=100&api_key={KEY}&sessionId=", key=None)
    told = parse_qs(urlsplit(following(page)).query)
    assert (told["api_key"], told["limit"], len(told["cursor"])) == ([KEY], ["7"], 1)


@pytest.mark.parametrize(
    ("form", "header", "value"),
    [("header", "X-Total-Count", "1000"), ("content-range", "Content-Range", "items 0-4/1000")],
)
def test_a_header_may_tell_the_total_instead_of_the_body(form: str, header: str, value: str) -> None:
    page = heard(total_form=form)[1]
    assert (page.headers[header], at(page.json, "meta.total")) == (value, None)
    assert header not in heard(total_form=form, total_told=False)[1].headers


def test_a_page_may_be_nothing_but_its_rows() -> None:
    client, page = heard(rows_at="", next_form="link-header")
    assert [row["id"] for row in page.json] == [client.table.event_id(row) for row in range(5)]


def test_links_to_the_next_page_and_to_everything_stand_in_one_header() -> None:
    page = heard(next_form="link-header", dump_path="/all", dump_written="link")[1]
    assert re.findall(r'rel="(\w+)"', page.headers["Link"]) == ["alternate", "first", "next"]


def test_an_end_told_too_early_leads_nowhere_and_an_empty_page_to_itself() -> None:
    assert following(heard(next_form="link-header", fault_false_end=1.0)[1]) is None
    empty = heard("limit=5&offset=10", next_form="url", paging="offset", fault_empty_page=1.0)[1]
    assert parse_qs(urlsplit(following(empty)).query)["offset"] == ["10"]
