"""Pages of a list: which rows a query means, and how a page of them reads as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from datasync_crawler.simulator.cursors import Cursor, Mint
from datasync_crawler.simulator.instants import Bound, read_bound
from datasync_crawler.simulator.leading import Address, next_places
from datasync_crawler.simulator.names import placed
from datasync_crawler.simulator.world import World

Row = tuple[str, int]
"""Id and time (ms) of a row."""

_ROWS = "\x00rows\x00"


class LimitRefused(ValueError):
    """Raised when a query asks for more rows than the world allows and says so."""


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
    endpoint: str = ""
    """Who gives the page out, as bound cursors name it."""
    at: tuple[str, int] | None = None
    """Where the page stands, in lists that go on by offset or page: what that is called, and its number."""
    form: str = "json"
    """What the rows are written as: json (in a page) or ndjson and csv (bare)."""
    address: Address | None = None
    """What the page was asked at."""

    def pieces(self, world: World, told_at: float) -> list[bytes | memoryview]:
        """The page as it is told at a moment."""
        if self.form != "json":
            return [self.items()]
        if not world.names.rows_at:
            return [b"[", self.items(), b"]"]
        cursor, seconds = self.following(world, told_at)
        names, truth = world.names, world.truth
        more = {"truly": self.more, "always": True, "never": False}[truth.more_told]
        by_cursor = world.ways.paging == "cursor"
        folder = names.more_at.rpartition(".")[0]
        places: list[tuple[str, object]] = [
            (names.rows_at, _ROWS),
            (names.limit_at, self.limit),
            (".".join(filter(None, (folder, self.at[0]))) if self.at else "", self.at and self.at[1]),
            (names.more_at, more),
            *next_places(self, world, cursor),
            (names.life_at if by_cursor else "", seconds),
            (names.total_at if truth.total_told and world.leading.total_form == "body" else "", self.total),
            (names.returned_at, self.returned),
            (names.request_at, self.request_id),
        ]
        if world.ways.texts_for_numbers:
            places = [(place, _text(value)) for place, value in places]
        written = compact(placed([(names.cased(place), value) for place, value in places]))
        before, _, after = written.partition(json.dumps(_ROWS))
        return [f"{before}[".encode(), self.items(), f"]{after}".encode()]

    def following(self, world: World, told_at: float) -> tuple[str | None, int | None]:
        """The cursor of the next page and the whole seconds that it still lives, or None twice."""
        if self.last is None or not (self.more or world.truth.more_told == "always"):
            return None, None
        dies = self.asked_at + world.span(world.cursor_life)
        cursor = mint(world).issue(Cursor(self.last[0], self.last[1], int(dies * 1000)), self.endpoint)
        return cursor, max(0, int(dies - told_at))


@dataclass(frozen=True, slots=True)
class Query:
    """What the parameters of a list ask for; what cannot be read counts as absent."""

    limit: int
    cursor: Cursor | None
    since: Bound | None
    until: Bound | None
    session: str | None
    kind: str | None
    offset: int
    fields: tuple[str, ...]

    @property
    def position(self) -> Row | None:
        """The position that the cursor points at."""
        return (self.cursor.id, self.cursor.stamp) if self.cursor else None

    @classmethod
    def read(
        cls, parameters: Mapping[str, str], world: World, now: float, *, default: int, cap: int, endpoint: str = ""
    ) -> Query:
        """The query of a call to an endpoint. Raises CursorRefused and LimitRefused."""
        names, ways = world.names, world.ways
        asked = _integer(parameters.get(names.limit_parameter)) or default
        if asked > cap and ways.over_cap == "refused":
            raise LimitRefused(f"{names.limit_parameter} must be between 1 and {cap}")
        limit = min(asked, cap) if asked > 0 else default
        cursor = parameters.get(names.cursor_parameter) if ways.paging == "cursor" else None
        offset = _integer(parameters.get(names.offset_parameter)) or 0
        if ways.paging == "page":
            number = _integer(parameters.get(names.page_parameter))
            offset = ((ways.first_page if number is None else number) - ways.first_page) * limit
        return cls(
            limit=limit,
            cursor=mint(world).read(cursor, int(now * 1000), endpoint) if cursor else None,
            since=read_bound(parameters.get(names.since_parameter), ways.since_form),
            until=read_bound(parameters.get(names.until_parameter), ways.since_form),
            session=parameters.get("sessionId") or None,
            kind=parameters.get(names.type_parameter) or None,
            offset=max(0, offset),
            fields=tuple(filter(None, parameters.get(names.fields_parameter, "").split(",")))
            if ways.sparse_fields
            else (),
        )


def mint(world: World) -> Mint:
    """What makes and reads the cursors of a world."""
    secret = f"cursor {world.seed}" if world.cursor_signed else ""
    return Mint(world.cursors, secret, checked=world.cursor_checked, numbered=world.rows.id_form == "integer")


def compact(value: object) -> str:
    """JSON without spaces, as the service writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else compact(value)


def _integer(text: str | None) -> int | None:
    try:
        return int(text) if text else None
    except ValueError:
        return None
