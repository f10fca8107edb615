"""What can be read: events, sessions, metrics, and the two that speak of the service itself."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from datasync_crawler.simulator.answers import Answer, refusal, told
from datasync_crawler.simulator.cursors import CursorRefused
from datasync_crawler.simulator.events import TYPES
from datasync_crawler.simulator.lists import EventList, OutsideRange, SessionList
from datasync_crawler.simulator.pages import Page, Query, compact
from datasync_crawler.simulator.routes import Call, last_part
from datasync_crawler.simulator.sessions import DEVICES, Sessions

if TYPE_CHECKING:
    from datasync_crawler.simulator.table import EventTable
    from datasync_crawler.simulator.world import World


class Reads:
    """Answers every call that reads, once the door has let it in."""

    def __init__(self, world: World, table: EventTable, sessions: Sessions) -> None:
        self._world = world
        self._table = table
        self._users = len(sessions.user_ids)
        self._devices = sessions.devices
        self._events = EventList(world, table, sessions)
        self._sessions = SessionList(sessions)

    def root(self) -> Answer:
        """What the API says of itself."""
        return told(
            {
                "name": "DataSync Analytics API",
                "version": "v1",
                "endpoints": {name: f"/api/v1/{name}" for name in ("events", "sessions", "metrics")},
                "authentication": {"method": "API Key", "header": "X-API-Key"},
            }
        )

    def answer(self, call: Call, route: str) -> Answer:
        """The answer on one of the routes that only read."""
        if route in ("events", "sessions"):
            return self.page(call, route)
        by_route = {
            "event": self.event,
            "bulk": self.bulk,
            "session": self.session,
            "metrics": self.metrics,
            "stats": self.stats,
        }
        return by_route[route](call)

    def page(self, call: Call, route: str) -> Answer:
        """A page of events, of the feed or of sessions."""
        feed, world = route == "feed", self._world
        request_id = str(uuid.uuid4())
        default, cap = (world.feed_default, world.feed_cap) if feed else (world.page_default, world.page_cap)
        try:
            query = Query.read(call.query, world, call.at, default=default, cap=cap)
            if route == "sessions":
                page = self._sessions.page(query, request_id, call.at)
                return Answer(200, request_id=request_id, page=page)
            page = self._events.page(query, request_id, call.at, feed=feed)
        except CursorRefused as error:
            return refusal(400, error.code, error.message)
        except OutsideRange:
            return refusal(418, "TEAPOT", "Timestamp is outside the data range")
        latency = world.span(world.feed_latency if feed else world.events_latency) if world.latency else 0.0
        shared = page.returned if feed and world.latency and world.feed_rows_per_second > 0 else 0
        return Answer(200, request_id=request_id, page=page, latency=latency, shared_rows=shared)

    def event(self, call: Call) -> Answer:
        """One event by id."""
        event_id = last_part(call.path)
        row = self._table.find(event_id)
        if row is None:
            return refusal(404, "EVENT_NOT_FOUND", f"Event with id '{event_id}' not found")
        return Answer(200, self._table.pick([row], mixed=True), request_id=str(uuid.uuid4()), rows=(row,))

    def bulk(self, call: Call) -> Answer:
        """Several events by id, and those ids that are none."""
        asked = _ids(call.body)
        if asked is None:
            return refusal(400, "INVALID_BODY", 'Request body must contain an "ids" array')
        if len(asked) > self._world.bulk_cap or (self._world.bulk_broken and len(asked) > 1):
            return refusal(500, "INTERNAL_ERROR", "An unexpected error occurred")
        found = {event_id: row for event_id in asked if (row := self._table.find(event_id)) is not None}
        rows = list(found.values())
        missing = [event_id for event_id in asked if event_id not in found]
        request_id = str(uuid.uuid4())
        meta = {"total": len(asked), "returned": len(rows), "requestId": request_id}
        rest = f'],"missing":{compact(missing)},"meta":{compact(meta)}}}'
        body = b'{"data":[' + self._table.pick(rows, mixed=True) + rest.encode()
        return Answer(200, body, request_id=request_id, rows=rows)

    def session(self, call: Call) -> Answer:
        """One session by id."""
        session_id = last_part(call.path)
        text = self._sessions.one(session_id)
        if text is None:
            return refusal(404, "SESSION_NOT_FOUND", f"Session with id '{session_id}' not found")
        return Answer(200, text.encode(), request_id=str(uuid.uuid4()))

    def metrics(self, call: Call) -> Answer:
        """An empty list: nobody ever recorded a metric."""
        request_id = str(uuid.uuid4())
        page = Page(
            items=lambda: b"",
            returned=0,
            limit=100,
            more=False,
            last=None,
            total=0,
            request_id=request_id,
            asked_at=call.at,
        )
        return Answer(200, request_id=request_id, page=page)

    def stats(self, call: Call) -> Answer:
        """Totals and distributions."""
        kinds = self._table.kinds.tobytes()
        extra = self._world.stats_extra
        return told(
            {
                "counts": {
                    "users": self._users,
                    "sessions": len(self._devices),
                    "events": len(self._table) + extra,
                    "metrics": 0,
                },
                "distributions": {
                    "eventTypes": _shares(TYPES, kinds),
                    "deviceTypes": _shares(DEVICES, self._devices),
                },
                "meta": {"generatedAt": moment(call.at)},
                "cache": {
                    "status": "HIT",
                    "ttl": 233,
                    "redis": {"keys": 2, "memory": "7.62M", "hitRate": "83.4%"},
                },
            }
        )

    def health(self, call: Call) -> Answer:
        """Whether the service's own stores answer."""
        return told(
            {
                "status": "healthy",
                "database": {"status": "connected", "latency": 2},
                "redis": {"status": "connected", "latency": 1},
                "timestamp": moment(call.at),
            }
        )


def moment(at: float) -> str:
    """Seconds since 1970 in the service's ISO form."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ids(body: bytes) -> list[str] | None:
    try:
        value: Any = json.loads(body)
    except ValueError:
        return None
    ids = value.get("ids") if isinstance(value, dict) else None
    return [str(event_id) for event_id in ids] if isinstance(ids, list) else None


def _shares(names: tuple[str, ...], codes: bytes) -> list[dict[str, object]]:
    counted = sorted(((codes.count(code), name) for code, name in enumerate(names)), reverse=True)
    return [{"type": name, "count": count} for count, name in counted]
