"""The list of sessions that the service pages through."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from datasync_crawler.simulator.pages import Page, Query, compact
from datasync_crawler.simulator.render import Clock
from datasync_crawler.simulator.sessions import (
    BROWSERS,
    COUNTRIES,
    DEVICES,
    DOMAINS,
    NAMES,
    SYSTEMS,
    Sessions,
)
from datasync_crawler.simulator.world import World


class SessionList:
    """Pages of sessions, newest start first."""

    def __init__(self, world: World, sessions: Sessions) -> None:
        self._recased = world.names.recased
        self._by_number = world.ways.paging != "cursor"
        self._sessions = sessions
        self._rows = {session: row for row, session in enumerate(sessions.ids)}

    def page(self, query: Query, request_id: str, now: float) -> Page:
        """The page that a query means."""
        sessions = self._sessions
        low = self._after(query.cursor.stamp, query.cursor.id) if query.cursor else query.offset * self._by_number
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
            endpoint="sessions",
        )

    def one(self, session: str) -> str | None:
        """The JSON of one session with its count of events, or None."""
        row = self._rows.get(session)
        if row is None:
            return None
        counted = compact(self._recased({"_count": {"events": self._sessions.counts[row]}}))
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
            self._recased(
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
        )


def _of(words: Sequence[str], number: int) -> str:
    return words[number % len(words)]
