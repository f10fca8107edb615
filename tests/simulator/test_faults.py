from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.simulator.faults import Fault, FaultKind, cut_at, fault_of
from datasync_crawler.simulator.wire import compose
from datasync_crawler.simulator.world import World
from tests.simulator.asking import NOON, Client, data

if TYPE_CHECKING:
    from datasync_crawler.simulator.wire import Wire

CALLS = 20_000


def wire_of(client: Client, target: str) -> Wire:
    return compose(client.ask(target).answer, client.world, NOON)


def certain(kind: FaultKind, **switches: object) -> Client:
    return Client(limits=False, cache=False, **{f"fault_{kind}": 1.0}, **switches)


def test_the_same_world_and_call_meet_the_same_fault() -> None:
    world = World(seed=3).with_faults("high")
    assert [fault_of(world, call) for call in range(500)] == [fault_of(world, call) for call in range(500)]
    assert [fault_of(world, call) for call in range(500)] != [
        fault_of(World(seed=4).with_faults("high"), call) for call in range(500)
    ]


@pytest.mark.parametrize(("level", "times"), [("none", 0), ("light", 1), ("moderate", 4), ("high", 10)])
def test_levels_have_the_agreed_rates(level: str, times: int) -> None:
    world = World().with_faults(level)
    found = Counter(fault.kind for call in range(CALLS) if (fault := fault_of(world, call)))
    light = {"server_error": 0.0025, "balancer": 0.0025, "truncated": 0.005, "reset": 0.002, "false_end": 0.002}
    assert set(found) == (set(light) if times else set())
    for kind, rate in light.items():
        assert found[FaultKind(kind)] / CALLS == pytest.approx(rate * times, abs=0.0025 * max(1, times**0.5))


@pytest.mark.parametrize("kind", list(FaultKind))
def test_every_fault_has_a_switch_and_is_scored(kind: FaultKind) -> None:
    client = certain(kind)
    client.feed("limit=50")
    assert client.service.score.faults == {kind: 1}


def test_a_server_error_keeps_the_shape_and_the_budget() -> None:
    client = Client(fault_server_error=1.0)
    heard = [client.ask(f"/api/v1/events?limit={n}") for n in range(1, 9)]
    assert {answer.status for answer in heard} == {500, 503}
    assert all(set(answer.json) == {"error", "message", "code"} for answer in heard)
    assert [answer.headers["X-RateLimit-Remaining"] for answer in heard] == list("98765432")


def test_a_balancer_error_is_html() -> None:
    heard = certain(FaultKind.BALANCER).ask("/api/v1/events")
    assert (heard.status, heard.headers["Server"], heard.headers["Content-Type"]) == (502, "awselb/2.0", "text/html")


def test_a_truncated_page_claims_to_be_whole() -> None:
    client = certain(FaultKind.TRUNCATED)
    for n in range(1, 10):
        heard = client.ask(f"/api/v1/events?limit={n}")
        assert (heard.status, heard.headers["Content-Length"]) == (200, str(len(heard.body)))
        with pytest.raises(json.JSONDecodeError):
            json.loads(heard.body)
    assert client.service.score.report(client.table)["rows"] == {"twice": 0, "never": 1_000}


def test_a_cut_is_at_a_quarter_or_anywhere_inside() -> None:
    cuts = {cut_at(Fault(FaultKind.TRUNCATED, share, dice), 1_000) for share in (0.0, 0.5, 0.999) for dice in (0, 1)}
    assert cuts == {250, 1, 500, 999}


def test_null_is_a_body_too() -> None:
    heard = certain(FaultKind.NULL).ask("/api/v1/sessions")
    assert (heard.status, heard.body, heard.headers["Content-Length"]) == (200, b"null", "4")


def test_an_empty_page_says_there_is_more_and_points_at_itself() -> None:
    whole = Client(limits=False).ask("/api/v1/events?limit=5").json["pagination"]["nextCursor"]
    page = certain(FaultKind.EMPTY_PAGE).ask(f"/api/v1/events?limit=5&cursor={whole}").json
    assert (page["data"], page["meta"]["returned"], page["pagination"]["hasMore"]) == ([], 0, True)
    table, _ = data(1_000)
    again = Client().ask(f"/api/v1/events?limit=1&cursor={page['pagination']['nextCursor']}")
    assert again.ids == [table.event_id(5)]


def test_a_false_end_has_the_right_rows() -> None:
    client = certain(FaultKind.FALSE_END)
    page = client.ask("/api/v1/events?limit=5").json
    assert (len(page["data"]), page["pagination"]["hasMore"], page["pagination"]["nextCursor"]) == (5, False, None)
    assert client.service.score.report(client.table)["rows"]["never"] == 995


def test_rows_without_id_are_few_owned_up_to_and_not_scored() -> None:
    client = certain(FaultKind.IDLESS)
    heard = client.ask("/api/v1/events?limit=50")
    assert sum("id" not in row for row in heard.json["data"]) == 3
    assert (len(heard.json["data"]), heard.headers["X-Chaos-Applied"]) == (50, "missingFields")
    assert heard.headers["Content-Length"] == str(len(heard.body))
    assert client.service.score.report(client.table)["rows"]["never"] == 953


def test_a_token_may_die_right_after_its_use() -> None:
    client = certain(FaultKind.REVOKED_TOKEN)
    token = client.token()["token"]
    assert [client.feed(token=token).status for _ in range(2)] == [200, 403]


def test_a_reset_comes_before_the_headers_or_inside_the_body() -> None:
    client = certain(FaultKind.RESET)
    marks = [wire_of(client, f"/api/v1/events?limit={n}").reset_after for n in range(1, 20)]
    assert 0 in marks
    assert any(mark for mark in marks)


def test_a_drip_takes_its_seconds() -> None:
    assert wire_of(certain(FaultKind.DRIP, speed=10), "/api/v1/events").drip == 2


def test_a_faulty_answer_is_not_kept() -> None:
    client = Client(fault_false_end=1.0)
    assert [client.ask("/api/v1/events").headers["X-Cache"] for _ in range(2)] == ["MISS", "MISS"]


def test_faults_strike_data_only() -> None:
    client = certain(FaultKind.SERVER_ERROR)
    for target in ("/api/v1/metrics", "/internal/stats", "/api/v1/events/none", "/api/v1/submissions"):
        assert client.ask(target).status < 500
    assert client.ask("/api/v1/events", method="HEAD").status == 200
