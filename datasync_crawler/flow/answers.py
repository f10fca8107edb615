"""Answers as the flow sees them, without the framework that brought them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

from datasync_crawler.domain.addresses import REDIRECTS
from datasync_crawler.domain.ratelimit import read_rate, refuses


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
    MOVED = "moved"
    TRANSIENT = "transient"


_PAGES = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})
_MEANINGS = {
    400: Meaning.BAD_REQUEST,
    401: Meaning.UNAUTHORISED,
    403: Meaning.FORBIDDEN,
    404: Meaning.BAD_REQUEST,
    410: Meaning.BAD_REQUEST,
    416: Meaning.OUTSIDE,
    418: Meaning.OUTSIDE,
    422: Meaning.BAD_REQUEST,
}


BLAME = frozenset({Meaning.FORBIDDEN, Meaning.UNAUTHORISED})
"""Meanings that blame the key or the token."""


def meaning(answer: Answer) -> Meaning:
    """What an answer means for a page that was asked for; a status that is unknown may pass."""
    if answer.status in _PAGES:
        return Meaning.PAGE
    if refuses(answer.status, read_rate(answer.headers, 0.0), answer.body):
        return Meaning.REFUSED
    return Meaning.MOVED if answer.status in REDIRECTS else _MEANINGS.get(answer.status, Meaning.TRANSIENT)
