"""A plain client that knows everything of its world and drains it by the best way there is, in time of its own."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from datasync_crawler.simulator.cursors import Cursor
from datasync_crawler.simulator.keys import allowance, pool_of
from datasync_crawler.simulator.oracle import ways_of
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
        self._access: dict[str, Any] | None = None
        self._issued = 0.0

    def drain(self) -> None:
        """Get all that can be had."""
        names, ways = self.world.names, self.world.ways
        told = {way.name for way in ways_of(self.world)}
        whole = {way.name for way in ways_of(self.world) if way.reach >= 1}
        if "dump" in told:
            self._take_everything(names.api_path + ways.dump_path)
        elif "ids" in told:
            self._walk("ids", names.events + ways.ids_path, ways.ids_cap)
        elif "feed" in (whole or told):
            self._walk("feed", self.world.feed_path, self.world.feed_cap)
        else:
            self._walk("events", names.events_moved_to or names.events, ways.lifted_cap or self.world.page_cap)

    def stats(self) -> Any:
        """What the service says of its size."""
        return self._call("", f"{self.world.names.internal_path}/stats", {}).json

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
            rows = self._rows(heard.json, way)
            known = set(self.ids)
            self.ids += [event_id for event_id in dict.fromkeys(rows) if event_id not in known]
            self.totals.add(self._total(heard))
            if not rows or not heard.answer.page.more:
                return
            if paging == "cursor":
                position = self._following(heard)
                position = self._past_the_loop(way) if known.issuperset(rows) or position in seen else position
                if position is None:
                    return
            else:
                position = len(self.ids) if paging == "offset" else int(str(position)) + 1

    def _total(self, heard: Heard) -> int | None:
        """The total that a page tells, wherever it does."""
        names, leading = self.world.names, self.world.leading
        if leading.total_form == "body":
            told = at(heard.json, names.cased(names.total_at))
            return None if told is None else int(told)
        told = heard.headers.get("Content-Range" if leading.total_form == "content-range" else leading.total_header)
        return None if told is None else int(told.rpartition("/")[2])

    def _following(self, heard: Heard) -> str | None:
        """The cursor of the next page, alone or in its address."""
        names, form = self.world.names, self.world.leading.next_form
        if form == "link-header":
            told = re.search(r'<([^>]*)>; rel="next"', heard.headers["Link"])
            address = told[1] if told else None
        else:
            address = at(heard.json, names.cased(names.cursor_at))
        if form == "cursor" or address is None:
            return address
        if form == "href":
            address = address["href"]
        return dict(parse_qsl(urlsplit(address).query))[names.cursor_parameter]

    def _past_the_loop(self, way: str) -> str | None:
        """A cursor behind the last row, made where the world lets one be made."""
        if self.world.cursors.cursor_form == "sealed":
            return None
        last = self.client.table.find(self.ids[-1])
        return mint(self.world).issue(Cursor(self.ids[-1], self.client.table.stamps[last], FOREVER), way)

    def _rows(self, page: Any, way: str) -> list[str]:
        place = self.world.names.rows_at
        rows = at(page, self.world.names.cased(place)) if place else page
        return [str(row) if way == "ids" else self._id(row) for row in rows]

    def _id(self, row: dict[str, Any]) -> str:
        inner = row.get(self.world.rows.row_under, row)
        return str(inner[self.world.names.cased(self.world.names.id_field)])

    def _take_everything(self, path: str) -> None:
        text, form = self._ask("dump", path).body.decode(), self.world.ways.dump_form
        if form == "ids":
            self.ids = text.split()
        elif form == "csv":
            self.ids = [self._id(row) for row in csv.DictReader(io.StringIO(text))]
        elif form == "ndjson":
            self.ids = [self._id(json.loads(line)) for line in text.splitlines()]
        else:
            events = [
                block.partition("data: ")[2] for block in text.split("\n\n") if block.startswith("event: event\n")
            ]
            self.ids = [self._id(json.loads(event)) for event in events]

    def _ask(self, way: str, target: str) -> Heard:
        """A call that brings rows."""
        ways = self.world.ways
        headers = self._token() if way == "feed" and not ways.feed_open else {}
        if ways.lift_header:
            name, value = (part.strip() for part in ways.lift_header.split(":"))
            headers |= {name.lower(): value}
        pool = pool_of(self.world, {"events": "header"}.get(way, way), lifted=bool(ways.lift_header))
        heard = self._call(pool, target, headers)
        self.calls += 1
        assert heard.status == 200, heard.body
        return heard

    def _token(self) -> dict[str, str]:
        """The header of a living token."""
        names = self.world.names
        if self._access is None or self.now > self._issued + self.world.span(self.world.token_life / 2):
            said = self._call("stream-access", names.access, {}, "POST").json
            self._access, self._issued = said[names.cased("streamAccess")], self.now
        return {self._access[names.cased("tokenHeader")].lower(): self._access["token"]}

    def _call(self, pool: str, target: str, headers: dict[str, str], method: str = "GET") -> Heard:
        """A call with the key and all that a dashboard sends, as soon as its pool and the hidden one allow it."""
        names = self.world.names
        pools = [allowance(self.world, name) for name in (pool, "hidden") if name]
        limit, window = min([figures for figures in pools if figures[0]], default=(MOST_CALLS, 0.0))
        if self.world.cursor_life < window and self.world.events > limit * self.world.page_cap:
            # There is a pause, and no cursor outlives it: calls leave evenly.
            self.now += self.world.span(window * 1.001 / limit)
        elif self._in_window >= limit:
            self._in_window, self.now = 0, self.now + self.world.span(window * 1.001)
        self._in_window += 1
        sent = {names.key_header.lower(): f"{names.key_scheme} {KEY}".strip(), "cookie": f"{names.key_cookie}={KEY}"}
        sent |= {"user-agent": BROWSER, "origin": "http://h", "referer": "http://h/"}
        return self.client.ask(target, self.now, method=method, key=None, **sent, **headers)
