"""Worlds in which the sources that the defaults do not follow are right."""

from __future__ import annotations

import pytest

from datasync_crawler.simulator.sessions import NEWEST
from tests.simulator.asking import BROWSER, KEY, Client, cursor


def test_the_feed_may_announce_its_budget() -> None:
    assert Client(feed_announced=True).feed().headers["X-RateLimit-Remaining"] == "199"


def test_a_refusal_of_the_feed_may_name_no_header() -> None:
    client = Client(feed_limit=1, feed_retry_after=False)
    token = client.token()["token"]
    refused = [client.feed(token=token) for _ in range(2)][1]
    assert (refused.status, "Retry-After" in refused.headers, refused.json["rateLimit"]["retryAfter"]) == (
        429,
        False,
        300,
    )


def test_the_feed_may_share_the_pool_of_events() -> None:
    client = Client(feed_shares_header=True)
    client.feed()
    assert client.ask("/api/v1/events").headers["X-RateLimit-Remaining"] == "8"


@pytest.mark.parametrize(
    ("kind", "refused_count", "allowed"),
    [("sliding", True, 0), ("sliding", False, 10), ("fixed", True, 10), ("bucket", True, 10)],
)
def test_calls_may_be_counted_otherwise(kind: str, refused_count: bool, allowed: int) -> None:
    client = Client(window_kind=kind, refused_count=refused_count)
    for _ in range(10):
        client.ask("/api/v1/events/none", at=0)
    for _ in range(10):
        assert client.ask("/api/v1/events/none", at=1).status == 429
    assert sum(client.ask("/api/v1/events/none", at=60.5).status == 404 for _ in range(12)) == allowed


def test_tokens_may_have_a_pool_of_their_own() -> None:
    client = Client(stream_access_limit=1)
    client.token()
    refused = client.ask("/internal/dashboard/stream-access", method="POST", user_agent=BROWSER)
    assert (refused.status, refused.headers["X-RateLimit-Limit"]) == (429, "1")


def test_without_limits_nothing_is_counted_or_announced() -> None:
    client = Client(limits=False)
    heard = [client.ask("/api/v1/events/none") for _ in range(50)]
    assert {answer.status for answer in heard} == {404}
    assert not [name for name in heard[0].headers if name.startswith("X-RateLimit")]


def test_cursors_may_be_unforgeable() -> None:
    client = Client(cursor_signed=True)
    assert client.ask(f"/api/v1/events?cursor={cursor(NEWEST)}").json["code"] == "CURSOR_INVALID"
    issued = client.ask("/api/v1/events").json["pagination"]["nextCursor"]
    assert client.ask(f"/api/v1/events?cursor={issued}").status == 200


def test_the_life_of_a_cursor_may_go_unchecked() -> None:
    stale = cursor(NEWEST, expires=1)
    assert [
        Client(cursor_checked=checked).ask(f"/api/v1/events?cursor={stale}").status for checked in (True, False)
    ] == [
        400,
        200,
    ]


def test_the_feed_may_mix_times_too() -> None:
    assert {type(time) for time in Client(feed_mixed=True).feed().times} == {int, str}


def test_pages_may_be_smaller() -> None:
    client = Client(page_cap=200, page_default=20, feed_cap=300, feed_default=5)
    limits = [client.ask(f"/api/v1/events?{query}").json["pagination"]["limit"] for query in ("", "limit=5000")]
    limits += [client.feed(query).json["pagination"]["limit"] for query in ("", "limit=5000")]
    assert limits == [20, 200, 5, 300]


def test_the_feed_may_live_elsewhere_and_want_another_header() -> None:
    client = Client(feed_path="/api/v1/live", token_header="X-Live")
    access = client.token()
    assert (access["endpoint"], access["tokenHeader"]) == ("/api/v1/live", "X-Live")
    assert len(client.ask("/api/v1/live", x_live=access["token"]).ids) == 25


def test_keys_may_be_refused_with_another_status_and_taken_in_another_form() -> None:
    assert Client(key_refusal=403).ask("/api/v1/events", key=None).status == 403
    assert Client(key_camel_accepted=True).ask(f"/api/v1/events?apiKey={KEY}", key=None).status == 200
    assert Client(stats_needs_key=False).ask("/internal/stats", key=None).status == 200


def test_nothing_may_be_kept() -> None:
    client = Client(cache=False)
    assert "X-Cache" not in client.ask("/api/v1/events").headers
    assert client.ask("/api/v1/events").headers["X-RateLimit-Remaining"] == "8"


@pytest.mark.parametrize("target", ["/api/v1/events", "/api/v1/sessions"])
def test_a_service_without_any_event_has_an_empty_page(target: str) -> None:
    page = Client(0).ask(target).json
    assert (page["data"], page["pagination"]["hasMore"], page["meta"]["total"]) == ([], False, 0)
