"""The lists that the service pages through: events (two ways) and sessions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from datasync_crawler.simulator.events import TYPES
from datasync_crawler.simulator.pages import Page, Query, compact
from datasync_crawler.simulator.render import Clock
from datasync_crawler.simulator.sessions import (
    BROWSERS,
    COUNTRIES,
    DEVICES,
    DOMAINS,
    NAMES,
    NEWEST,
    OLDEST,
    SYSTEMS,
    Sessions,
)
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

    def page(self, query: Query, request_id: str, now: float, *, feed: bool) -> Page:
        """The page that a query means. Raises OutsideRange."""
        self._check_range(query)
        ranged = feed or self._world.ranges_on_events
        low, high = self._range(query) if ranged else (0, len(self._table))
        total = high - low if self._world.filtered_total else len(self._table)
        if query.cursor is not None:
            low = max(low, self._table.after(query.cursor.stamp, query.cursor.id))
        if self._world.offset_honoured:
            low += query.offset
        mixed = self._world.feed_mixed if feed else True
        filtered = query.session or (query.kind and self._world.type_filters)
        if filtered and not feed:
            return self._picked(query, low, high, request_id, now)
        end = max(low, min(high, low + query.limit))
        slice_of = self._table.mixed_slice if mixed else self._table.slice
        return Page(
            items=partial(slice_of, low, end),
            returned=end - low,
            limit=query.limit,
            more=end < high,
            last=self._position(end - 1) if end > low else None,
            total=total + self._world.total_extra,
            request_id=request_id,
            asked_at=now,
            first=query.position,
            low=low,
            high=end,
        )

    def _picked(self, query: Query, low: int, high: int, request_id: str, now: float) -> Page:
        rows = list(islice(self._matching(query, low, high), query.limit + 1))
        shown = rows[: query.limit]
        return Page(
            items=partial(self._table.pick, shown, mixed=True),
            returned=len(shown),
            limit=query.limit,
            more=len(rows) > len(shown),
            last=self._position(shown[-1]) if shown else None,
            total=sum(1 for _ in self._matching(query, 0, len(self._table))),
            request_id=request_id,
            asked_at=now,
            first=query.position,
            rows=shown,
        )

    def _matching(self, query: Query, low: int, high: int) -> Iterator[int]:
        owner = kind = None
        if query.session is not None:
            owner = self._session_rows.get(query.session, -1)
            if owner < 0:
                return
            low = max(low, self._table.first_at_or_before(self._sessions.end(owner)))
            high = min(high, self._table.first_before(self._sessions.starts[owner]))
        if query.kind is not None and self._world.type_filters:
            kind = TYPES.index(query.kind) if query.kind in TYPES else -1
        owners, kinds = self._table.owners, self._table.kinds
        for row in range(low, high):
            if (owner is None or owners[row] == owner) and (kind is None or kinds[row] == kind):
                yield row

    def _range(self, query: Query) -> tuple[int, int]:
        table, world = self._table, self._world
        low, high = 0, len(table)
        if query.until is not None:
            low = (table.first_at_or_before if world.until_inclusive else table.first_before)(query.until)
        if query.since is not None:
            high = (table.first_before if world.since_inclusive else table.first_at_or_before)(query.since)
        return low, max(low, high)

    def _check_range(self, query: Query) -> None:
        if query.cursor is None or self._world.teapot == "none":
            return
        stamp = query.cursor.stamp
        if stamp < OLDEST or (stamp > NEWEST and self._world.teapot == "outside"):
            raise OutsideRange(str(stamp))

    def _position(self, row: int) -> tuple[str, int]:
        return self._table.event_id(row), int(self._table.stamps[row])


class SessionList:
    """Pages of sessions, newest start first."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._rows = {session: row for row, session in enumerate(sessions.ids)}

    def page(self, query: Query, request_id: str, now: float) -> Page:
        """The page that a query means."""
        sessions = self._sessions
        low = self._after(query.cursor.stamp, query.cursor.id) if query.cursor else 0
        end = max(low, min(len(sessions), low + query.limit))
        return Page(
            items=lambda: ",".join(map(self._json, range(low, end))).encode(),
            returned=end - low,
            limit=query.limit,
            more=end < len(sessions),
            last=(sessions.ids[end - 1], sessions.starts[end - 1]) if end > low else None,
            total=len(sessions),
            request_id=request_id,
            asked_at=now,
            first=query.position,
        )

    def one(self, session: str) -> str | None:
        """The JSON of one session with its count of events, or None."""
        row = self._rows.get(session)
        if row is None:
            return None
        counted = compact({"_count": {"events": self._sessions.counts[row]}})
        return f"{self._json(row)[:-1]},{counted[1:]}"

    def _after(self, stamp: int, session: str) -> int:
        row = bisect_left(self._sessions.starts, -stamp, key=lambda start: -start)
        ids, starts = self._sessions.ids, self._sessions.starts
        while row < len(ids) and starts[row] == stamp and ids[row] >= session:
            row += 1
        return row

    def _json(self, row: int) -> str:
        sessions, clock = self._sessions, Clock()
        user = sessions.users[row]
        user_id = sessions.user_ids[user]
        return compact(
            {
                "id": sessions.ids[row],
                "userId": user_id,
                "user": {
                    "id": user_id,
                    "name": f"{_of(NAMES, user)} {user}",
                    "email": f"user{user}@{_of(DOMAINS, user)}",
                },
                "deviceType": DEVICES[sessions.devices[row]],
                "browser": BROWSERS[sessions.browsers[row]],
                "os": SYSTEMS[sessions.systems[row]],
                "ipAddress": ".".join(map(str, sessions.addresses[row].to_bytes(4, "big"))),
                "country": COUNTRIES[sessions.countries[row]],
                "city": f"City{sessions.cities[row]}",
                "startedAt": clock.iso(sessions.starts[row]),
                "endedAt": clock.iso(sessions.end(row)),
                "duration": sessions.lengths[row],
                "eventCount": sessions.counts[row],
            }
        )


def _of(words: Sequence[str], number: int) -> str:
    return words[number % len(words)]
