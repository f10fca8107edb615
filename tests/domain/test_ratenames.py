from __future__ import annotations

import pytest

from datasync_crawler.domain.ratelimit import RateWord, read_rate, refuses, speaks_of_rates

NOW = 1_771_533_501.0


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({"X-Throttle-Limit": "10", "X-Throttle-Left": "6", "X-Throttle-Reset-In": "60"}, RateWord(10, 6, 60)),
        (
            {"X-Api-Quota": "40", "X-Api-Quota-Remaining": "39", "X-Api-Quota-Window": "60"},
            RateWord(40, 39, window=60),
        ),
        ({"Quota-Used": "3", "Quota-Limit": "10"}, RateWord()),
        ({"X-RateLimit-Used": "3", "X-RateLimit-Limit": "10"}, RateWord(10, 7)),
        ({"X-Credits-Used": "3", "X-Credits-Remaining": "7"}, RateWord(10, 7)),
        ({"X-Limit": "10", "X-Limit-Remaining": "4"}, RateWord(10, 4)),
        ({"X-Request-Budget": "10", "X-Request-Budget-Available": "4"}, RateWord(10, 4)),
        ({"X-RateLimit-Retry-After": "7"}, RateWord(retry_after=7)),
    ],
)
def test_a_budget_is_known_by_what_its_headers_tell_whatever_it_is_called(
    headers: dict[str, str], word: RateWord
) -> None:
    assert read_rate(headers, NOW) == word
    assert read_rate({name.upper(): value for name, value in headers.items()}, NOW) == word


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Page-Limit": "100", "X-Page-Remaining": "4"},
        {"X-Pagination-Max": "5000", "X-Pagination-Remaining": "100", "X-Pagination-Used": "3"},
        {"X-Stock-Limit": "100", "X-Stock-Remaining": "2900"},
        {"X-Upload-Limit": "100"},
        {"X-Records-Limit": "5000", "X-Records-Remaining": "0"},
        {"Content-Length": "100", "Cache-Control": "max-age=3", "Accept-Ranges": "bytes", "X-Cache-TTL": "30"},
    ],
)
def test_what_is_about_pages_or_does_not_add_up_is_no_budget(headers: dict[str, str]) -> None:
    assert read_rate(headers, NOW) == RateWord()


@pytest.mark.parametrize("status", [420, 429, 509])
def test_statuses_that_mean_too_many_calls_refuse_without_a_word(status: int) -> None:
    assert refuses(status, RateWord(), b"")


@pytest.mark.parametrize("status", [403, 503])
def test_other_statuses_refuse_when_they_say_so(status: int) -> None:
    assert refuses(status, RateWord(), b'{"message": "API rate limit exceeded"}')
    assert refuses(status, RateWord(), b"Too many requests, slow down")
    assert refuses(status, RateWord(10, 0, retry_after=9), b"")
    assert not refuses(status, RateWord(10, 0), b'{"code": "INVALID_STREAM_TOKEN"}')
    assert not refuses(status, RateWord(10, 4, retry_after=9), b"maintenance")


@pytest.mark.parametrize("status", [200, 400, 401, 404, 500])
def test_statuses_that_never_refuse_for_a_budget(status: int) -> None:
    assert not refuses(status, RateWord(10, 0, retry_after=9), b"rate limit of 10 exceeded")


def test_a_page_is_no_word_about_rates() -> None:
    assert not speaks_of_rates(b'{"data": [' + b'{"name": "quota"},' * 500 + b"{}]}")
    assert not speaks_of_rates(b'{"error": "limit must be at most 100"}')


def test_a_budget_that_is_named_so_speaks_before_any_other() -> None:
    named = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "90"}
    assert read_rate(named | {"X-Stock-Limit": "7", "X-Stock-Remaining": "0"}, NOW) == RateWord(100, 90)
