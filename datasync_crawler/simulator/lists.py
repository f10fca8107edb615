"""The list of events that the service pages through, and the feed, which is the same list with other manners."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

from datasync_crawler.simulator.events import TYPES
from datasync_crawler.simulator.lines import in_lines, sparse
from datasync_crawler.simulator.pages import Page, Query, Row
from datasync_crawler.simulator.sessions import Sessions
from datasync_crawler.simulator.table import EventTable
from datasync_crawler.simulator.world import World


class OutsideRange(ValueError):
    """Raised when a cursor points outside the data and the world answers that with 418."""


class EventList:
    """Pages of the event set, by position and by filter."""

    def __init__(self, world: World, table: EventTable, sessions: Sessions) -> None:
        self._world = world
        self._table = table
        self._sessions = sessions
        self._session_rows = {session: row for row, session in enumerate(sessions.ids)}

    def page(
        self, query: Query, request_id: str, now: float, *, endpoint: str, hidden: int = 0, form: str = "json"
    ) -> Page:
        """The page that a query means: of events, feed or ids. The newest ``hidden`` events are not there yet.

        Raises OutsideRange.
        """
        self._check_range(query)
        world, table = self._world, self._table
        low, high = self._range(query, endpoint, hidden)
        total = high - low if world.filtered_total else len(table) - hidden
        left = self._left(query, endpoint, low, high)
        rows: Sequence[int]
        if endpoint == "events" and (query.session or (query.kind and world.type_filters)):
            found = list(islice(self._matching(query, left), query.limit + 1))
            rows, more, total = found[: query.limit], len(found) > query.limit, self._count(query, hidden)
        else:
            rows = left[: max(1, query.limit - world.truth.repeats)]
            rows, more = rows if left.step > 0 else list(rows), len(rows) < len(left)
        shown = self._repeated(rows)
        return Page(
            items=self._items(shown, query, endpoint, form),
            returned=len(shown),
            limit=query.limit,
            more=more,
            last=self._following(rows, query, endpoint, more=more),
            total=total + world.total_extra,
            request_id=request_id,
            asked_at=now,
            first=query.position,
            low=shown.start if isinstance(shown, range) else 0,
            high=shown.stop if isinstance(shown, range) else 0,
            rows=() if isinstance(shown, range) else shown,
            endpoint=endpoint,
            at=self._number(query),
            form=form,
        )

    def _left(self, query: Query, endpoint: str, low: int, high: int) -> range:
        """The rows of a range that come from where a query begins, in the order of its list."""
        table, cursor = self._table, query.cursor
        skipped = query.offset if self._by_number or self._world.offset_honoured else 0
        if self._upwards(endpoint):
            begin = high if cursor is None else min(high, table.at_or_after(cursor.stamp, cursor.id))
            return range(begin - 1 - skipped, low - 1, -1)
        begin = low if cursor is None else max(low, table.after(cursor.stamp, cursor.id))
        return range(begin + skipped, high)

    def _upwards(self, endpoint: str) -> bool:
        """Whether a list begins with its oldest row."""
        return self._world.ways.oldest_first in (endpoint, "both")

    @property
    def _by_number(self) -> bool:
        return self._world.ways.paging != "cursor"

    def _number(self, query: Query) -> tuple[str, int] | None:
        ways = self._world.ways
        if not self._by_number:
            return None
        if ways.paging == "page":
            return self._world.names.page_parameter, query.offset // query.limit + ways.first_page
        return self._world.names.offset_parameter, query.offset

    def _items(self, rows: Sequence[int], query: Query, endpoint: str, form: str) -> Callable[[], bytes | memoryview]:
        """What writes the rows of a page."""
        table = self._table
        mixed = self._world.feed_mixed if endpoint == "feed" else True
        if endpoint == "ids":
            return partial(self._ids, rows)
        if query.fields or form != "json":
            return partial(self._lines, rows, query.fields, form, mixed=mixed)
        if isinstance(rows, range):
            return partial(table.mixed_slice if mixed else table.slice, rows.start, rows.stop)
        return partial(table.pick, rows, mixed=mixed)

    def _ids(self, rows: Sequence[int]) -> bytes:
        numbers = self._world.rows.id_form == "integer"
        ids = map(self._table.event_id, rows)
        return ",".join(ids if numbers else map(json.dumps, ids)).encode()

    def _lines(self, rows: Sequence[int], fields: Sequence[str], form: str, *, mixed: bool) -> bytes:
        under, attributes = self._world.rows.row_under, self._world.rows.attributes_under
        texts = [self._table.text(row, at, mixed=mixed) for at, row in enumerate(rows)]
        texts = [sparse(text, fields, under, attributes) for text in texts] if fields else texts
        return b",".join(texts) if form == "json" else in_lines(texts, form, under)

    def _repeated(self, rows: Sequence[int]) -> Sequence[int]:
        """The same rows with the first ones twice, in a world that repeats."""
        twice = self._world.truth.repeats
        return [row for at, row in enumerate(rows) for _ in range(1 + (at < twice))] if twice else rows

    def _following(self, rows: Sequence[int], query: Query, endpoint: str, *, more: bool) -> Row | None:
        """The position that the next page begins below: in a world with a loop, it may be this page's own."""
        if not rows:
            return None
        truth = self._world.truth
        turn = int(len(self._table) * truth.loop_at)
        turn = len(self._table) - 1 - turn if self._upwards(endpoint) else turn
        within = min(rows[0], rows[-1]) <= turn <= max(rows[0], rows[-1])
        turns = truth.loop_at > 0 and truth.loop_on in (endpoint, "both") and within
        if turns and more and query.position is not None:
            return query.position
        return self._table.event_id(rows[-1]), int(self._table.stamps[rows[-1]])

    def _count(self, query: Query, hidden: int) -> int:
        return sum(1 for _ in self._matching(query, range(hidden, len(self._table))))

    def _matching(self, query: Query, rows: range) -> Iterator[int]:
        owner = kind = None
        if query.session is not None:
            owner = self._session_rows.get(query.session, -1)
            if owner < 0:
                return
            if self._world.rows.density == "even":
                low = self._table.first_at_or_before(self._sessions.end(owner))
                rows = _within(rows, low, self._table.first_before(self._sessions.starts[owner]))
        if query.kind is not None and self._world.type_filters:
            kind = TYPES.index(query.kind) if query.kind in TYPES else -1
        owners, kinds = self._table.owners, self._table.kinds
        for row in rows:
            if (owner is None or owners[row] == owner) and (kind is None or kinds[row] == kind):
                yield row

    def _range(self, query: Query, endpoint: str, hidden: int) -> tuple[int, int]:
        table, world = self._table, self._world
        low, high = hidden, len(table)
        if not {"feed": world.ways.ranges_on_feed, "events": world.ranges_on_events}.get(endpoint):
            return low, high
        if query.until is not None:
            low = max(low, table.first_before(query.until.lowest(inclusive=not world.until_inclusive)))
        if query.since is not None:
            high = table.first_before(query.since.lowest(inclusive=world.since_inclusive))
        return low, max(low, high)

    def _check_range(self, query: Query) -> None:
        if query.cursor is None or self._world.teapot == "none":
            return
        stamp, stamps = query.cursor.stamp, self._table.stamps
        if stamp < stamps[-1] or (stamp > stamps[0] and self._world.teapot == "outside"):
            raise OutsideRange(str(stamp))


def _within(rows: range, low: int, high: int) -> range:
    """Those of the rows, in either order, from ``low`` up to ``high``."""
    if rows.step > 0:
        return range(max(rows.start, low), min(rows.stop, high))
    return range(min(rows.start, high - 1), max(rows.stop, low - 1), -1)
