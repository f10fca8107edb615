"""Events of other worlds: the same set, spread otherwise over time and read in other forms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from datasync_crawler.simulator.events import Event, stream
from datasync_crawler.simulator.names import Names
from datasync_crawler.simulator.pages import compact
from datasync_crawler.simulator.rowshape import RowShape
from datasync_crawler.simulator.sessions import NEWEST, OLDEST, Sessions
from datasync_crawler.simulator.table import EventTable, held_table, open_table

if TYPE_CHECKING:
    from datasync_crawler.simulator.world import World

_SPAN = NEWEST - OLDEST
_TIE = 10_800_000
"""Milliseconds between the times that tied events have: three hours."""
_CLUMPS = 6

_SPREAD: Mapping[str, Callable[[float], float]] = {
    "uneven": lambda share: share**0.12,
    "gaps": lambda share: (int(share * _CLUMPS) + share * _CLUMPS % 1 * 0.02) / _CLUMPS,
}
"""Where in the whole span (0 oldest, 1 newest) an event goes, by where it was; the order stays."""


@dataclass(frozen=True, slots=True)
class ShapedTable(EventTable):
    """Events read in the forms of a world: each row is written when it is asked for."""

    plain: EventTable
    """The same events as the default service writes them."""
    shape: RowShape
    names: Names

    @property
    def any_id(self) -> bool:
        """Whether ids are of any form, and not UUIDs in lower case."""
        return self.shape.id_form != "uuid"

    def event_id(self, row: int) -> str:
        """The id of the event in a row as it is served."""
        return self.shape.written_id(self.plain.event_id(row), row, len(self))

    def raw_id(self, row: int) -> bytes:
        """The same in bytes."""
        return self.event_id(row).encode()

    def rank(self, event_id: str) -> Any:
        """What ids of one time are ordered by; a text that is no integer stands below every integer."""
        if self.shape.id_form != "integer":
            return event_id
        return int(event_id) if event_id.isdecimal() else 0

    def find(self, event_id: str) -> int | None:
        """The row of an id as it is served, or None."""
        if self.shape.id_form == "integer":
            return self.shape.numbered_row(event_id, len(self))
        row = self.plain.find(self.shape.plain_id(event_id))
        return row if row is not None and self.event_id(row) == event_id else None

    def slice(self, low: int, high: int) -> memoryview:
        """The JSON of rows ``low`` up to ``high``, joined by commas, as the feed gives them."""
        return memoryview(self.pick(range(low, high), mixed=False))

    def mixed_slice(self, low: int, high: int) -> bytes:
        """The same as lists give them."""
        return self.pick(range(low, high), mixed=True)

    def text(self, row: int, position: int, *, mixed: bool) -> bytes:
        """The JSON of a row as it reads at a position of a page."""
        names, shape = self.names, self.shape
        event_id = self.event_id(row)
        written: dict[str, object] = {}
        for name, value in json.loads(bytes(self.plain.slice(row, row + 1))).items():
            if name == "id":
                written[names.id_field] = int(event_id) if shape.id_form == "integer" else event_id
            elif name == "timestamp":
                written[names.time_field] = shape.written_time(int(self.stamps[row]), position, mixed=mixed)
            else:
                written[names.type_field if name == "type" else name] = value
        cased: object = names.recased(shape.arranged(written, names.id_field))
        return compact({shape.row_under: cased} if shape.row_under else cased).encode()


def open_world(world: World, sessions: Sessions) -> EventTable:
    """The event set of a world, rendered ahead where its rows are the default ones."""
    if not world.shaped:
        return open_table(sessions, world.seed, world.tie_rate)
    blocks = stream(sessions, world.seed, world.tie_rate)
    plain = held_table(blocks if world.rows.density == "even" else _respread(blocks, world.rows.density), sessions)
    columns = {field.name: getattr(plain, field.name) for field in fields(plain)}
    return ShapedTable(**columns, plain=plain, shape=world.rows, names=world.names)


def _respread(blocks: Iterator[list[Event]], density: str) -> Iterator[list[Event]]:
    """The same events at other times, newest first, equal times by id descending."""
    events = [event for block in blocks for event in block]
    if density == "instant":
        first, last = len(events) // 3, len(events) // 3 + len(events) // 6
        events[first:last] = [(events[first][0], *event[1:]) for event in events[first:last]]
    elif density == "ties":
        events = [(event[0] // _TIE * _TIE, *event[1:]) for event in events]
    else:
        spread = _SPREAD[density]
        events = [(OLDEST + int(spread((event[0] - OLDEST) / _SPAN) * _SPAN), *event[1:]) for event in events]
    yield sorted(events, reverse=True)
