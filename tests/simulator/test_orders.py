"""Worlds whose lists begin with their oldest row, whose rows have attributes, whose numbers are texts."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from datasync_crawler.simulator.cursors import Cursor
from datasync_crawler.simulator.pages import mint
from tests.simulator.asking import Client

FOREVER = 4_102_444_800_000
COUNT = 1_200


def upwards(client: Client) -> list[str]:
    return [client.table.event_id(row) for row in reversed(range(len(client.table)))]


def walked(client: Client, path: str = "/api/v1/events") -> list[str]:
    ids: list[str] = []
    asked = {"limit": "500"}
    while True:
        heard = client.ask(f"{path}?{urlencode(asked)}")
        ids += heard.ids
        if not heard.json["pagination"]["hasMore"]:
            return ids
        asked["cursor"] = heard.json["pagination"]["nextCursor"]


@pytest.mark.parametrize("density", ["even", "ties", "instant"])
def test_a_list_may_begin_with_its_oldest_row(density: str) -> None:
    client = Client(COUNT, oldest_first="events", density=density)
    assert walked(client) == upwards(client)
    assert client.service.score.report(client.table)["rows"] == {"twice": 0, "never": 0}


def test_a_made_cursor_stands_before_the_first_row_that_is_not_older() -> None:
    client = Client(COUNT, oldest_first="both", density="ties")
    stamp = int(client.table.stamps[600])
    made = mint(client.world).issue(Cursor("00000000-0000-0000-0000-000000000000", stamp, FOREVER))
    first = max(row for row in range(COUNT) if client.table.stamps[row] == stamp)
    heard = client.ask(f"/api/v1/events?{urlencode({'limit': 5, 'cursor': made})}")
    assert heard.ids == [client.table.event_id(first - at) for at in range(5)]


def test_each_list_has_an_order_of_its_own() -> None:
    client = Client(COUNT, oldest_first="feed")
    assert client.ask("/api/v1/events?limit=1").ids == [client.table.event_id(0)]
    assert client.feed("limit=1").ids == [client.table.event_id(COUNT - 1)]


def test_ranges_and_numbers_count_from_the_oldest_row() -> None:
    client = Client(COUNT, oldest_first="both", ranges_on_events=True, offset_honoured=True)
    since = int(client.table.stamps[100])
    heard = client.ask(f"/api/v1/events?limit=3&since={since}")
    assert heard.ids == [client.table.event_id(row) for row in (100, 99, 98)]
    assert client.ask("/api/v1/events?limit=2&offset=7").ids == upwards(client)[7:9]


def test_events_that_arrive_stand_at_the_end_of_such_a_list() -> None:
    client = Client(COUNT, oldest_first="both", arrivals=10, arrival_every=1.0, paging="page", cache=False)
    last = "/api/v1/events?limit=600&page=2"
    before, after = client.ask(last, at=0.0), client.ask(last, at=5.5)
    assert len(after.ids) - len(before.ids) == 5
    assert after.ids[: len(before.ids)] == before.ids


def test_sessions_and_types_filter_in_the_lists_order() -> None:
    client = Client(COUNT, oldest_first="events", type_filters=True)
    down, up = Client(COUNT, type_filters=True), client
    for query in ("type=page_view&limit=1200", f"sessionId={client.sessions.ids[0]}&limit=400"):
        assert up.ask(f"/api/v1/events?{query}").ids == down.ask(f"/api/v1/events?{query}").ids[::-1]


def test_rows_may_hold_all_but_their_id_in_attributes() -> None:
    client = Client(COUNT, attributes_under="attributes", snake_case=True)
    row = client.ask("/api/v1/events?limit=1").json["data"][0]
    assert sorted(row) == ["attributes", "id", "type"]
    assert row["type"] == "event"
    assert {"timestamp", "type", "session_id"} <= set(row["attributes"])


def test_fields_of_attributes_can_be_asked_for() -> None:
    client = Client(COUNT, attributes_under="attributes", sparse_fields=True)
    row = client.ask("/api/v1/events?limit=1&fields=id,timestamp").json["data"][0]
    assert (sorted(row), list(row["attributes"])) == (["attributes", "id"], ["timestamp"])


def test_numbers_and_truths_may_be_texts() -> None:
    client = Client(COUNT, texts_for_numbers=True)
    page = client.ask("/api/v1/events?limit=1200").json
    assert page["pagination"]["hasMore"] == "false"
    assert page["pagination"]["nextCursor"] == ""
    assert (page["pagination"]["limit"], page["meta"]["total"]) == ("1200", "1200")
