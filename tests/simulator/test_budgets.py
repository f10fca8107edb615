"""Worlds that speak of their budgets otherwise, or not at all."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from tests.simulator.asking import NOON, Client

LOST = "/api/v1/events/none"


def refused(client: Client, at: float = 4.0) -> dict[str, str]:
    heard = [client.ask(LOST, at=at) for _ in range(client.world.header_limit + 1)]
    assert [answer.status for answer in heard[-2:]] == [404, 429]
    return heard[-1].headers


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("x-ratelimit", {"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "9", "X-RateLimit-Reset": "60"}),
        (
            "x-ratelimit-epoch",
            {"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "9", "X-RateLimit-Reset": str(int(NOON) + 60)},
        ),
        ("ietf", {"RateLimit-Limit": "10", "RateLimit-Remaining": "9", "RateLimit-Reset": "60"}),
        ("structured", {"RateLimit-Policy": '"default";q=10;w=60', "RateLimit": '"default";r=9;t=60'}),
        ("none", {}),
    ],
)
def test_a_budget_is_told_in_its_dialect(form: str, told: dict[str, str]) -> None:
    headers = Client(budget_form=form).ask(LOST).headers
    assert {name: value for name, value in headers.items() if "RateLimit" in name} == told


def test_a_faster_world_tells_of_shorter_windows() -> None:
    assert Client(budget_form="structured", speed=20).ask(LOST).headers["RateLimit-Policy"] == '"default";q=10;w=3'


def test_headers_may_lie() -> None:
    headers = Client(budget_lie=1.5).ask(LOST).headers
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("15", "14")


def test_a_refusal_may_name_a_date_which_is_late_enough() -> None:
    told = parsedate_to_datetime(refused(Client(retry_form="date"))["Retry-After"]).timestamp()
    assert NOON + 4 + 60 <= told <= NOON + 4 + 62


def test_a_refusal_may_say_nothing_at_all() -> None:
    client = Client(refusal_silent=True, budget_form="none")
    headers = refused(client)
    assert not [name for name in headers if "RateLimit" in name or name == "Retry-After"]
    assert client.ask(LOST, at=4).body == b""


def test_a_refusal_may_leave_out_when_to_come_again() -> None:
    assert "Retry-After" not in refused(Client(retry_form="none"))


def test_a_hidden_limit_holds_wherever_calls_go() -> None:
    client = Client(hidden_limit=4)
    targets = [LOST, "/api/v1/sessions", "/api/v1/metrics", "/internal/stats", LOST]
    heard = [client.ask(target) for target in targets]
    assert [answer.status for answer in heard] == [404, 200, 200, 200, 429]
    assert "X-RateLimit-Limit" not in heard[-1].headers
    assert client.service.score.refused == {"hidden": 1}


def test_a_hidden_limit_has_a_window_of_its_own() -> None:
    client = Client(hidden_limit=1, hidden_window=10, refused_count=False)
    assert [client.ask(LOST, at=at).status for at in (0, 9, 10.5)] == [404, 429, 404]


def test_what_comes_at_once_has_a_small_pool() -> None:
    client = Client(dump_path="/all", dump_limit=1, dump_window=100)
    heard = [client.ask("/api/v1/all", at=at) for at in (0, 50, 151)]
    assert [answer.status for answer in heard] == [200, 429, 200]
    assert heard[0].headers["X-RateLimit-Remaining"] == "0"


def test_a_header_may_open_a_larger_pool() -> None:
    client = Client(lift_header="X-Mode: bulk", lifted_limit=40)
    assert client.ask(LOST, x_mode="bulk").headers["X-RateLimit-Remaining"] == "39"
    assert client.ask(LOST, x_mode="other").headers["X-RateLimit-Remaining"] == "9"


def test_a_header_may_lift_the_cap() -> None:
    client = Client(lift_header="X-Mode: bulk", lifted_cap=700, page_cap=50)
    counts = [len(client.ask("/api/v1/events?limit=900", **headers).ids) for headers in ({}, {"x_mode": "bulk"})]
    assert counts == [50, 700]
