"""A service in a few pure lines, to hold the plan of probes and its conclusions against."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

from datasync_crawler.domain.bundle import CodeCall
from datasync_crawler.domain.cursor import lowest_id
from datasync_crawler.domain.discovery.opening import Script, Sightings, open_case
from datasync_crawler.domain.discovery.plan import MOST_ROUNDS, next_round
from tests.domain.discovery.answers import NEWEST_MS, answer_to, events, page

if TYPE_CHECKING:
    from datasync_crawler.domain.discovery.case import Case
    from datasync_crawler.domain.discovery.exchange import Answer, Probe

TOKEN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
KEYED = (("X-Access-Key", "{apiKey}"),)
CODE = (
    CodeCall("GET", "/api/events", ("cursor", "limit"), KEYED, (), "fetch", 1),
    CodeCall("GET", "/api/events/{id}", (), KEYED, (), "fetch", 2),
    CodeCall("GET", "/api/users", (), KEYED, (), "fetch", 3),
    CodeCall("GET", "/internal/stats", (), KEYED, (), "fetch", 4),
    CodeCall("POST", "/internal/access", (), KEYED, (), "fetch", 5),
    CodeCall("GET", "{endpoint}", ("cursor", "since", "until"), (*KEYED, ("{header}", "{token}")), (), "fetch", 6),
)


@dataclass(frozen=True)
class Service:
    """What the service does; rows are a second apart."""

    rows: int = 4_000
    users: int = 12
    cap: int = 500
    over_cap: str = "clamp"
    query_name: str | None = "access_key"
    shared: bool = False
    signed: bool = False
    ranged: bool = True
    refuses: bool = False
    silent: bool = False
    upwards: bool = False
    fails_first: bool = False
    live_cap: int | None = None
    tokens: int | None = None
    untold: bool = False
    linked: bool = False

    def case(self) -> Case:
        """The case before the first keyed call."""
        seen = Sightings("http://h/api", "http://h/", scripts=(Script("http://h/a.js", CODE),))
        return open_case(seen)

    def conversation(self) -> tuple[Case, tuple[tuple[Probe, ...], ...]]:
        """The case at its end, and the probes of each round."""
        case, rounds = self.case(), []
        for _ in range(MOST_ROUNDS):
            probes = next_round(case)
            if not probes:
                break
            case = case.learned(tuple(self.answer(probe, len(rounds)) for probe in probes))
            rounds.append(probes)
        return case, tuple(rounds)

    def answer(self, probe: Probe, round_number: int) -> Answer:
        """What the service answers to a probe of a round."""
        place = probe.credential.place if probe.credential else "header"
        if self.silent:
            return replace(answer_to(probe, {}), status=0, document=None)
        if self.fails_first and round_number == 0 and "/api/events" in probe.url:
            return answer_to(probe, {"error": "upstream"}, status=502)
        wrong_name = place == "query" and probe.credential and probe.credential.name != self.query_name
        if self.refuses or wrong_name:
            return answer_to(probe, {"error": "Unauthorized"}, status=401)
        parts = urlsplit(probe.url)
        status, document = self._document(parts.path, dict(parse_qsl(parts.query)))
        return answer_to(probe, document, status=status, **self._rate(parts.path, place), **self._link(document))

    def _link(self, document: Any) -> dict[str, str]:
        """The header that leads on, where nothing in the body does."""
        paging = document.get("pagination", {}) if self.linked else {}
        paging.pop("cursorExpiresIn", None)
        cursor = paging.pop("nextCursor", None)
        return {"Link": f'<http://h/api/events?cursor={quote(cursor)}>; rel="next"'} if cursor else {}

    def _rate(self, path: str, place: str) -> dict[str, str]:
        limit, left = (10, 9) if place == "header" else (10, 8) if self.shared else (5, 4)
        told = {"X_RateLimit_Limit": limit, "X_RateLimit_Remaining": left, "X_RateLimit_Reset": 60}
        if path == "/internal/access" and self.tokens:
            told = {
                "X_RateLimit_Limit": self.tokens,
                "X_RateLimit_Remaining": self.tokens - 1,
                "X_RateLimit_Reset": 20,
            }
        elif path != "/api/events":
            return {}
        return {name: str(value) for name, value in told.items()}

    def _document(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if path == "/internal/stats":
            return 200, {"counts": {"events": self.rows, "users": self.users}}
        if path == "/internal/access":
            return 200, {"endpoint": "/api/live", "token": TOKEN, "header": "X-Live-Token", "expiresIn": 300}
        if path == "/api/users":
            count = min(int(query.get("limit", "20")), self.cap, self.users)
            return 200, page(events(0, count), total=self.users)
        live = path == "/api/live"
        return self._page(query, ranged=self.ranged and live, cap=(live and self.live_cap) or self.cap)

    def _bounded(self, rows: tuple[int, int], *, upper: int, lower: int) -> tuple[int, int]:
        """The rows behind a cursor: up to the time ``upper`` (ms), or where lists run upwards from ``lower`` on."""
        first, last = rows
        if self.upwards:
            return first, min(last, (NEWEST_MS - lower) // 1000 + 1)
        return max(first, (NEWEST_MS - upper) // 1000), last

    def _page(self, query: dict[str, str], *, ranged: bool, cap: int) -> tuple[int, Any]:
        limit = int(query.get("limit", "20"))
        if limit > cap and self.over_cap == "refuse":
            return 400, {"error": f"limit must be at most {cap}"}
        first, last = 0, self.rows
        if "cursor" in query:
            if self.signed:
                return 400, {"error": "bad cursor"}
            mark = json.loads(base64.b64decode(query["cursor"]))
            passed = mark["id"] != lowest_id(mark["id"])
            first, last = self._bounded((first, last), upper=mark["ts"] - 1000, lower=mark["ts"] + 1000 * passed)
        if ranged:
            since, until = int(query.get("since", 0)), int(query.get("until", NEWEST_MS + 1000))
            first, last = max(first, (NEWEST_MS - until) // 1000 + 1), min(last, (NEWEST_MS - since) // 1000 + 1)
        count = min(limit, cap, last - first)
        rows = events(last - count, count)[::-1] if self.upwards else events(first, count)
        document = page(rows, total=self.rows, more=count < last - first)
        if self.untold:
            del document["meta"]["total"]
        if self.signed and document["pagination"]["nextCursor"]:
            document["pagination"]["nextCursor"] += ".c2lnbmVk"
        return 200, document
