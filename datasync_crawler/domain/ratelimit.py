"""What an answer says of the budget: rate-limit headers in all their dialects, and the body of a refusal.

Sources: the widespread ``X-RateLimit-*`` trio, draft-ietf-httpapi-ratelimit-headers (03: three fields, 08: structured
``RateLimit`` and ``RateLimit-Policy``), RFC 9110 for ``Retry-After``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_TRIO = re.compile(r"(?:x-)?rate-?limit-(limit|remaining|reset)(?:-(.*))?$")
_INTEGER = re.compile(r"\s*(\d{1,19}(?:\.\d+)?)(?!\d)")
_PARAMETER = re.compile(r"(?:^|[;,])\s*([a-z]+)\s*=\s*(\d+)")
_WAIT = re.compile(r"retry(?!.*(?:count|limit|max))|reset", re.IGNORECASE)
_THOUSANDTHS = re.compile(r"(?:_ms|Ms|[mM]illi(?:second)?s?)$")
_ABSURD = 1e19
_SPANS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}
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
    span, trio = _tightest(lower)
    structured = _parameters(lower.get("ratelimit", ""))
    policy = _parameters(lower.get("ratelimit-policy", "")) | _parameters(trio.get("limit", ""))
    return RateWord(
        limit=_whole(trio.get("limit")) or policy.get("q"),
        remaining=_whole(trio["remaining"]) if "remaining" in trio else structured.get("r"),
        reset=_distance(_number(trio["reset"]), now) if "reset" in trio else structured.get("t"),
        retry_after=read_retry_after(lower.get("retry-after"), now),
        window=policy.get("w") or _SPANS.get(span),
    )


def _server_time(date: str | None, now: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() if date else now
    except ValueError:
        return now


def _tightest(lower: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    trios: dict[str, dict[str, str]] = {}
    for name, value in lower.items():
        match = _TRIO.fullmatch(name)
        if match:
            trios.setdefault(match[2] or "", {})[match[1]] = value
    left = {span: _number(trio.get("remaining")) for span, trio in trios.items()}
    span = min(trios, key=lambda name: float("inf") if (calls := left[name]) is None else calls, default="")
    return span, trios.get(span, {})


def read_retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait from a ``Retry-After`` of seconds or of an HTTP date."""
    if value is None or _INTEGER.match(value):
        return _distance(_number(value), now)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


def read_refusal(body: bytes, now: float) -> float | None:
    """Seconds to wait as a refusal's JSON body tells them, under any name that speaks of retrying or resetting."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    told = (_distance(value / _divisor(name), now) for name, value in _numbers(document) if _WAIT.search(name))
    return max((seconds for seconds in told if seconds is not None), default=None)


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
