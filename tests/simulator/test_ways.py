"""Worlds with other ways to events."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import urlsplit

import pytest

from tests.simulator.asking import BROWSER, Client


def test_an_open_feed_wants_no_token_but_what_the_world_wants() -> None:
    client = Client(feed_open=True, feed_written="bundle", feed_path="/live", feed_wants="origin,user-agent")
    assert client.ask("/live", origin="http://h").status == 403
    assert len(client.ask("/live", origin="http://h", user_agent=BROWSER).ids) == 25
    assert client.ask("/internal/dashboard/stream-access", method="POST", user_agent=BROWSER).status == 404


def test_a_path_that_is_written_elsewhere_is_not_handed_out() -> None:
    access = Client(feed_written="bundle").token()
    assert sorted(access) == ["expiresIn", "token", "tokenHeader"]


def test_there_may_be_no_feed() -> None:
    client = Client(feed=False)
    assert client.ask("/internal/dashboard/stream-access", method="POST", user_agent=BROWSER).status == 404
    assert client.ask(client.world.feed_path).json["code"] == "ENDPOINT_NOT_FOUND"


def test_ids_may_have_a_list_of_their_own_with_a_pool_of_its_own() -> None:
    client = Client(ids_path="/ids", ids_cap=300)
    heard = client.ask("/api/v1/events/ids?limit=900")
    assert heard.json["data"] == [client.table.event_id(row) for row in range(300)]
    assert heard.headers["X-RateLimit-Limit"] == "6"
    following = heard.json["pagination"]["nextCursor"]
    assert client.ask(f"/api/v1/events/ids?limit=2&cursor={following}").json["data"][0] == client.table.event_id(300)


@pytest.mark.parametrize("form", ["ndjson", "csv", "ids", "sse"])
def test_everything_may_come_at_once(form: str) -> None:
    client = Client(1_200, dump_path="/all", dump_form=form)
    heard = client.ask("/api/v1/all")
    text = heard.body.decode()
    read = {
        "ndjson": lambda: [json.loads(line)["id"] for line in text.splitlines()],
        "csv": lambda: [row["id"] for row in csv.DictReader(io.StringIO(text))],
        "ids": text.split,
        "sse": lambda: [json.loads(line[6:]).get("id") for line in text.splitlines() if line.startswith("data: ")][
            :-1
        ],
    }
    assert read[form]() == [client.table.event_id(row) for row in range(1_200)]
    assert "Content-Length" not in heard.headers
    assert client.service.score.report(client.table)["rows"] == {"twice": 0, "never": 0}


def test_a_link_may_announce_everything() -> None:
    client = Client(dump_path="/all", dump_written="link", dump_form="csv")
    assert client.ask("/api/v1/events").headers["Link"] == '</api/v1/all>; rel="alternate"; type="text/csv"'


def test_lists_may_go_on_by_offset() -> None:
    client = Client(paging="offset")
    page = client.ask("/api/v1/events?limit=10&offset=20").json
    assert page["pagination"] == {"limit": 10, "offset": 20, "hasMore": True}
    assert page["data"][0]["id"] == client.table.event_id(20)
    assert len(client.ask("/api/v1/sessions?limit=100&offset=15").json["data"]) == 5


@pytest.mark.parametrize("first", [0, 1])
def test_lists_may_go_on_by_page_number(first: int) -> None:
    client = Client(paging="page", first_page=first)
    assert client.ask("/api/v1/events?limit=10").json["pagination"]["page"] == first
    assert client.ask(f"/api/v1/events?limit=10&page={first + 3}").ids[0] == client.table.event_id(30)


def test_a_limit_above_the_cap_may_be_refused() -> None:
    client = Client(over_cap="refused", page_cap=50, page_default=20)
    refused = client.ask("/api/v1/events?limit=51").json
    assert (refused["code"], refused["message"]) == ("INVALID_LIMIT", "limit must be between 1 and 50")
    assert [len(client.ask(f"/api/v1/events?{query}").ids) for query in ("limit=50", "")] == [50, 20]


def test_ranges_may_be_taken_nowhere() -> None:
    client = Client(ranges_on_feed=False)
    assert client.feed(f"limit=10&until={client.table.stamps[500]}").ids[0] == client.table.event_id(0)


def test_rows_may_be_asked_for_some_of_their_fields() -> None:
    client = Client(sparse_fields=True)
    page = client.ask("/api/v1/events?limit=2&fields=id,type,none").json["data"]
    assert [list(row) for row in page] == [["id", "type"]] * 2
    assert list(client.feed("limit=1&fields=id").json["data"][0]) == ["id"]
    assert len(Client().ask("/api/v1/events?limit=1&fields=id").json["data"][0]) == 8


def test_rows_in_a_wrapper_may_be_asked_for_some_of_their_fields() -> None:
    client = Client(sparse_fields=True, row_under="node")
    (row,) = client.ask("/api/v1/events?limit=1&fields=type").json["data"]
    assert (list(row), list(row["node"])) == (["node"], ["type"])


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("application/x-ndjson", "application/x-ndjson"), ("text/csv", "text/csv; charset=utf-8"), ("*/*", None)],
)
def test_a_list_may_be_given_in_the_form_that_is_accepted(accept: str, kind: str | None) -> None:
    client = Client(accept_forms="ndjson,csv")
    heard = client.ask("/api/v1/events?limit=10", accept=accept)
    assert heard.headers["Content-Type"] == (kind or "application/json; charset=utf-8")
    assert ("Link" in heard.headers) == ("X-Next-Cursor" in heard.headers) == (kind is not None)
    if kind:
        target = heard.headers["Link"].partition(";")[0].strip("<>")
        assert urlsplit(target).path == "/api/v1/events"
        assert client.ask(target).ids[0] == client.table.event_id(10)
        assert len(heard.body.splitlines()) == 10 + ("csv" in kind)
