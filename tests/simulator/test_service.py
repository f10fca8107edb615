from __future__ import annotations

import base64
import json
from collections import Counter

import pytest

from datasync_crawler.simulator.sessions import NEWEST, OLDEST
from tests.simulator.asking import BROWSER, KEY, NOON, Client, cursor, data

ALL_F_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


def truth(events: int = 1_000) -> list[str]:
    table, _ = data(events)
    return [table.event_id(row) for row in range(events)]


def test_following_cursors_gives_every_event_once_in_order() -> None:
    client, ids, query, at = Client(limits=False), [], "limit=300", 0.0
    while query:
        page = client.ask(f"/api/v1/events?{query}", at).json
        ids += [row["id"] for row in page["data"]]
        following = page["pagination"]["nextCursor"]
        query, at = (f"limit=300&cursor={following}" if following else ""), at + 100
    assert ids == truth()
    assert page["pagination"] == {"limit": 300, "hasMore": False, "nextCursor": None, "cursorExpiresIn": None}
    assert page["meta"]["returned"] == 100


@pytest.mark.parametrize(
    ("query", "limit"),
    [("", 100), ("limit=10", 10), ("limit=5000", 5_000), ("limit=99999", 5_000), ("limit=x", 100), ("limit=-1", 100)],
)
def test_a_limit_is_kept_defaulted_or_silently_reduced(query: str, limit: int) -> None:
    page = Client(20_000).ask(f"/api/v1/events?{query}").json
    assert (page["pagination"]["limit"], page["meta"]["returned"], len(page["data"])) == (limit, limit, limit)


def test_the_feed_gives_25_rows_all_with_numbers_and_no_budget() -> None:
    heard = Client(20_000).feed()
    assert heard.json["pagination"]["limit"] == 25
    assert {type(time) for time in heard.times} == {int}
    assert not [name for name in heard.headers if name.startswith(("X-RateLimit", "X-Cache"))]


def test_events_mix_times_by_their_position_in_the_page() -> None:
    times = Client().ask("/api/v1/events?limit=100").times
    assert Counter(type(time) for time in times) == {int: 34, str: 66}
    assert [at for at, time in enumerate(times) if isinstance(time, int)] == list(range(0, 100, 3))


def test_a_cursor_life_counts_from_the_beginning_of_the_query() -> None:
    client = Client()
    page = client.ask("/api/v1/events").json["pagination"]
    fields = json.loads(base64.b64decode(page["nextCursor"]))
    assert (fields["exp"], fields["v"], page["cursorExpiresIn"]) == (int((NOON + 120) * 1000), 2, 120)
    assert client.ask(f"/api/v1/events?cursor={page['nextCursor']}", 119).status == 200
    expired = client.ask(f"/api/v1/events?cursor={page['nextCursor']}", 181)
    assert (expired.status, expired.json["code"]) == (400, "CURSOR_EXPIRED")
    assert expired.json["message"] == "Cursor expired 1 minute(s) ago"


def test_a_refused_cursor_is_counted() -> None:
    client = Client()
    assert client.ask("/api/v1/events?cursor=nonsense").headers["X-RateLimit-Remaining"] == "9"


def test_forged_cursors_work_on_both_ways_to_events() -> None:
    client, ids = Client(), truth()
    table, _ = data(1_000)
    for ask in (lambda query: client.ask(f"/api/v1/events?{query}"), client.feed):
        assert ask(f"limit=5&cursor={cursor(table.stamps[500])}").ids == ids[501:506]
        assert ask(f"limit=5&cursor={cursor(table.stamps[500], ALL_F_ID)}").ids == ids[500:505]
        assert ask(f"limit=5&cursor={cursor(NEWEST + 1)}").ids == ids[:5]


def test_below_the_oldest_row_there_is_an_empty_last_page() -> None:
    page = Client().ask(f"/api/v1/events?cursor={cursor(OLDEST)}").json
    assert (page["data"], page["pagination"]["hasMore"], page["meta"]["returned"]) == ([], False, 0)


@pytest.mark.parametrize(
    ("teapot", "below", "above"), [("none", 200, 200), ("below", 418, 200), ("outside", 418, 418)]
)
def test_a_world_may_answer_418_outside_its_range(teapot: str, below: int, above: int) -> None:
    client = Client(teapot=teapot)
    assert client.ask(f"/api/v1/events?cursor={cursor(OLDEST - 1)}").status == below
    assert client.ask(f"/api/v1/events?cursor={cursor(NEWEST + 1)}").status == above


