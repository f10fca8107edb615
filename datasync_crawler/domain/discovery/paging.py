"""Where an answer speaks of its paging: told from types and relations to the rows, names only break ties."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from datasync_crawler.domain.cursor import anatomy
from datasync_crawler.domain.discovery.leaves import Leaf, leaves, named
from datasync_crawler.domain.discovery.onward import find_onward, is_address
from datasync_crawler.domain.links import Parameters
from datasync_crawler.domain.profile import CursorShape, Path, RowShape
from datasync_crawler.domain.texts import truth, whole
from datasync_crawler.domain.times import Moment, read_time

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_LIFE = 7 * 86_400
_NEARLY = 0.9
_COUNTING = ("total", "count", "limit", "size", "per", "take", "returned", "hits", "matched", "records", "length")


@dataclass(frozen=True, slots=True)
class Paging:
    """Paths of what was found; ``anatomy`` is how the cursor can be made, None where that is not to be seen.

    ``onward`` are the parameters, with their values, by which the address of the next page says where that begins,
    ``mentioned`` all that it names beside those that were sent.
    """

    has_more: Path | None = None
    next_cursor: Path | None = None
    cursor_life: Path | None = None
    total: Path | None = None
    returned: Path | None = None
    limit: Path | None = None
    anatomy: CursorShape | None = None
    onward: Parameters = ()
    mentioned: tuple[str, ...] = ()

    @property
    def next_link(self) -> tuple[str, ...]:
        """The names of the parameters that count: one alone where a cursor of our own can take its place."""
        return tuple(name for name, _ in self.onward)

    def told_in(self, shape: RowShape) -> RowShape:
        """The shape of an answer whose paging stands where this says."""
        return msgspec.structs.replace(
            shape,
            has_more=self.has_more,
            next_cursor=self.next_cursor,
            cursor_life=self.cursor_life,
            total=self.total,
            returned=self.returned,
            limit=self.limit,
            next_link=self.next_link,
        )


@dataclass(frozen=True, slots=True)
class PageEdge:
    """What the paging is held against: number of rows, last row's id and time (with its resolution), wall time.

    ``url`` is the address that was asked, ``linked`` the next page's by the answer's ``Link`` header.
    """

    rows: int
    last_id: str
    last_time: Moment | None
    at: float
    url: str = ""
    linked: str | None = None


def read_paging(document: Any, edge: PageEdge) -> Paging:
    """The members of an answer's paging, as paths."""
    found = [leaf for leaf in leaves(document) if leaf.path]
    onward = find_onward(found, edge.url, edge.linked)
    cursor = _cursor([leaf for leaf in found if not is_address(leaf.value)], edge) if onward is None else None
    position, shape = _made_first(onward.position, edge) if onward else ((), _anatomy(cursor, edge))
    path = onward.path if onward else _path(cursor)
    counts = list(_counts(found, path))
    limit, returned = _limit_and_returned(counts, edge.rows)
    taken = {leaf.path for leaf in (limit, returned) if leaf}
    return Paging(
        has_more=_path(_has_more(found, path)),
        next_cursor=path,
        cursor_life=_path(_life(found, taken)),
        total=_path(_total([leaf for leaf in counts if leaf.path not in taken], edge.rows)),
        returned=_path(returned),
        limit=_path(limit),
        anatomy=shape,
        onward=position,
        mentioned=onward.names if onward else (),
    )


def _made_first(position: Parameters, edge: PageEdge) -> tuple[Parameters, CursorShape | None]:
    """What counts of an address: one parameter with a cursor that can be made, alone, or else all of them."""
    for name, value in position:
        shape = _anatomy(Leaf((name,), value), edge)
        if shape is not None:
            return ((name, value),), shape
    return position, None


