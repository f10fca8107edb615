"""A plain client that knows everything of its world and drains it by the best way there is, in time of its own."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from datasync_crawler.simulator.cursors import Cursor
from datasync_crawler.simulator.keys import allowance, pool_of
from datasync_crawler.simulator.pages import mint
from tests.simulator.asking import BROWSER, KEY, Client, Heard, at

if TYPE_CHECKING:
    from datasync_crawler.simulator.world import World

FOREVER = 4_102_444_800_000
MOST_CALLS = 400


class Knowing:
    """Drains the service of one world; ``ids`` are those that came, ``totals`` what pages told, ``calls`` how many."""

    def __init__(self, world: World) -> None:
        self.client, self.world, self.now = Client(world=world), world, 0.0
        self.ids: list[str] = []
        self.totals: set[object] = set()
        self.calls = 0
        self._in_window = 0

    def drain(self) -> None:
        """Get all that can be had."""
        names, ways = self.world.names, self.world.ways
        if ways.dump_path:
            self._take_everything(names.api_path + ways.dump_path)
        elif ways.ids_path:
            self._walk("ids", names.events + ways.ids_path, ways.ids_cap)
        elif ways.feed:
            self._walk("feed", self.world.feed_path, self.world.feed_cap)
        else:
            self._walk("events", names.events, ways.lifted_cap or self.world.page_cap)

    def stats(self) -> Any:
        """What the service says of its size."""
        names = self.world.names
        key = {names.key_header.lower(): f"{names.key_scheme} {KEY}".strip()}
        return self.client.ask(f"{names.internal_path}/stats", self.now, key=None, **key).json

    def _walk(self, way: str, path: str, cap: int) -> None:
        """One page after the other to the end."""
        names, paging = self.world.names, self.world.ways.paging
        parameter = {"offset": names.offset_parameter, "page": names.page_parameter}.get(
            paging, names.cursor_parameter
        )
        position: object = {"offset": 0, "page": self.world.ways.first_page}.get(paging)
        seen: set[object] = set()
        while self.calls < MOST_CALLS:
            seen.add(position)
            asked = {names.limit_parameter: cap} | ({parameter: position} if position is not None else {})
            heard = self._ask(way, f"{path}?{urlencode(asked)}")
            rows = self._rows(heard.json)
            known = set(self.ids)
            self.ids += [event_id for event_id in dict.fromkeys(rows) if event_id not in known]
            self.totals.add(at(heard.json, names.cased(names.total_at)))
            if not rows or heard.answer.page.high == len(self.client.table):
                return
            if paging == "cursor":
                position = at(heard.json, names.cased(names.cursor_at))
                position = self._past_the_loop(way) if known.issuperset(rows) or position in seen else position
                if position is None:
                    return
            else:
                position = len(self.ids) if paging == "offset" else int(str(position)) + 1

    def _past_the_loop(self, way: str) -> str | None:
        """A cursor behind the last row, made where the world lets one be made."""
        if self.world.cursors.cursor_form == "sealed":
            return None
        last = self.client.table.find(self.ids[-1])
        return mint(self.world).issue(Cursor(self.ids[-1], self.client.table.stamps[last], FOREVER), way)

    def _rows(self, page: Any) -> list[str]:
        names, under = self.world.names, self.world.rows.row_under
        rows = at(page, names.cased(names.rows_at))
        if self.world.ways.ids_path:
            return [str(row) for row in rows]
        return [str((row[under] if under else row)[names.cased(names.id_field)]) for row in rows]

    def _take_everything(self, path: str) -> None:
        text = self._ask("dump", path).body.decode()
        field, form = self.world.names.id_field, self.world.ways.dump_form
        if form == "ids":
            self.ids = text.split()
        elif form == "csv":
            self.ids = [row[field] for row in csv.DictReader(io.StringIO(text))]
        elif form == "ndjson":
            self.ids = [json.loads(line)[field] for line in text.splitlines()]
        else:
            events = [
                block.partition("data: ")[2] for block in text.split("\n\n") if block.startswith("event: event\n")
            ]
            self.ids = [json.loads(event)[field] for event in events]

    def _ask(self, way: str, target: str) -> Heard:
        """A call as soon as its pool allows one, which is never refused."""
        names, ways = self.world.names, self.world.ways
        lift = [part.strip() for part in ways.lift_header.split(":")]
        self._wait(pool_of(self.world, {"events": "header"}.get(way, way), lifted=bool(ways.lift_header)))
        headers = {
            names.key_header.lower(): f"{names.key_scheme} {KEY}".strip(),
            "user-agent": BROWSER,
            "origin": "http://h",
            "referer": "http://h/",
        }
        headers |= {"cookie": f"{names.key_cookie}={KEY}"} | ({lift[0].lower(): lift[1]} if ways.lift_header else {})
        if way == "feed" and not ways.feed_open:
            access = self.client.ask(names.access, self.now, method="POST", key=None, **headers).json
            access = access[names.cased("streamAccess")]
            headers[access[names.cased("tokenHeader")].lower()] = access["token"]
        heard = self.client.ask(target, self.now, key=None, **headers)
        self.calls += 1
        assert heard.status == 200, heard.body
        return heard

    def _wait(self, pool: str) -> None:
        allowed = [figures for figures in (allowance(self.world, pool), allowance(self.world, "hidden")) if figures[0]]
        limit, window = min(allowed)
        if self._in_window == limit:
            self._in_window, self.now = 0, self.now + self.world.span(window * 1.001)
        self._in_window += 1
