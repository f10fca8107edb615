"""Headers and bodies as the real service was recorded to send them, field by field."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.simulator.asking import BROWSER, Client

ANY_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
EXPRESS = [
    "Date",
    "Content-Type",
    "Content-Length",
    "Connection",
    "X-Powered-By",
    "Access-Control-Allow-Origin",
    "X-Request-ID",
]
BUDGET = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]
CACHE = ["X-Cache", "X-Cache-TTL"]
EVENT = {
    "id": str,
    "sessionId": str,
    "userId": str,
    "type": str,
    "name": str,
    "properties": {"page": str},
    "timestamp": int,
    "session": {"id": str, "deviceType": str, "browser": str},
}
SESSION = {
    "id": str,
    "userId": str,
    "user": {"id": str, "name": str, "email": str},
    "deviceType": str,
    "browser": str,
    "os": str,
    "ipAddress": str,
    "country": str,
    "city": str,
    "startedAt": str,
    "endedAt": str,
    "duration": int,
    "eventCount": int,
}
PAGINATION = {"limit": int, "hasMore": bool, "nextCursor": str, "cursorExpiresIn": int}
META = {"total": int, "returned": int, "requestId": str}
REFUSED = {"error": str, "message": str, "code": str}


def shape(value: Any) -> Any:
    """Names in their order and types of a JSON value; of a list, its first element."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value)


def same(found: Any, expected: Any) -> bool:
    return json.dumps(found, default=str) == json.dumps(expected, default=str)


@pytest.mark.parametrize(
    ("target", "method", "status", "names", "body"),
    [
        (
            "/api/v1",
            "GET",
            200,
            [],
            {
                "name": str,
                "version": str,
                "endpoints": {"events": str, "sessions": str, "metrics": str},
                "authentication": {"method": str, "header": str},
            },
        ),
        (
            "/api/v1/events?limit=10",
            "GET",
            200,
            BUDGET + CACHE,
            {"data": [EVENT], "pagination": PAGINATION, "meta": META},
        ),
        ("/api/v1/sessions", "GET", 200, BUDGET + CACHE, {"data": [SESSION], "pagination": PAGINATION, "meta": META}),
        (
            "/api/v1/metrics",
            "GET",
            200,
            BUDGET + CACHE,
            {
                "data": [],
                "pagination": PAGINATION | {"nextCursor": type(None), "cursorExpiresIn": type(None)},
                "meta": META,
            },
        ),
        ("/api/v1/events/export", "GET", 404, BUDGET, REFUSED),
        ("/api/v1/export", "GET", 404, [], REFUSED),
        (
            "/internal/dashboard/stream-access",
            "POST",
            200,
            [],
            {
                "streamAccess": {"endpoint": str, "token": str, "expiresIn": int, "tokenHeader": str},
                "meta": {"generatedAt": str, "note": str},
            },
        ),
        (
            "/internal/stats",
            "GET",
            200,
            [],
            {
                "counts": {"users": int, "sessions": int, "events": int, "metrics": int},
                "distributions": {
                    "eventTypes": [{"type": str, "count": int}],
                    "deviceTypes": [{"type": str, "count": int}],
                },
                "meta": {"generatedAt": str},
                "cache": {
                    "status": str,
                    "ttl": int,
                    "redis": {"keys": int, "memory": str, "hitRate": str},
                },
            },
        ),
    ],
    ids=["root", "events", "sessions", "metrics", "event", "unknown", "stream-access", "stats"],
)
def test_an_answer_has_the_recorded_headers_and_shape(
    target: str, method: str, status: int, names: list[str], body: Any
) -> None:
    heard = Client(20_000).ask(target, method=method, user_agent=BROWSER)
    assert (heard.status, list(heard.headers)) == (status, [*EXPRESS, *names, "ETag"])
    assert same(shape(heard.json), body)


def test_values_of_headers_look_as_recorded() -> None:
    heard = Client().ask("/api/v1/events?limit=10")
    patterns = {
        "Date": r"\w{3}, \d\d \w{3} 20\d\d \d\d:\d\d:\d\d GMT",
        "Content-Type": r"application/json; charset=utf-8",
        "Content-Length": str(len(heard.body)),
        "Connection": "keep-alive",
        "X-Powered-By": "Express",
        "Access-Control-Allow-Origin": r"\*",
        "X-Request-ID": ANY_UUID,
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": "9",
        "X-RateLimit-Reset": "60",
        "X-Cache": "MISS",
        "X-Cache-TTL": "30",
        "ETag": rf'W/"{len(heard.body):x}-[A-Za-z0-9+/]{{27}}"',
    }
    assert {name for name, value in heard.headers.items() if not re.fullmatch(patterns[name], value)} == set()
    assert heard.headers["X-Request-ID"] == heard.json["meta"]["requestId"]


def test_a_page_is_written_compactly_and_about_as_long_as_the_recorded_one() -> None:
    heard = Client(20_000).ask("/api/v1/events?limit=5000")
    assert len(heard.body) == pytest.approx(1_732_547, rel=0.002)
    assert heard.body.startswith(b'{"data":[{"id":"')
    feed = Client(20_000).feed("limit=5000")
    assert len(feed.body) == pytest.approx(1_689_218, rel=0.002)


def test_known_sentences_are_known_by_heart() -> None:
    client = Client()
    assert client.ask("/api/v1").body == (
        b'{"name":"DataSync Analytics API","version":"v1","endpoints":{"events":"/api/v1/events","sessions":'
        b'"/api/v1/sessions","metrics":"/api/v1/metrics"},"authentication":{"method":"API Key","header":"X-API-Key"}}'
    )
    missing = client.ask("/api/v1/events/export")
    assert missing.body == (
        b'{"error":"Not Found","message":"Event with id \'export\' not found","code":"EVENT_NOT_FOUND"}'
    )
    assert missing.headers["ETag"] == 'W/"5b-9m7YQuMfNX8QxKhe7qrruiyuU0o"'
    assert client.ask("/api/v1/jobs").json["message"] == "The requested endpoint does not exist"


def test_the_balancer_speaks_for_itself() -> None:
    heard = Client().ask("/api/v1/events", method="OPTIONS")
    assert heard.status == 504
    assert list(heard.headers) == ["Date", "Server", "Content-Type", "Content-Length", "Connection"]
    assert heard.headers["Server"] == "awselb/2.0"
    assert b"504 Gateway Time-out" in heard.body


def test_a_refusal_of_an_announced_pool_says_everything_twice() -> None:
    client = Client()
    for n in range(10):
        client.ask("/api/v1/events/none", at=n)
    heard = client.ask("/api/v1/events/none", at=14)
    assert (heard.status, list(heard.headers)) == (429, [*EXPRESS, *BUDGET, "Retry-After", "ETag"])
    assert [heard.headers[name] for name in (*BUDGET, "Retry-After")] == ["10", "0", "46", "46"]
    assert heard.body == (
        b'{"error":"Too Many Requests","message":"Rate limit exceeded. Try again in 46 seconds.",'
        b'"code":"RATE_LIMIT_EXCEEDED","rateLimit":{"limit":10,"remaining":0,"reset":46,"retryAfter":46}}'
    )
    assert len(heard.body) == 182