def _cursor(found: Sequence[Leaf], edge: PageEdge) -> Leaf | None:
    texts = [leaf for leaf in found if isinstance(leaf.value, str) and leaf.value and truth(leaf.value) is None]
    made = next((leaf for leaf in texts if _anatomy(leaf, edge)), None)
    speaking = [leaf for leaf in texts if named(leaf, "cursor", "next", "continuation", "after", "marker", "token")]
    strangers = [leaf for leaf in speaking if leaf.value == edge.last_id or not _UUID.fullmatch(leaf.value)]
    return made or _best(strangers, "cursor", "next")


def _anatomy(leaf: Leaf | None, edge: PageEdge) -> CursorShape | None:
    if leaf is None or edge.last_time is None:
        return None
    return anatomy(leaf.value, edge.last_id, edge.last_time.micros, edge.at, edge.last_time.unit)


def _has_more(found: Sequence[Leaf], cursor: Path | None) -> Leaf | None:
    flags = [leaf for leaf in found if truth(leaf.value) is not None and named(leaf, "more", "next")]
    if flags or cursor is None:
        return _best(flags, "more")
    beside = [leaf for leaf in found if truth(leaf.value) is not None and leaf.path[:-1] == cursor[:-1]]
    return beside[0] if len(beside) == 1 and truth(beside[0].value) else None


def _life(found: Iterable[Leaf], taken: set[Path]) -> Leaf | None:
    spans = [(leaf, leaf.value if isinstance(leaf.value, float) else whole(leaf.value)) for leaf in found]
    short = [leaf for leaf, life in spans if life is not None and 0 < life <= _LONGEST_LIFE and leaf.path not in taken]
    return _first(short, lambda leaf: named(leaf, "expir", "ttl", "life", "valid"))


def _counts(found: Iterable[Leaf], cursor: Path | None) -> Iterator[Leaf]:
    """Whole numbers; those written as texts only where their name says that they count, as a cursor may be one."""
    for leaf in found:
        if type(leaf.value) is int:
            yield leaf
        elif (number := whole(leaf.value)) is not None and leaf.path != cursor and named(leaf, *_COUNTING):
            yield leaf._replace(value=number)


def _limit_and_returned(counts: Sequence[Leaf], rows: int) -> tuple[Leaf | None, Leaf | None]:
    speaking = [leaf for leaf in counts if named(leaf, "limit", "size", "per", "take")]
    limit = _first(speaking, lambda leaf: leaf.value >= rows)
    equal = [leaf for leaf in counts if leaf.value == rows and leaf is not limit and not named(leaf, "total", "page")]
    return limit, _best(equal, "returned", "count", "length", "items")


def _total(counts: Sequence[Leaf], rows: int) -> Leaf | None:
    possible = [leaf for leaf in counts if leaf.value >= rows and read_time(leaf.value) is None]
    # A page of all rows may repeat some of them, and what it tells of the whole be a little less than is there.
    nearly = [leaf for leaf in counts if rows * _NEARLY <= leaf.value < rows and not named(leaf, "page")]
    speaking = (
        [leaf for leaf in possible if named(leaf, "total")]
        or [leaf for leaf in nearly if named(leaf, "total")]
        or [leaf for leaf in possible if named(leaf, "count", "hits", "matched", "size", "records")]
    )
    beyond = [
        leaf for leaf in possible if leaf.value > rows and not named(leaf, "expir", "ttl", "life", "page", "offset")
    ]
    return max(speaking or beyond, key=lambda leaf: leaf.value, default=None)


def _best(candidates: Sequence[Leaf], *stems: str) -> Leaf | None:
    for stem in stems:
        match = _first(candidates, lambda leaf, stem=stem: named(leaf, stem))  # type: ignore[misc]
        if match:
            return match
    return candidates[0] if candidates else None


def _first(candidates: Iterable[Leaf], condition: Callable[[Leaf], bool]) -> Leaf | None:
    return next((leaf for leaf in candidates if condition(leaf)), None)


def _path(leaf: Leaf | None) -> Path | None:
    return leaf.path if leaf else None
