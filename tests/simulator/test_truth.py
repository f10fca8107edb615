"""Worlds whose word goes only so far."""

from __future__ import annotations

from datasync_crawler.simulator.census import Census
from datasync_crawler.simulator.truth import Truth
from tests.simulator.asking import Client


def test_a_total_may_be_absent() -> None:
    assert "total" not in Client(total_told=False).ask("/api/v1/events").json["meta"]


def test_more_may_be_promised_for_ever() -> None:
    client = Client(100, more_told="always")
    last = client.ask("/api/v1/events?limit=100").json["pagination"]
    assert last["hasMore"] is True
    beyond = client.ask(f"/api/v1/events?limit=100&cursor={last['nextCursor']}").json
    assert (beyond["data"], beyond["pagination"]["hasMore"], beyond["pagination"]["nextCursor"]) == ([], True, None)


def test_more_may_be_denied_while_there_is_a_cursor() -> None:
    pagination = Client(more_told="never").ask("/api/v1/events").json["pagination"]
    assert (pagination["hasMore"], isinstance(pagination["nextCursor"], str)) == (False, True)


def test_a_page_may_hold_rows_twice_side_by_side() -> None:
    client = Client(repeats=3)
    page = client.ask("/api/v1/events?limit=10")
    rows = [client.table.event_id(row) for row in range(8)]
    assert page.ids == [rows[0], rows[0], rows[1], rows[1], rows[2], rows[2], *rows[3:7]]
    assert page.json["meta"]["returned"] == 10
    following = page.json["pagination"]["nextCursor"]
    assert client.ask(f"/api/v1/events?limit=10&cursor={following}").ids[0] == rows[7]


def test_events_arrive_one_after_the_other_from_the_first_keyed_call_on() -> None:
    client = Client(100, arrivals=10, arrival_every=6)
    totals = [client.ask("/api/v1/sessions", at=0).status]
    totals += [
        client.ask(f"/api/v1/events?limit={n + 1}", at=at).json["meta"]["total"] for n, at in enumerate((0, 7, 300))
    ]
    assert totals == [200, 90, 91, 100]
    assert client.ask("/api/v1/events?limit=9", at=12).ids[0] == client.table.event_id(8)
    assert client.ask("/internal/stats", at=12).json["counts"]["events"] == 92


def test_nothing_arrives_before_the_first_call_or_after_the_last_event() -> None:
    truth = Truth(arrivals=3, arrival_every=2)
    assert [truth.hidden(elapsed) for elapsed in (None, 0, 2, 100)] == [3, 3, 2, 0]


def test_what_arrived_later_may_be_submitted_or_not() -> None:
    table = Client(50).table
    for first, verdict in ((0, 5), (5, 0)):
        census = Census()
        census.add("\n".join(table.event_id(row) for row in range(5, 50)).encode())
        census.close()
        judged = census.compare(table, first)
        assert (judged.missing, judged.unknown, judged.double) == (verdict, 0, 0)


def test_ids_of_other_forms_are_judged_too() -> None:
    table = Client(50, id_form="integer").table
    census = Census()
    census.add(("\n".join(table.event_id(row) for row in range(49)) + "\nnobody\n" + table.event_id(3)).encode())
    census.close()
    judged = census.compare(table)
    assert (judged.count, judged.missing, judged.unknown, judged.double) == (51, 1, 1, 1)