@pytest.mark.parametrize("density", ["ties", "gaps", "uneven"])
def test_the_range_of_a_world_is_that_of_its_rows(density: str) -> None:
    client = Client(teapot="outside", density=density)
    newest, oldest = client.table.stamps[0], client.table.stamps[-1]
    ends = (newest, oldest, oldest - 1, newest + 1)
    told = [client.ask(f"/api/v1/events?cursor={cursor(at)}").status for at in ends]
    assert told == [200, 200, 418, 418]


def test_since_is_inclusive_and_until_exclusive() -> None:
    client, ids = Client(), truth()
    table, _ = data(1_000)
    newer, older = table.stamps[200], table.stamps[210]
    page = client.feed(f"since={older}&until={newer}")
    assert page.ids == ids[201:211]
    assert (page.json["pagination"]["hasMore"], page.json["meta"]["total"]) == (False, 1_000)


def test_a_range_goes_together_with_a_cursor() -> None:
    client, ids = Client(), truth()
    table, _ = data(1_000)
    since, until = table.stamps[210], table.stamps[200]
    first = client.feed(f"since={since}&until={until}&limit=4")
    second = client.feed(f"since={since}&until={until}&limit=40&cursor={first.json['pagination']['nextCursor']}")
    assert first.ids + second.ids == ids[201:211]


@pytest.mark.parametrize(
    ("switches", "low", "high", "total"),
    [
        ({"since_inclusive": False}, 201, 210, 1_000),
        ({"until_inclusive": True}, 200, 211, 1_000),
        ({"filtered_total": True}, 201, 211, 10),
    ],
)
def test_a_world_may_mean_ranges_otherwise(switches: dict[str, object], low: int, high: int, total: int) -> None:
    table, _ = data(1_000)
    page = Client(**switches).feed(f"since={table.stamps[210]}&until={table.stamps[200]}")
    assert (page.ids, page.json["meta"]["total"]) == (truth()[low:high], total)


def test_events_ignore_ranges_types_and_offsets_unless_the_world_says_otherwise() -> None:
    query = f"limit=50&since={NEWEST}&type=click&offset=7"
    assert Client().ask(f"/api/v1/events?{query}").ids == truth()[:50]
    assert Client(ranges_on_events=True).ask(f"/api/v1/events?{query}").ids == truth()[:1]
    assert Client(offset_honoured=True).ask(f"/api/v1/events?{query}").ids == truth()[7:57]
    filtered = Client(type_filters=True).ask(f"/api/v1/events?{query}").json["data"]
    assert {row["type"] for row in filtered} == {"click"}
    assert len(filtered) == 50


def test_a_session_filters_events() -> None:
    client = Client(limits=False)
    for session in client.ask("/api/v1/sessions").json["data"]:
        page = client.ask(f"/api/v1/events?limit=1000&sessionId={session['id']}").json
        assert len(page["data"]) == page["meta"]["total"] == session["eventCount"]
        assert {row["sessionId"] for row in page["data"]} == {session["id"]}


def test_sessions_are_paged_and_their_counts_add_up() -> None:
    client, sessions, query = Client(20_000, limits=False), [], "limit=150"
    while query:
        page = client.ask(f"/api/v1/sessions?{query}").json
        sessions += page["data"]
        following = page["pagination"]["nextCursor"]
        query = f"limit=150&cursor={following}" if following else ""
    assert len({session["id"] for session in sessions}) == page["meta"]["total"] == 400
    assert sum(session["eventCount"] for session in sessions) == 20_000
    assert sessions == sorted(sessions, key=lambda session: session["startedAt"], reverse=True)


def test_one_session_tells_its_count_again() -> None:
    client = Client()
    first = client.ask("/api/v1/sessions?limit=1").json["data"][0]
    assert client.ask(f"/api/v1/sessions/{first['id']}").json == first | {"_count": {"events": first["eventCount"]}}
    assert client.ask("/api/v1/sessions/none").status == 404


def test_one_event_is_found_by_id() -> None:
    client = Client()
    event = client.ask(f"/api/v1/events/{truth()[77]}")
    assert (event.json["id"], event.headers["X-RateLimit-Remaining"]) == (truth()[77], "9")


def test_bulk_gives_events_and_names_what_is_missing() -> None:
    client, wanted = Client(), [truth()[5], "nobody", truth()[900]]
    heard = client.ask("/api/v1/events/bulk", method="POST", body=json.dumps({"ids": wanted}).encode())
    assert (heard.ids, heard.json["missing"]) == ([wanted[0], wanted[2]], ["nobody"])
    assert heard.headers["X-RateLimit-Limit"] == "20"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"ids":"a"}'])
