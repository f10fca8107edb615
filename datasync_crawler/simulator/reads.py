"""What can be read: events, sessions, metrics, and the two that speak of the service itself."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from datasync_crawler.simulator.answers import JSON, Answer, refusal, told
from datasync_crawler.simulator.cursors import CursorRefused
from datasync_crawler.simulator.events import TYPES
from datasync_crawler.simulator.leading import Address
from datasync_crawler.simulator.lines import everything
from datasync_crawler.simulator.lists import EventList, OutsideRange
from datasync_crawler.simulator.pages import LimitRefused, Page, Query, compact
from datasync_crawler.simulator.routes import Call, last_part
from datasync_crawler.simulator.sessions import DEVICES, Sessions
from datasync_crawler.simulator.visits import SessionList
from datasync_crawler.simulator.ways import DUMP_FORMS

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
        self._sessions = SessionList(world, sessions)

    def root(self) -> Answer:
        """What the API says of itself."""
        names = self._world.names
        lists = (names.events_name, names.sessions_name, names.metrics_name)
        return told(
            {
                "name": "DataSync Analytics API",
                "version": "v1",
                "endpoints": {name: f"{names.api_path}/{name}" for name in lists},
                "authentication": {"method": "API Key", "header": names.key_header},
            }
        )

    def answer(self, call: Call, route: str, hidden: int = 0) -> Answer:
        """The answer on one of the routes that only read; the newest ``hidden`` events have not come yet."""
        if route in ("events", "sessions", "ids"):
            return self.page(call, route, hidden)
        if route == "dump":
            return self.dump(hidden)
        if route == "stats":
            return self.stats(call, hidden)
        by_route = {"event": self.event, "bulk": self.bulk, "session": self.session, "metrics": self.metrics}
        return by_route[route](call)

    def page(self, call: Call, route: str, hidden: int = 0) -> Answer:
        """A page of events, of the feed, of ids or of sessions."""
        request_id, form = str(uuid.uuid4()), self._form(call) if route == "events" else "json"
        default, cap = self._caps(call, route)
        try:
            query = Query.read(call.query, self._world, call.at, default=default, cap=cap, endpoint=route)
            if route == "sessions":
                page = replace(self._sessions.page(query, request_id, call.at), address=_address(call))
                return Answer(200, request_id=request_id, page=page)
            page = self._events.page(query, request_id, call.at, endpoint=route, hidden=hidden, form=form)
            page = replace(page, address=_address(call))
        except CursorRefused as error:
            return refusal(400, error.code, error.message)
        except LimitRefused as error:
            return refusal(400, "INVALID_LIMIT", str(error))
        except OutsideRange:
            return refusal(418, "TEAPOT", "Timestamp is outside the data range")
        world = self._world
        seconds = {"feed": world.feed_latency, "ids": world.ways.ids_latency}.get(route, world.events_latency)
        sharing = route == "feed" and world.latency and world.feed_rows_per_second > 0
        return Answer(
            200,
            content_type=JSON if form == "json" else DUMP_FORMS[form],
            request_id=request_id,
            extra=self._links(page, form, call.at) if route == "events" else {},
            page=page,
            latency=world.span(seconds) if world.latency else 0.0,
            shared_rows=page.returned if sharing else 0,
        )

    def dump(self, hidden: int) -> Answer:
        """Everything at once."""
        world, ways = self._world, self._world.ways
        rows = range(hidden, len(self._table))
        spread = len(rows) / ways.dump_rows_per_second if world.latency and ways.dump_rows_per_second > 0 else 0.0
        return Answer(
            200,
            content_type=DUMP_FORMS[ways.dump_form],
            request_id=str(uuid.uuid4()),
            latency=world.span(ways.dump_latency) if world.latency else 0.0,
            stream=partial(everything, self._table, ways.dump_form, world.rows.row_under, first=hidden),
            drip=world.span(spread),
            rows=rows,
        )

    def _caps(self, call: Call, route: str) -> tuple[int, int]:
        """How many rows a page of a list has when nothing is asked, and at most."""
        world, ways = self._world, self._world.ways
        if route == "feed":
            return world.feed_default, world.feed_cap
        if route == "ids":
            return world.page_default, ways.ids_cap
        lifted = route == "events" and ways.lifted_cap and ways.lifts(call.headers)
        return world.page_default, ways.lifted_cap if lifted else world.page_cap

    def _form(self, call: Call) -> str:
        """The form in which a list is accepted, where the world gives it."""
        accepted = call.headers.get("accept", "")
        forms = (form.strip() for form in self._world.ways.accept_forms.split(","))
        return next((form for form in forms if form and DUMP_FORMS[form].partition(";")[0] in accepted), "json")

    def _links(self, page: Page, form: str, now: float) -> dict[str, str]:
        """What the headers of a list lead to: everything at once, and where rows stand bare, the next page."""
        names, ways = self._world.names, self._world.ways
        links, told = [], {}
        if ways.dump_path and ways.dump_written == "link":
            kind = DUMP_FORMS[ways.dump_form].partition(";")[0]
            links.append(f'<{names.api_path}{ways.dump_path}>; rel="alternate"; type="{kind}"')
        cursor = page.following(self._world, now)[0] if form != "json" else None
        if cursor:
            asked = urlencode({names.limit_parameter: page.limit, names.cursor_parameter: cursor})
            links.append(f'<{names.events}?{asked}>; rel="next"')
            told = {"X-Next-Cursor": cursor}
        return ({"Link": ", ".join(links)} if links else {}) | told

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
        rest = f'],"missing":{compact(missing)},"meta":{compact(self._world.names.recased(meta))}}}'
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

    def stats(self, call: Call, hidden: int = 0) -> Answer:
        """Totals and distributions."""
        kinds = self._table.kinds.tobytes()[hidden:]
        extra = self._world.stats_extra - hidden
        return told(
            self._world.names.recased(
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


def _address(call: Call) -> Address:
    return Address(f"http://{call.headers.get('host', 'localhost')}", call.path, tuple(call.query.items()))


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
