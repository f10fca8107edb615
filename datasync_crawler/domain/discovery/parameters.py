"""What a query parameter is for, told from its name's words: the one place where names must do.

Every part given here is held against an answer before it is relied on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from datasync_crawler.domain.discovery.leaves import words

_LIMIT = ("limit", "size", "count", "take", "per", "top", "max", "rows", "n", "first")
_CURSOR = ("cursor", "continuation", "marker", "pagetoken", "token", "next", "after")
_SINCE = ("since", "from", "start", "begin", "gte", "gt", "min", "after")
_OFFSET = ("offset", "skip", "start")
_PAGE = frozenset({"page", "number", "no", "num", "index"})
_UNTIL = ("until", "to", "end", "before", "lte", "lt", "max")
_TIMES = frozenset({"time", "timestamp", "ts", "date", "datetime", "at", "day"})


@dataclass(frozen=True, slots=True)
class Roles:
    """Which parameter sets the page size, the position, the ends in time, and the number of a row or of a page."""

    limit: str | None = None
    cursor: str | None = None
    since: str | None = None
    until: str | None = None
    offset: str | None = None
    page: str | None = None

    def or_else(self, other: Roles) -> Roles:
        """These parts, those missing taken from the other."""
        return Roles(
            self.limit or other.limit,
            self.cursor or other.cursor,
            self.since or other.since,
            self.until or other.until,
            self.offset or other.offset,
            self.page or other.page,
        )


def read_roles(names: Iterable[str]) -> Roles:
    """The part that each of an endpoint's parameters plays; no parameter plays two."""
    free = list(dict.fromkeys(names))
    cursor = _take(free, _CURSOR[:5]) or _take(free, _CURSOR[5:])
    # Beside ``start_time`` and ``end_time`` a ``start`` counts rows.
    since, until = _ends([name for name in free if words(name) & _TIMES]) or _ends(free) or (None, None)
    free = [name for name in free if name not in {since, until}]
    limit, offset = _take(free, _LIMIT), _take(free, _OFFSET)
    page = next((name for name in free if "page" in words(name) <= _PAGE or name.lower() == "p"), None)
    return Roles(limit, cursor, since, until, offset, page)


def _ends(names: list[str]) -> tuple[str, str] | None:
    """The two ends of a range: one alone is none."""
    free = [*names]
    since, until = _take(free, _SINCE), _take(free, _UNTIL)
    return None if since is None or until is None else (since, until)


def _take(free: list[str], stems: tuple[str, ...]) -> str | None:
    for stem in stems:
        for name in free:
            if stem in words(name) or name.lower() == stem:
                free.remove(name)
                return name
    return None
