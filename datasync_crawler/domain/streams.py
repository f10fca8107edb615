"""Streams: everything at once, cut into pages while it comes."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from datasync_crawler.domain.axis import mirrored
from datasync_crawler.domain.errors import PageError
from datasync_crawler.domain.framing import framer_of, is_json, utf8
from datasync_crawler.domain.page import Page, RejectedRow
from datasync_crawler.domain.profile import RowShape
from datasync_crawler.domain.reading import PageReader

PAGE_ROWS = 5_000
"""Rows a page of a stream, where nothing else is asked for."""

_LONGEST_PAGE = 16 << 20
"""Bytes after which a page is cut, however few rows they are."""


class StreamCutter:
    """Makes pages of at most ``rows`` rows out of a body in pieces of any size; holds no more than one page of them.

    ``form`` is one of :data:`~datasync_crawler.domain.framing.StreamFormat`; with ``whole`` pages hold whole events.
    The times of all rows are read, as a stream's order has to be seen; ``upwards`` is the pages' axis.
    """

    def __init__(
        self, form: str, shape: RowShape, *, whole: bool = False, rows: int = PAGE_ROWS, upwards: bool = False
    ) -> None:
        self._text = utf8()
        self._framer = framer_of(form, shape)
        self._reader = PageReader(msgspec.structs.replace(shape, rows=()), whole=whole, upwards=upwards)
        self._rows = rows
        self._waiting: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> list[Page]:
        """The pages that are full now."""
        came = self._framer.feed(self._text.decode(piece))
        self._waiting += came
        self._size += sum(map(len, came))
        pages = []
        while len(self._waiting) >= self._rows:
            pages.append(self._page(self._waiting[: self._rows]))
            del self._waiting[: self._rows]
            self._size = sum(map(len, self._waiting))
        if self._size >= _LONGEST_PAGE and (page := self.flush()) is not None:
            pages.append(page)
        return pages

    def close(self) -> Page | None:
        """The last page, when the body has come to its end; raises Malformed when that is within a row."""
        self._waiting += self._framer.feed(self._text.decode(b"", final=True)) + self._framer.rest()
        return self.flush()

    def flush(self) -> Page | None:
        """A page of what is whole so far, None when nothing is."""
        rows, self._waiting, self._size = self._waiting, [], 0
        return self._page(rows) if rows else None

    def _page(self, rows: list[bytes]) -> Page:
        try:
            return self._read(rows)
        except PageError:
            good = [row for row in rows if is_json(row)]
            page = self._read(good)
            lost = tuple(RejectedRow("not JSON", row) for row in rows if not is_json(row))
            return replace(page, rejected=page.rejected + lost)

    def _read(self, rows: list[bytes]) -> Page:
        return self._reader.read(b"[" + b",".join(rows) + b"]")


def in_order(page: Page, before: int | None) -> bool:
    """Whether every row of a page has a place, none above that of the row before it or ``before`` (microseconds)."""
    last = before
    for time in page.times:
        place = None if time is None else mirrored(time) if page.upwards else time
        if place is None or (last is not None and place > last):
            return False
        last = place
    return True
