"""A page: the rows of one answer, decoded and checked; the unit of items, of checkpoints and of retries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from datasync_crawler.domain.axis import mirrored
from datasync_crawler.domain.shard import Checkpoint


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that cannot be stored: why, and its raw bytes."""

    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one answer in the order served, and what it says of the rest.

    ``ids`` are as they were served (integers as their decimal text); ``times`` run parallel, in microseconds, None
    where a row has no readable time or where only the ends were read; ``types`` and ``payloads`` (the row's JSON) are
    filled only when whole events are kept. ``cursor_life`` is in seconds from the answer. ``start`` is the number of
    the first row where the page was asked for by number. ``upwards`` says that the set is walked from its oldest row
    on, and places fall while times rise (:func:`~datasync_crawler.domain.axis.mirrored`).
    """

    ids: list[str]
    times: list[int | None]
    types: list[str | None] | None = None
    payloads: list[bytes] | None = None
    has_more: bool | None = None
    next_cursor: str | None = None
    cursor_life: float | None = None
    total: int | None = None
    rejected: tuple[RejectedRow, ...] = ()
    start: int | None = None
    upwards: bool = False

    @property
    def newest(self) -> int | None:
        """The place of the first row that has one: that of its time, or where rows are numbered its number as a place.

        Where the set is walked upwards that is the oldest row.
        """
        if self.start is not None:
            return place_of(self.start)
        return self._place(next((time for time in self.times if time is not None), None))

    @property
    def oldest(self) -> int | None:
        """The place of the last row that has one."""
        if self.start is not None:
            return place_of(self.start + len(set(self.ids)) + len(self.rejected) - 1)
        return self._place(next((time for time in reversed(self.times) if time is not None), None))

    def kept(self, places: Sequence[int]) -> Page:
        """The page with the rows at these places (from 0) alone; what it says of the rest stands."""
        types = None if self.types is None else [self.types[place] for place in places]
        payloads = None if self.payloads is None else [self.payloads[place] for place in places]
        ids, times = [self.ids[place] for place in places], [self.times[place] for place in places]
        return replace(self, ids=ids, times=times, types=types, payloads=payloads)

    def _place(self, time: int | None) -> int | None:
        return time if time is None or not self.upwards else mirrored(time)


def place_of(number: int) -> int:
    """Where the row of that number (the first is 0) stands: places fall from row to row, as times do.

    >>> place_of(0), place_of(41)
    (-1, -42)
    """
    return -number - 1


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page on its way into the ledger: the item of the events spider.

    The rows and the checkpoint of the shard are one transaction; ``generation`` fences out a holder that lost its
    lease. Without a checkpoint the rows only lie beside the shard, which counts them and stays where it is.
    """

    shard: int
    generation: int
    lane: str
    page: Page
    checkpoint: Checkpoint | None
