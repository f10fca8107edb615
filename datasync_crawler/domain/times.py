"""Times as services write them: epoch numbers of any magnitude, numeric strings, ISO 8601 with or without a zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

SECOND = 1_000_000
DAY = 86_400 * SECOND

EARLIEST, LATEST = 631_152_000, 4_102_444_800
"""Between these numbers of seconds (1990 and 2100) a number is taken for a time and not for a count or an id."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_NUMBER = re.compile(r"\d{9,19}(\.\d+)?")
_FRACTION = re.compile(r"[.,](\d+)")
_UNITS = ((1, SECOND), (1_000, 1_000), (1_000_000, 1), (1_000_000_000, 0))


class Moment(NamedTuple):
    """A point of time in microseconds since the epoch, and the resolution it was written with (microseconds)."""

    micros: int
    unit: int


def read_time(value: object) -> Moment | None:
    """The moment that a JSON value means, or None when it cannot be one; a naive ISO time is taken as UTC.

    Whatever lies outside of 1990 to 2100 is no time: neither a small number nor a date that stands for "none".

    >>> read_time(1769541612369)
    Moment(micros=1769541612369000, unit=1000)
    >>> read_time("2026-01-27T19:20:12Z")
    Moment(micros=1769541612000000, unit=1000000)
    """
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _read_whole(value)
    if isinstance(value, float):
        return _read_text(repr(value)) if value == value else None  # noqa: PLR0124 - NaN is not itself
    return None


@lru_cache(maxsize=64)
def read_http_date(value: str) -> float | None:
    """Seconds since the epoch from a header's date (RFC 9110), or None when it is none.

    Kept for a while: all answers of a second tell the same one, and reading it takes long.

    >>> read_http_date("Thu, 01 Jan 1970 00:01:00 GMT")
    60.0
    """
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None


def write_time(micros: int, unit: int) -> int:
    """The epoch number in steps of ``unit`` microseconds at or before ``micros``."""
    return micros // unit


def write_bound(micros: int, unit: int, *, iso: bool = False) -> str:
    """A bound for a filter at or before ``micros``: a number in steps of ``unit`` microseconds, or in ISO 8601 (UTC).

    >>> write_bound(1769541612369000, 1000), write_bound(1769541612369000, 1000, iso=True)
    ('1769541612369', '2026-01-27T19:20:12.369Z')
    """
    if not iso:
        return str(write_time(micros, unit))
    moment = _EPOCH + timedelta(microseconds=micros // unit * unit)
    precision = "seconds" if unit >= SECOND else "milliseconds" if unit >= 1000 else "microseconds"  # noqa: PLR2004
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def _read_whole(number: int) -> Moment | None:
    for per_second, unit in _UNITS:
        if EARLIEST * per_second <= number <= LATEST * per_second:
            return Moment(number * unit, unit) if unit else Moment(number // 1000, 1)
    return None


def _read_text(text: str) -> Moment | None:
    if not (text.isascii() and text.isprintable()):
        text = _INVISIBLE.sub("", text)
    text = text.strip()
    if text[4:5] == "-":
        return _read_iso(text)
    number = _NUMBER.fullmatch(text)
    if number:
        return _read_decimal(text) if number[1] else _read_whole(int(text))
    # Digits alone would pass for a date without hyphens.
    return None if text.isdigit() else _read_iso(text)


def _read_iso(text: str) -> Moment | None:
    try:
        moment = datetime.fromisoformat(text)
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    except (ValueError, OverflowError):
        return None
    seconds = since.days * 86_400 + since.seconds
    if not EARLIEST <= seconds <= LATEST:
        return None
    return Moment(seconds * SECOND + since.microseconds, _resolution(text))


def _resolution(text: str) -> int:
    if len(text) <= len("2026-01-27"):
        return DAY
    fraction = _FRACTION.search(text)
    return SECOND // 10 ** min(len(fraction[1]), 6) if fraction else SECOND


def _read_decimal(text: str) -> Moment | None:
    whole, _, fraction = text.partition(".")
    base = _read_whole(int(whole))
    if base is None:
        return None
    digits = min(len(fraction), 6)
    step = max(base.unit // 10**digits, 1)
    return Moment(base.micros + int(fraction[:digits]) * base.unit // 10**digits, step)
