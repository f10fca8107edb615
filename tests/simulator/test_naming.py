"""Worlds in which things are called otherwise."""

from __future__ import annotations

import re

import pytest

from datasync_crawler.simulator.events import TYPES
from datasync_crawler.simulator.names import Names, placed
from tests.simulator.asking import BROWSER, KEY, Client, at


def test_paths_move_together_with_what_speaks_of_them() -> None:
    client = Client(api_path="/v9", internal_path="/own", access_path="/ticket", events_name="acts", feed_path="/v9/x")
    assert client.ask("/v9").json["endpoints"]["acts"] == "/v9/acts"
    assert len(client.ask("/v9/acts?limit=3").ids) == 3
    assert client.ask("/api/v1/events").status == 404
    access = client.ask("/own/ticket", method="POST", user_agent=BROWSER).json["streamAccess"]
    assert client.ask(access["endpoint"], x_stream_token=access["token"]).status == 200
    assert client.ask("/own/stats").json["counts"]["events"] == 1_000
    assert client.ask("/v9/submissions").json["data"]["remainingSubmissions"] == 5


def test_the_key_may_be_a_bearer_token_of_its_header_alone() -> None:
    client = Client(key_header="Authorization", key_scheme="Bearer", query_key=False)
    assert client.ask("/api/v1").json["authentication"]["header"] == "Authorization"
    assert client.ask("/api/v1/events", key=None, authorization=f"Bearer {KEY}").status == 200
    for wrong in ({"authorization": KEY}, {"authorization": "Bearer "}, {"x_api_key": KEY}):
        assert client.ask("/api/v1/events", key=None, **wrong).status == 401
    assert client.ask(f"/api/v1/events?api_key={KEY}", key=None).status == 401


def test_the_key_may_be_refused_in_its_header() -> None:
    client = Client(header_key=False, key_parameter="k")
    assert (client.ask("/api/v1/events").status, client.ask(f"/api/v1/events?k={KEY}", key=None).status) == (401, 200)


def test_parameters_may_be_called_otherwise() -> None:
    client = Client(limit_parameter="size", cursor_parameter="after")
    page = client.ask("/api/v1/events?size=2&limit=5").json
    assert page["pagination"]["limit"] == 2
    following = page["pagination"]["nextCursor"]
    assert client.ask(f"/api/v1/events?size=2&cursor={following}").json["data"] == page["data"]
    assert client.ask(f"/api/v1/events?size=2&after={following}").json["data"] != page["data"]


def test_a_page_may_be_flat_and_leave_things_out() -> None:
    client = Client(
        rows_at="items",
        more_at="more",
        cursor_at="next",
        limit_at="",
        life_at="",
        total_at="n",
        returned_at="",
        request_at="",
    )
    assert list(client.ask("/api/v1/events").json) == ["items", "more", "next", "n"]


def test_rows_may_be_nested_and_wrapped_and_all_names_have_underscores() -> None:
    client = Client(rows_at="result.rows", row_under="node", snake_case=True, id_field="eventId", time_field="takenAt")
    page = client.ask("/api/v1/events?limit=1").json
    assert list(page["result"]["rows"][0]) == ["node"]
    assert {"event_id", "session_id", "taken_at"} <= set(page["result"]["rows"][0]["node"])
    assert page["pagination"]["has_more"] is True
    assert "stream_access" in client.ask("/internal/dashboard/stream-access", method="POST", user_agent=BROWSER).json
    assert "event_count" in client.ask("/api/v1/sessions?limit=1").json["result"]["rows"][0]


@pytest.mark.parametrize(
    ("form", "pattern"), [("upper", "[0-9A-F-]{36}"), ("prefixed", "evt_[0-9a-f]{32}"), ("integer", "[0-9]{7}")]
)
def test_ids_may_have_another_form_everywhere(form: str, pattern: str) -> None:
    client = Client(id_form=form)
    ids = client.ask("/api/v1/events?limit=100").ids
    assert all(re.fullmatch(pattern, str(event_id)) for event_id in ids)
    assert {type(event_id) for event_id in ids} == {int if form == "integer" else str}
    assert client.ask(f"/api/v1/events/{ids[7]}").json["id"] == ids[7]
    assert client.ask(f"/api/v1/events/{str(ids[7])[:-1]}").status == 404
    assert [str(event_id) for event_id in ids] == [client.table.event_id(row) for row in range(100)]


def test_places_are_read_as_they_are_written() -> None:
    document = placed([("a.b", 1), ("a.c.d", 2), ("", 3), ("e", None)])
    assert (at(document, "a.c.d"), at(document, "e"), at(document, "a.x.y")) == (2, None, None)


def test_humps_become_underscores_only_where_the_world_says() -> None:
    said = {"hasMore": [{"nextCursor": 1}]}
    assert (Names().recased(said), Names(snake_case=True).recased(said)) == (said, {"has_more": [{"next_cursor": 1}]})


def test_lists_beside_the_events_and_their_fields_may_be_called_otherwise() -> None:
    client = Client(
        sessions_name="visits", metrics_name="gauges", type_field="kind", id_form="prefixed", id_prefix="e-"
    )
    assert client.ask("/api/v1/visits").json["meta"]["total"] == 20
    assert client.ask("/api/v1/gauges").json["data"] == []
    (row,) = client.ask("/api/v1/events?limit=1").json["data"]
    assert row["id"].startswith("e-")
    assert (row["kind"] in TYPES, "type" in row) == (True, False)


def test_filters_may_be_called_otherwise() -> None:
    client = Client(
        type_filters=True, type_parameter="kind", until_parameter="to", sparse_fields=True, fields_parameter="f"
    )
    assert {row["type"] for row in client.ask("/api/v1/events?kind=error").json["data"]} == {"error"}
    assert list(client.ask("/api/v1/events?limit=1&f=id").json["data"][0]) == ["id"]
    assert client.feed(f"to={client.table.stamps[9]}").ids[0] == client.table.event_id(10)


@pytest.mark.parametrize("switches", [{}, {"row_under": "node"}, {"id_form": "integer", "id_field": "number"}])
def test_rows_lose_their_ids_whatever_they_look_like(switches: dict[str, object]) -> None:
    client = Client(fault_idless=1.0, **switches)
    names, under = client.world.names, client.world.rows.row_under
    rows = [row[under] if under else row for row in client.ask("/api/v1/events?limit=50").json["data"]]
    assert [len(row) for row in rows].count(7) == sum(names.id_field not in row for row in rows) == 3
    assert all("id" in row["session"] for row in rows)
