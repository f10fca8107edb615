from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasync_crawler.domain.ratelimit import RateWord, read_rate, read_refusal, read_retry_after

NOW = 1_771_533_501.0


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        (
            {"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "6", "X-RateLimit-Reset": "60"},
            RateWord(limit=10, remaining=6, reset=60),
        ),
        ({"x-rate-limit-limit": "10", "X-RATE-LIMIT-REMAINING": " 0"}, RateWord(limit=10, remaining=0)),
        ({"X-RateLimit-Reset": str(int(NOW) + 42)}, RateWord(reset=42)),
        ({"X-RateLimit-Reset": str((int(NOW) + 42) * 1000)}, RateWord(reset=42)),
        ({"X-RateLimit-Reset": str(int(NOW) - 42)}, RateWord(reset=0)),
        (
            {"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "7", "RateLimit-Reset": "5"},
            RateWord(limit=100, remaining=7, reset=5, window=60),
        ),
        (
            {"RateLimit": '"default";r=50;t=30', "RateLimit-Policy": '"default";q=100;w=60'},
            RateWord(limit=100, remaining=50, reset=30, window=60),
        ),
        ({"RateLimit-Policy": '"burst"; q=100; w=10', "RateLimit": '"burst"; r=0'}, RateWord(100, 0, window=10)),
        (
            {"X-RateLimit-Limit-Requests": "60", "X-RateLimit-Remaining-Requests": "59"},
            RateWord(limit=60, remaining=59),
        ),
        ({"Retry-After": "46"}, RateWord(retry_after=46)),
        ({"Content-Type": "text/html"}, RateWord()),
        ({"X-RateLimit-Limit": "unlimited", "X-RateLimit-Reset": ""}, RateWord()),
    ],
)
def test_every_dialect_is_read(headers: dict[str, str], word: RateWord) -> None:
    assert read_rate(headers, NOW) == word


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_budgets_the_one_with_fewest_calls_left_speaks(order: int) -> None:
    headers = {
        "X-RateLimit-Limit-Minute": "10",
        "X-RateLimit-Limit-Hour": "500",
        "X-RateLimit-Remaining-Minute": "9",
        "X-RateLimit-Remaining-Hour": "3",
    }
    word = read_rate(dict(list(headers.items())[::order]), NOW)
    assert word == RateWord(limit=500, remaining=3, window=3600)


def test_only_a_limit_is_an_announcement() -> None:
    assert RateWord(limit=10).announced
    assert not RateWord(remaining=3, reset=5, retry_after=5).announced


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("0", 0),
        ("46", 46),
        ("1.5", 1.5),
        ("Thu, 19 Feb 2026 20:39:21 GMT", 60),
        ("Thu, 19 Feb 2026 20:38:00 GMT", 0),
        (str(int(NOW) + 30), 30),
        ("9" * 400, None),
        (f"Thu, 01 Jan {'9' * 20} 00:00:00 GMT", None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert read_retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"code": "LIMIT", "rateLimit": {"limit": 10, "remaining": 0, "reset": 46, "retryAfter": 46}}, 46),
        ({"retry_after": 2.5}, 2.5),
        ({"retryAfterMs": 46_000}, 46),
        ({"retry_after_ms": 1500}, 1.5),
        ({"error": {"resetAt": int(NOW) + 10}}, 10),
        ({"error": {"resetAtMs": (int(NOW) + 10) * 1000}}, 10),
        ({"reset": int(NOW) - 10}, 0),
        ({"retryAfter": -4}, 0),
        ({"retryCount": 900, "retryAfter": 4}, 4),
        ({"retryable": True, "message": "slow down"}, None),
        ({"limit": 10}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_refusals_body_tells_the_wait_by_names_that_speak_of_it(body: Any, seconds: float | None) -> None:
    assert read_refusal(json.dumps(body).encode(), NOW) == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b'{"retryAfter": 4', b"[" * 100_000, b"9" * 5000])
def test_a_refusal_that_is_no_json_tells_nothing(body: bytes) -> None:
    assert read_refusal(body, NOW) is None


@pytest.mark.parametrize("number", ["Infinity", "NaN", "1e999", "9" * 400, "-Infinity"])
def test_no_number_of_a_body_is_absurd_enough_to_hang_on(number: str) -> None:
    body = f'{{"reset": {number}}}'.encode()
    call = f"from datasync_crawler.domain.ratelimit import read_refusal as read; print(read({body!r}, 0))"
    told = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, timeout=10, check=True)
    assert told.stdout == "None\n"


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["X-RateLimit-Limit", "RateLimit", "Retry-After", "X-RateLimit-Reset"]), st.text())
)
def test_no_header_is_ever_an_error(headers: dict[str, str]) -> None:
    word = read_rate(headers, NOW)
    assert word.reset is None or word.reset >= 0
    assert word.retry_after is None or word.retry_after >= 0


def test_points_of_time_are_held_against_the_servers_own_clock() -> None:
    ours = 1_772_366_400.9
    date = "Sun, 01 Mar 2026 12:00:00 GMT"
    headers = {"X-RateLimit-Limit": "10", "X-RateLimit-Reset": "1772366402", "Date": date}
    assert read_rate(headers, ours).reset == 2.0
    assert read_rate({"Retry-After": "Sun, 01 Mar 2026 12:00:03 GMT", "Date": date}, ours + 5).retry_after == 3.0
    assert read_rate(headers | {"Date": "noon"}, ours).reset == pytest.approx(1.1)
