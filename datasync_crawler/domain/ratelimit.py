"""What an answer says of the budget: rate-limit headers in all their dialects, and the body of a refusal.

Sources: the widespread ``X-RateLimit-*`` trio and its kin (see :mod:`~datasync_crawler.domain.ratenames`),
draft-ietf-httpapi-ratelimit-headers (03: three fields, 08: structured ``RateLimit`` and ``RateLimit-Policy``), RFC
9110 for ``Retry-After``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from datasync_crawler.domain.ratenames import SPANS, Family, families
from datasync_crawler.domain.times import read_http_date

_INTEGER = re.compile(r"\s*(\d{1,19}(?:\.\d+)?)(?!\d)")
_PARAMETER = re.compile(r"(?:^|[;,])\s*([a-z]+)\s*=\s*(\d+)")
_WAIT = re.compile(r"retry(?!.*(?:count|limit|max))|reset", re.IGNORECASE)
_THOUSANDTHS = re.compile(r"(?:_ms|Ms|[mM]illi(?:second)?s?)$")
_ABSURD = 1e19
_TOO_MANY, _PERHAPS = frozenset({420, 429, 509}), frozenset({402, 403, 503, 529})
_RATES = re.compile(rb"rate.?limit|too.?many.?(?:request|call)|throttl|quota|slow.?down", re.IGNORECASE)
_SHORT = 4096
# A reset above this number of seconds is a point of time and not a distance.
_EPOCH_FROM = 631_152_000


@dataclass(frozen=True, slots=True)
class RateWord:
    """What one answer tells: calls a window and left, seconds to the reset, to wait and of the window."""

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    retry_after: float | None = None
    window: float | None = None

    @property
    def announced(self) -> bool:
        """Whether the answer tells how many calls there are."""
        return self.limit is not None


def read_rate(headers: Mapping[str, str], now: float) -> RateWord:
    """Reads the headers (any case) of an answer that came at the wall time ``now`` (seconds).

    Where several budgets are told (one a minute, one an hour), the one with fewest calls left speaks. Points of time
    are the server's, so they are held against its own ``Date`` where it tells one.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    now = _server_time(lower.get("date"), now)
    family = _tightest(lower)
    told = family.told
    structured = _parameters(lower.get("ratelimit", ""))
    policy = _parameters(lower.get("ratelimit-policy", "")) | _parameters(told.get("limit", ""))
    limit, remaining = _counts(told)
    return RateWord(
        limit=limit or policy.get("q"),
        remaining=structured.get("r") if remaining is None else remaining,
        reset=_distance(_number(told["reset"]), now) if "reset" in told else structured.get("t"),
        retry_after=read_retry_after(_retry_after(lower), now),
        window=policy.get("w") or _number(told.get("window")) or SPANS.get(family.span),
    )


def _server_time(date: str | None, now: float) -> float:
    told = read_http_date(date) if date else None
    return now if told is None else told


def _retry_after(lower: Mapping[str, str]) -> str | None:
    return lower.get("retry-after") or next((v for name, v in lower.items() if name.endswith("-retry-after")), None)


def _tightest(lower: Mapping[str, str]) -> Family:
    """The budget with fewest calls left; more calls left than there are at all are no calls."""
    told = [(family, _counts(family.told)) for family in families(lower)]
    told = [pair for pair in told if pair[0].named] or told
    fit = [(family, left) for family, (limit, left) in told if limit is None or left is None or left <= limit]
    return min(fit, key=lambda pair: float("inf") if pair[1] is None else pair[1], default=(Family(()), None))[0]


def _counts(told: Mapping[str, str]) -> tuple[int | None, int | None]:
    """Calls a window and calls left; what is used up tells the one that is missing."""
    limit, remaining, used = (_whole(told.get(part)) for part in ("limit", "remaining", "used"))
    if used is not None and limit is None and remaining is not None:
        return used + remaining, remaining
    if used is not None and remaining is None and limit is not None:
        return limit, max(0, limit - used)
    return limit, remaining


def read_retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait from a ``Retry-After`` of seconds or of an HTTP date."""
    if value is None or _INTEGER.match(value):
        return _distance(_number(value), now)
    at = read_http_date(value)
    return None if at is None else max(0.0, at - now)


def read_refusal(body: bytes, now: float) -> float | None:
    """Seconds to wait as a refusal's JSON body tells them, under any name that speaks of retrying or resetting."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    told = (_distance(value / _divisor(name), now) for name, value in _numbers(document) if _WAIT.search(name))
    return max((seconds for seconds in told if seconds is not None), default=None)


def refuses(status: int, word: RateWord, body: bytes) -> bool:
    """Whether an answer refuses a call for its budget: by its status, or by another one with words to that effect.

    Services that have no 429 refuse with 403 or 503, as they do for other reasons too; those are told apart by a body
    that speaks of rates, or by a budget that is told to be empty until a given moment.
    """
    if status in _TOO_MANY:
        return True
    return status in _PERHAPS and (speaks_of_rates(body) or (word.remaining == 0 and word.retry_after is not None))


def speaks_of_rates(body: bytes) -> bool:
    """Whether a short body says that there were too many calls."""
    return len(body) <= _SHORT and bool(_RATES.search(body))


def _numbers(node: object, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _numbers(value, str(key))
    elif isinstance(node, (int, float)) and not isinstance(node, bool) and abs(node) < _ABSURD:
        yield name, float(node)


def _divisor(name: str) -> int:
    return 1000 if _THOUSANDTHS.search(name) else 1


def _parameters(value: str) -> dict[str, int]:
    return {name: int(number) for name, number in _PARAMETER.findall(value.lower())}


def _number(value: str | None) -> float | None:
    match = _INTEGER.match(value) if value else None
    return float(match[1]) if match else None


def _whole(value: str | None) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _distance(seconds: float | None, now: float) -> float | None:
    if seconds is None:
        return None
    while seconds > 100 * _EPOCH_FROM:
        seconds /= 1000
    return max(0.0, seconds - now if seconds > _EPOCH_FROM else seconds)
