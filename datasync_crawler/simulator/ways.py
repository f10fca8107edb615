"""The ways that lead to events beside the plain list: where they are written down and what they want."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datasync_crawler.simulator.switches import one_of

PLACES = ("bundle", "lazy", "map", "docs", "nowhere")
"""Where a way can be written down; the last is no place at all."""
DUMP_FORMS: Mapping[str, str] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "ids": "text/plain; charset=utf-8",
    "sse": "text/event-stream",
}
"""Forms in which everything is given at once, with the content type of each."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Switches of the ways. Limits are calls in a window (seconds), 0 is no limit; an empty path is no such way."""

    feed: bool = True
    """Whether there is a feed at all."""
    feed_open: bool = False
    """Whether the feed is called without a stream token."""
    feed_written: str = one_of("handed", *PLACES, "runtime")
    """Where its path stands: handed (out with a token), bundle, lazy (chunk), map (of sources), runtime (nowhere)."""
    feed_wants: str = ""
    """What a call of the feed must look like, in the words of ``stream_access_wants``."""
    ranges_on_feed: bool = True
    since_form: str = one_of("ms", "s", "us", "iso")
    """How ``since`` and ``until`` are read: ms, s, us or iso."""

    paging: str = one_of("cursor", "offset", "page")
    """How a list goes on: cursor, offset or page (numbers from ``first_page``)."""
    first_page: int = 1
    texts_for_numbers: bool = False
    """Whether pages write numbers and truths as texts, and an empty one where there is no next page."""
    oldest_first: str = one_of("none", "events", "feed", "both")
    """Which lists begin with their oldest row: none, events, feed or both (with that of ids)."""
    over_cap: str = one_of("silent", "refused")
    """What becomes of a limit above the cap: silent (reduced) or refused (400)."""

    ids_path: str = ""
    """Below the list of events: pages of ids alone."""
    ids_cap: int = 50_000
    ids_limit: int = 6
    ids_window: float = 60.0
    ids_latency: float = 1.0
    ids_written: str = one_of(*PLACES)

    dump_path: str = ""
    """Below the API: everything at once."""
    dump_form: str = one_of(*DUMP_FORMS)
    dump_written: str = one_of(*PLACES, "link")
    dump_limit: int = 2
    dump_window: float = 3_600.0
    dump_latency: float = 2.0
    dump_rows_per_second: float = 20_000.0

    sparse_fields: bool = False
    """Whether a list can be asked for some fields of its rows only."""
    accept_forms: str = ""
    """Forms that the list of events is given in for those who ``Accept`` them, by commas: ndjson, csv."""
    compression: str = ""
    """Encodings that pages are given in, by commas, best first: br, gzip."""
    lift_header: str = ""
    """A header, ``Name: value``, that lifts the cap or the limit of the list of events."""
    lift_written: str = one_of(*PLACES)
    lifted_cap: int = 0
    lifted_limit: int = 0

    @property
    def feed_told(self) -> bool:
        """Whether there is a feed whose path can be found out: one that wants no token is handed out by nothing."""
        return self.feed and self.feed_written != "nowhere" and not (self.feed_open and self.feed_written == "handed")

    def lifts(self, headers: Mapping[str, str]) -> bool:
        """Whether a call (header names in lower case) carries the header that lifts."""
        name, _, value = self.lift_header.partition(":")
        return bool(name) and headers.get(name.strip().lower()) == value.strip()
