"""Builders of answers as services give them, for the questions that discovery asks of them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question, answered
from datasync_crawler.domain.discovery.listing import Listing, read_listing

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = 1_772_366_400.0
NEWEST_MS = 1_772_366_000_000


def event(index: int) -> dict[str, Any]:
    """The row at an index from the newest, a second older than the one before it."""
    return {"id": f"{index:08x}-0000-4000-8000-000000000000", "kind": "click", "timestamp": NEWEST_MS - 1000 * index}


def page(rows: Sequence[dict[str, Any]], *, total: int = 100_000, more: bool = True) -> dict[str, Any]:
    """A page with nested paging and a cursor that can be taken apart."""
    mark = {"id": rows[-1]["id"], "ts": rows[-1]["timestamp"], "exp": int(NOW * 1000) + 120_000} if rows else {}
    cursor = base64.b64encode(json.dumps(mark, separators=(",", ":")).encode()).decode()
    paging = {"limit": len(rows), "hasMore": more, "nextCursor": cursor if more else None, "cursorExpiresIn": 117}
    return {"data": list(rows), "pagination": paging, "meta": {"total": total, "returned": len(rows)}}


def events(first: int, count: int) -> list[dict[str, Any]]:
    """So many rows from an index on."""
    return [event(index) for index in range(first, first + count)]


def listing_of(document: Any) -> Listing:
    """A document read as a page; fails when it is none."""
    listing = read_listing(document, json.dumps(document).encode(), NOW)
    assert listing is not None
    return listing


def answer_to(probe: Probe, document: Any, *, status: int = 200, **headers: str) -> Answer:
    """The answer to a probe; header names have ``_`` for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answered(probe, status, named, json.dumps(document).encode(), 3.1, NOW)


def probe(question: Question = Question.ROWS, endpoint: str = "events", **more: Any) -> Probe:
    """A probe with the parts that no test looks at filled in."""
    values = {"pool": f"{endpoint}-header", "url": f"http://h/api/{endpoint}"} | more
    return Probe(question, endpoint, **values)
