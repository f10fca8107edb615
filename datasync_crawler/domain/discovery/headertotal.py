"""Headers that tell how many records a collection holds: told by their words, and held against the rows served."""

from __future__ import annotations

import re
from collections.abc import Mapping

from datasync_crawler.domain.discovery.leaves import words

_TOTAL, _COUNT = ("total",), ("count", "results", "records", "items", "hits")
# What such words also count: pages, calls, bytes and time.
_OTHERS = re.compile(
    r"page|rate|limit|quota|remain|request|quer|retr|call|byte|length|size|time|duration|second|cost|error|version",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(?!bytes\b)\S*\s*(?:\d+-\d+|\*)/(\d+)", re.IGNORECASE)


def header_total(headers: Mapping[str, str], rows: int) -> tuple[str, int] | None:
    """The name and the count of the header that tells the size of the collection; None where none does.

    A count that is not called total, and no more than the ``rows`` served, may be that of the page.
    """
    counts = [(name, int(value)) for name, value in headers.items() if value.strip().isdecimal()]
    named = [(name, count) for name, count in counts if not _OTHERS.search(name)]
    totals = [(name, count) for name, count in named if count >= rows and _speaks(name, _TOTAL)]
    others = [(name, count) for name, count in named if count > rows and _speaks(name, _COUNT)]
    return next(iter([*totals, *_ranges(headers, rows), *others]), None)


def _ranges(headers: Mapping[str, str], rows: int) -> list[tuple[str, int]]:
    """What ``Content-Range`` (RFC 9110) says of the whole, in any unit but bytes."""
    found = [(name, _RANGE.fullmatch(value.strip())) for name, value in headers.items() if "range" in name.lower()]
    return [(name, int(match[1])) for name, match in found if match and int(match[1]) >= rows]


def _speaks(name: str, stems: tuple[str, ...]) -> bool:
    return any(word.startswith(stems) for word in words(name))