def test_bulk_wants_ids(body: bytes) -> None:
    heard = Client().ask("/api/v1/events/bulk", method="POST", body=body)
    assert (heard.status, heard.json["code"]) == (400, "INVALID_BODY")
    assert heard.json["message"] == 'Request body must contain an "ids" array'


def test_bulk_may_be_broken() -> None:
    body = json.dumps({"ids": truth()[:2]}).encode()
    assert Client(bulk_broken=True).ask("/api/v1/events/bulk", method="POST", body=body).status == 500


@pytest.mark.parametrize(
    ("key", "target", "status"),
    [
        (None, "/api/v1/events", 401),
        ("ds_wrong", "/api/v1/events", 401),
        (None, f"/api/v1/events?api_key={KEY}", 200),
        (None, f"/api/v1/events?apiKey={KEY}", 401),
        (None, "/internal/stats", 401),
        (None, "/internal/health", 200),
        (None, "/api/v1", 200),
        (None, "/health", 200),
        (None, "/api/v1/nothing", 404),
    ],
)
def test_keys_are_wanted_where_they_are_wanted(key: str | None, target: str, status: int) -> None:
    assert Client().ask(target, key=key).status == status


def test_header_and_query_keys_have_pools_of_their_own() -> None:
    client = Client()
    by_header = client.ask("/api/v1/events?limit=1")
    by_query = client.ask(f"/api/v1/events?limit=2&api_key={KEY}", key=None)
    assert [heard.headers["X-RateLimit-Limit"] for heard in (by_header, by_query)] == ["10", "5"]
    assert [heard.headers["X-RateLimit-Remaining"] for heard in (by_header, by_query)] == ["9", "4"]


def test_header_and_query_keys_may_share_a_pool() -> None:
    client = Client(query_shares_header=True)
    client.ask("/api/v1/events?limit=1")
    assert client.ask(f"/api/v1/events?limit=2&api_key={KEY}", key=None).headers["X-RateLimit-Remaining"] == "8"


def test_the_clock_of_a_key_starts_with_its_first_call() -> None:
    client = Client(key_life=100)
    assert client.ask("/api/v1", at=50, key=None).status == 200
    assert client.ask("/api/v1/events", at=60).status == 200
    assert client.ask("/api/v1/sessions", at=159).status == 200
    late = client.ask("/api/v1/sessions", at=160)
    assert (late.status, late.json["code"]) == (401, "API_KEY_EXPIRED")


def test_the_feed_has_a_hidden_pool_whose_refusal_speaks() -> None:
    client = Client(feed_limit=3)
    token = client.token()["token"]
    assert [client.feed(at=n, token=token).status for n in range(3)] == [200] * 3
    refused = client.feed(at=10, token=token)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "290")
    assert refused.json["rateLimit"] == {"limit": 3, "remaining": 0, "reset": 290, "retryAfter": 290}
    assert not [name for name in refused.headers if name.startswith("X-RateLimit")]


def test_pools_do_not_touch_each_other() -> None:
    client = Client()
    for _ in range(11):
        client.ask("/api/v1/events/none")
    assert client.ask("/api/v1/events/none").status == 429
    assert client.ask("/api/v1/sessions").headers["X-RateLimit-Remaining"] == "39"
    assert client.ask("/api/v1/metrics").headers["X-RateLimit-Remaining"] == "29"
    assert client.feed().status == 200


def test_head_counts_and_says_how_long_the_page_would_be() -> None:
    client = Client()
    head = client.ask("/api/v1/events", method="HEAD")
    assert (head.headers["X-RateLimit-Remaining"], "X-Cache" in head.headers) == ("9", False)
    page = client.ask("/api/v1/events")
    assert head.headers["Content-Length"] == page.headers["Content-Length"]
    assert page.headers["X-RateLimit-Remaining"] == "8"


def test_an_answer_is_kept_for_30_seconds_and_costs_nothing_again() -> None:
    client = Client()
    first, again = client.ask("/api/v1/events"), client.ask("/api/v1/events", at=10)
    assert (again.headers["X-Cache"], again.headers["X-Cache-TTL"], again.headers["X-RateLimit-Remaining"]) == (
        "HIT",
        "20",
        "9",
    )
    assert again.body == first.body
    assert client.ask("/api/v1/events", at=31).headers["X-Cache"] == "MISS"


def test_a_kept_answer_is_given_even_when_the_budget_is_spent() -> None:
    client = Client()
    client.ask("/api/v1/events?limit=7")
    for _ in range(10):
        client.ask("/api/v1/events/none")
    assert client.ask("/api/v1/events?limit=7").status == 200
    assert client.ask("/api/v1/events?limit=8").status == 429


