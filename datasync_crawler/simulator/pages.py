"""Pages of a list: which rows a query means, and how a page of them reads as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from datasync_crawler.simulator.cursors import Cursor, read_cursor
from datasync_crawler.simulator.world import World

Row = tuple[str, int]
"""Id and time (ms) of a row."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. Its JSON rows are made when asked for: a kept page holds no bytes."""

    items: Callable[[], bytes | memoryview]
    returned: int
    limit: int
    more: bool
    last: Row | None
    """The position that the next page begins below; None when there is nothing to point at."""
    total: int
    request_id: str
    asked_at: float
    """Seconds since 1970 at which the query began: a cursor's life counts from here."""
    low: int = 0
    high: int = 0
    """The rows of the event set that the page holds, when they stand side by side."""
    rows: Sequence[int] = ()
    """The rows of the event set that the page holds, when they do not."""
    first: Row | None = None
    """The position that the page itself begins below; None at the beginning of the list."""

    def pieces(self, world: World, told_at: float) -> list[bytes | memoryview]:
        """The JSON of the page as it is told at a moment."""
        cursor, seconds = None, None
        if self.more and self.last is not None:
            dies = self.asked_at + world.span(world.cursor_life)
            cursor = Cursor(self.last[0], self.last[1], int(dies * 1000)).issue(signing_secret(world))
            seconds = max(0, int(dies - told_at))
        pagination = {"limit": self.limit, "hasMore": self.more, "nextCursor": cursor, "cursorExpiresIn": seconds}
        meta = {"total": self.total, "returned": self.returned, "requestId": self.request_id}
        tail = f'],"pagination":{compact(pagination)},"meta":{compact(meta)}}}'
        return [b'{"data":[', self.items(), tail.encode()]


@dataclass(frozen=True, slots=True)
class Query:
    """What the parameters of a list ask for; what cannot be read counts as absent."""

    limit: int
    cursor: Cursor | None
    since: int | None
    until: int | None
    session: str | None
    kind: str | None
    offset: int

    @property
    def position(self) -> Row | None:
        """The position that the cursor points at."""
        return (self.cursor.id, self.cursor.stamp) if self.cursor else None

    @classmethod
    def read(cls, parameters: Mapping[str, str], world: World, now: float, *, default: int, cap: int) -> Query:
        """The query of a call. Raises CursorRefused."""
        limit = _integer(parameters.get("limit")) or default
        cursor = parameters.get("cursor")
        return cls(
            limit=min(limit, cap) if limit > 0 else default,
            cursor=_cursor(cursor, world, now) if cursor else None,
            since=_integer(parameters.get("since")),
            until=_integer(parameters.get("until")),
            session=parameters.get("sessionId") or None,
            kind=parameters.get("type") or None,
            offset=max(0, _integer(parameters.get("offset")) or 0),
        )


def compact(value: object) -> str:
    """JSON without spaces, as the service writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def signing_secret(world: World) -> str:
    """What cursors of a world are signed with; empty when they are not."""
    return f"cursor {world.seed}" if world.cursor_signed else ""


def _cursor(text: str, world: World, now: float) -> Cursor:
    return read_cursor(text, int(now * 1000), checked=world.cursor_checked, secret=signing_secret(world))


def _integer(text: str | None) -> int | None:
    try:
        return int(text) if text else None
    except ValueError:
        return None
