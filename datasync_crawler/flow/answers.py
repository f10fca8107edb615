"""Answers as the flow sees them, without the framework that brought them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Meaning(Enum):
    """What a status asks of us."""

    PAGE = "page"
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    UNAUTHORISED = "unauthorised"
    BAD_REQUEST = "bad request"
    OUTSIDE = "outside"
    TRANSIENT = "transient"


_MEANINGS = {
    400: Meaning.BAD_REQUEST,
    401: Meaning.UNAUTHORISED,
    403: Meaning.FORBIDDEN,
    404: Meaning.BAD_REQUEST,
    410: Meaning.BAD_REQUEST,
    416: Meaning.OUTSIDE,
    418: Meaning.OUTSIDE,
    422: Meaning.BAD_REQUEST,
    429: Meaning.REFUSED,
}


def meaning(status: int) -> Meaning:
    """What a status means for a page that was asked for; anything unknown may pass."""
    return Meaning.PAGE if status == 200 else _MEANINGS.get(status, Meaning.TRANSIENT)  # noqa: PLR2004 - HTTP's own