def test_kept_answers_may_count() -> None:
    client = Client(hits_count=True)
    client.ask("/api/v1/events")
    assert client.ask("/api/v1/events").headers["X-RateLimit-Remaining"] == "8"


def test_the_feed_is_never_kept() -> None:
    client = Client()
    token = client.token()["token"]
    assert client.feed(token=token).json["meta"] != client.feed(token=token).json["meta"]


def test_stream_access_wants_a_browser() -> None:
    refused = Client().ask("/internal/dashboard/stream-access", method="POST", user_agent="python")
    assert (refused.status, refused.json["code"]) == (403, "DASHBOARD_REQUIRED")
    assert refused.json["message"] == "This endpoint requires dashboard access"


@pytest.mark.parametrize(
    ("wanted", "headers"),
    [
        ("origin", {"origin": "http://x"}),
        ("referer", {"referer": "http://x/"}),
        ("cookie", {"cookie": f"a=b; dashboard_api_key={KEY}"}),
        ("requested-with", {"x_requested_with": "XMLHttpRequest"}),
        ("dashboard-session", {"x_dashboard_session": "true"}),
        ("user-agent,origin", {"origin": "http://x", "user_agent": BROWSER}),
    ],
)
def test_a_world_may_want_something_else(wanted: str, headers: dict[str, str]) -> None:
    client = Client(stream_access_wants=wanted)
    target = "/internal/dashboard/stream-access"
    assert client.ask(target, method="POST").status == 403
    assert client.ask(target, method="POST", **headers).status == 200


def test_a_token_lives_300_seconds_and_a_new_one_does_not_end_it() -> None:
    client = Client()
    access = client.token()
    assert access["expiresIn"] == 300
    client.token(at=10)
    assert client.feed(at=299, token=access["token"]).status == 200
    dead = client.feed(at=300, token=access["token"])
    assert (dead.status, dead.json["code"]) == (403, "INVALID_STREAM_TOKEN")
    assert client.feed(token="").status == 403


def test_a_new_token_may_end_the_older_one() -> None:
    client = Client(token_cancels_older=True)
    first = client.token()["token"]
    client.token()
    assert client.feed(token=first).status == 403


def test_time_runs_faster_in_a_faster_world() -> None:
    client = Client(speed=7)
    page = client.ask("/api/v1/events")
    assert (page.headers["X-RateLimit-Reset"], page.headers["X-Cache-TTL"]) == ("9", "5")
    assert page.json["pagination"]["cursorExpiresIn"] == 17
    assert client.token()["expiresIn"] == 42
    assert page.answer.latency == pytest.approx(3.1 / 7)


def test_a_page_takes_its_time_and_everything_else_none() -> None:
    client = Client(20_000)
    assert client.ask("/api/v1/events").answer.latency == 3.1
    feed = client.feed("limit=5000").answer
    assert (feed.latency, feed.shared_rows) == (3.5, 5_000)
    for target in ("/api/v1/sessions", "/api/v1/metrics", "/api/v1/nothing", "/api/v1/events/none"):
        assert client.ask(target).answer.latency == 0
    quiet = Client(latency=False).ask("/api/v1/events").answer
    assert (quiet.latency, quiet.shared_rows) == (0, 0)


def test_totals_may_disagree() -> None:
    client = Client(total_extra=3, stats_extra=-2)
    assert client.ask("/api/v1/events").json["meta"]["total"] == 1_003
    assert client.ask("/internal/stats").json["counts"]["events"] == 998


def test_an_outage_counts_from_the_first_keyed_call() -> None:
    client = Client(outage_after=30, outage_for=20)
    client.ask("/api/v1", at=5, key=None)
    client.ask("/api/v1/events", at=10)
    statuses = [client.ask("/api/v1/sessions", at=at).status for at in (39, 40, 59, 60)]
    assert statuses == [200, 503, 503, 200]


def test_an_outage_may_come_again_and_again() -> None:
    client = Client(outage_after=10, outage_for=5, outage_every=30)
    client.ask("/api/v1/events", at=0)
    statuses = [client.ask("/api/v1/sessions", at=at).status for at in (9, 10, 14, 15, 39, 40, 44, 45, 70)]
    assert statuses == [200, 503, 503, 200, 200, 503, 503, 200, 503]


def test_all_tokens_may_die_every_other_moment_whatever_was_told_of_their_lives() -> None:
    client = Client(tokens_die_every=20, token_life=300)
    first = client.token(at=5)["token"]
    second = client.token(at=19)["token"]
    assert [client.feed(token=first, at=at).status for at in (18, 19.5, 25, 26)] == [200, 200, 403, 403]
    assert client.feed(token=second, at=25).status == 403
