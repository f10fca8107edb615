"""What of an address counts for the next page, and that nothing else of it is followed."""

from __future__ import annotations

import time

import pytest

from datasync_crawler.domain.asking import page_url
from datasync_crawler.domain.errors import Shapeless
from datasync_crawler.domain.links import followed, header_links, leads_back, next_address, parameters_of
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import Credential, Endpoint, RowShape
from datasync_crawler.domain.shard import Checkpoint, Shard

URL = "http://h/api/events?limit=50"
IN_BODY = RowShape(("data",), "id", next_cursor=("next",), next_link=("after",))
IN_HEADER = RowShape((), "id", next_link=("after",))
SEVERAL = RowShape(("data",), "id", next_cursor=("next",), next_link=("after", "view"))


def position(link: str | None, shape: RowShape = IN_BODY, **headers: str) -> str | None:
    return followed(Page(["a"], [1], next_cursor=link), shape, URL, headers).next_cursor


@pytest.mark.parametrize(
    "link",
    [
        "http://h/api/events?after=x%2By&limit=50",
        "https://H/api/events/?limit=50&after=x%2By",
        "/api/events?b=1&after=x%2by",
        "?after=x%2By#rest",
        "events?key=secret&after=x%2By&",
    ],
)
def test_a_link_says_where_the_next_page_begins_however_it_is_written(link: str) -> None:
    assert position(link) == "x+y"


@pytest.mark.parametrize("link", ["http://other/api/events?after=x", "//other/?after=x", "ftp://h/?after=x", "/?b=x"])
def test_a_link_elsewhere_or_without_a_position_is_no_page(link: str) -> None:
    with pytest.raises(Shapeless):
        position(link)


def test_what_is_no_address_at_all_leads_nowhere() -> None:
    assert parameters_of("http://[h/api", URL) is None
    assert not leads_back("http://[h/api", URL)


def test_no_link_is_an_end() -> None:
    assert position(None) is None
    assert position("a body's word does not count", IN_HEADER) is None


def test_a_header_may_lead_on_among_others() -> None:
    header = '<http://h/x?a=1,2>; rel="first"; title="a, b", </api/events?after=z>; rel="last NEXT"'
    assert [address for address, _ in header_links({"link": header})] == ["http://h/x?a=1,2", "/api/events?after=z"]
    assert position(None, IN_HEADER, Link=header) == "z"
    assert next_address({"Link": "<http://h/x>; rel=prev"}) is None


def test_a_shape_without_links_takes_the_cursor_as_it_is() -> None:
    assert position("/api/events?after=x", RowShape(("data",), "id", next_cursor=("next",))) == "/api/events?after=x"


def test_blanks_are_read_as_a_form_writes_them_but_not_within_base64() -> None:
    assert parameters_of("?a=eyJpZCI6IjU+YT/h==&b=2026-03-01+10:00&c={%22a%22:1}&d=x+y", URL) == (
        ("a", "eyJpZCI6IjU+YT/h=="),
        ("b", "2026-03-01 10:00"),
        ("c", '{"a":1}'),
        ("d", "x y"),
    )


def test_several_parameters_go_on_together_and_nothing_else_does() -> None:
    kept = position("/api/events?view=v%261&limit=7&key=secret&after=x", SEVERAL)
    assert kept == "view=v%261&after=x"
    endpoint = Endpoint("events", "http://h/api/events", SEVERAL, 50, limit_param="limit", cursor_param="after")
    shard = Shard(1, None, None, Checkpoint(position=1, last_id="a", cursor=kept))
    url = page_url(endpoint, Credential("query", "key"), shard, 50, 0.0, "a")
    assert url == "http://h/api/events?limit=50&view=v%261&after=x&key={key}"


@pytest.mark.parametrize("unit", ["<", "<a ", ";", " ", ';a="', ";a = ", "</x>;"])
def test_a_header_of_nonsense_takes_no_time(unit: str) -> None:
    begun = time.process_time()
    assert next_address({"Link": "<x>" + unit * (100_000 // len(unit))}) is None
    assert time.process_time() - begun < 1
