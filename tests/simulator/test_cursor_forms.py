"""Worlds whose cursors are made otherwise."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from datasync_crawler.simulator.sessions import NEWEST
from tests.simulator.asking import Client, cursor

STING = 'a&b=c+d#e%20f?g;h/é "i"'


def second(client: Client, given: str, quoted: bool = True) -> Any:
    return client.ask(f"/api/v1/events?limit=10&cursor={quote(given, safe='') if quoted else given}")


def given(client: Client) -> str:
    text: str = client.ask("/api/v1/events?limit=10").json["pagination"]["nextCursor"]
    return text


@pytest.mark.parametrize(
    "switches",
    [
        {"cursor_form": "raw", "cursor_sting": STING},
        {"cursor_form": "sealed"},
        {"cursor_padding": 2_200},
        {"cursor_bound": True},
        {"cursor_id_field": "lastId", "cursor_time_field": "t", "cursor_end_field": "until"},
        {"id_form": "integer"},
        {"id_form": "prefixed", "cursor_signed": True},
    ],
)
def test_a_cursor_that_was_given_leads_on(switches: dict[str, Any]) -> None:
    client = Client(**switches)
    assert second(client, given(client)).ids == client.ask("/api/v1/events?limit=20").ids[10:]


def test_a_sealed_cursor_tells_nothing_and_cannot_be_made() -> None:
    client = Client(cursor_form="sealed")
    text = given(client)
    with pytest.raises(ValueError, match=r"Expecting|decode"):
        json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert second(client, cursor(NEWEST)).status == 400
    assert text != given(Client(cursor_form="sealed"))


def test_a_long_cursor_is_longer_than_some_can_take() -> None:
    assert len(given(Client(cursor_padding=2_200))) > 2_083


def test_a_stinging_cursor_must_be_quoted_well() -> None:
    client = Client(cursor_form="raw", cursor_sting=STING)
    assert STING in json.loads(given(client))["q"]
    assert second(client, given(client).replace("#", "%23"), quoted=False).status == 400


def test_a_bound_cursor_is_good_only_where_it_was_given() -> None:
    client = Client(cursor_bound=True)
    text = quote(given(client), safe="")
    assert client.ask(f"/api/v1/events?cursor={text}").status == 200
    assert client.feed(f"cursor={text}").json["code"] == "CURSOR_INVALID"
    assert client.ask(f"/api/v1/sessions?cursor={text}").json["code"] == "CURSOR_INVALID"


def test_a_loop_leads_back_and_a_made_cursor_leads_past_it() -> None:
    client = Client(100, loop_at=0.4)
    first = client.ask("/api/v1/events?limit=30").json["pagination"]["nextCursor"]
    turning = client.ask(f"/api/v1/events?limit=30&cursor={quote(first)}")
    again = client.ask(f"/api/v1/events?limit=30&cursor={quote(turning.json['pagination']['nextCursor'])}")
    assert again.ids == turning.ids
    behind = cursor(client.table.stamps[59], client.table.event_id(59))
    assert len(client.ask(f"/api/v1/events?limit=30&cursor={behind}").ids) == 30


def test_a_loop_may_be_on_one_way_alone() -> None:
    client = Client(100, loop_at=0.2, loop_on="feed")
    first = client.ask("/api/v1/events?limit=15").json["pagination"]["nextCursor"]
    assert len(client.ask(f"/api/v1/events?limit=85&cursor={quote(first)}").ids) == 85
