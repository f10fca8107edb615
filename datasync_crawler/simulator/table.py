"""The rendered event set, read through the memory map of a cache file (large sets) or from memory (small ones)."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from itertools import compress, cycle
from pathlib import Path
from typing import Any, Literal

from datasync_crawler.simulator.events import Event, stream
from datasync_crawler.simulator.render import (
    CLOCK_SIZE,
    COLUMNS,
    ID_AT,
    ID_SIZE,
    STAMP_SIZE,
    order_by_id,
    render,
)
from datasync_crawler.simulator.sessions import Sessions

FORMAT = 1
"""Raised whenever what is rendered changes, so that no stale file is read."""
HELD_IN_MEMORY = 50_000
"""Sets up to this size are rendered anew at every start: quicker than looking for a file."""

_ITEM: Mapping[str, Literal["B", "I", "q", "Q"]] = {
    "rows": "B",
    "clocks": "B",
    "starts": "Q",
    "times_at": "Q",
    "stamps": "q",
    "owners": "I",
    "kinds": "B",
    "by_id": "I",
}


@dataclass(frozen=True, slots=True)
class EventTable:
    """All events, newest first; a row number is a position in that order. Columns as ``render.COLUMNS`` says."""

    rows: memoryview
    clocks: memoryview
    starts: memoryview
    times_at: memoryview
    stamps: memoryview
    owners: memoryview
    kinds: memoryview
    by_id: memoryview

    def __len__(self) -> int:
        return len(self.stamps)

    def raw_id(self, row: int) -> bytes:
        """The id of the event in a row, as it stands in its JSON."""
        at = self.starts[row] + ID_AT
        return bytes(self.rows[at : at + ID_SIZE])

    def event_id(self, row: int) -> str:
        """The same as a text."""
        return self.raw_id(row).decode()

    @property
    def any_id(self) -> bool:
        """Whether ids are of any form, and not UUIDs in lower case."""
        return False

    def after(self, stamp: int, event_id: str) -> int:
        """The first row whose (time, id) is below a position; the number of rows when there is none."""
        wanted, row = self.rank(event_id), self.first_at_or_before(stamp)
        while row < len(self) and self.stamps[row] == stamp and self.rank(self.event_id(row)) >= wanted:
            row += 1
        return row

    def at_or_after(self, stamp: int, event_id: str) -> int:
        """The first row whose (time, id) is a position or below it; those before it come after it from old to new."""
        wanted, row = self.rank(event_id), self.first_at_or_before(stamp)
        while row < len(self) and self.stamps[row] == stamp and self.rank(self.event_id(row)) > wanted:
            row += 1
        return row

    def rank(self, event_id: str) -> Any:
        """What ids of one time are ordered by, the highest first."""
        return event_id

    def first_before(self, stamp: int) -> int:
        """The first row with a time strictly before ``stamp``."""
        return self.first_at_or_before(stamp - 1)

    def first_at_or_before(self, stamp: int) -> int:
        """The first row with a time not after ``stamp``."""
        return bisect_left(self.stamps, -stamp, key=_negated)

    def find(self, event_id: str) -> int | None:
        """The row of an id, or None."""
        at = bisect_left(self.by_id, event_id, key=self.event_id)
        row = int(self.by_id[at]) if at < len(self) else -1
        return row if row >= 0 and self.event_id(row) == event_id else None

    def slice(self, low: int, high: int) -> memoryview:
        """The JSON of rows ``low`` up to ``high``, joined by commas, times as numbers."""
        return self.rows[self.starts[low] : self.starts[high] - 1] if low < high else self.rows[:0]

    def mixed_slice(self, low: int, high: int) -> bytes:
        """The same, but with a number only in every third row, counted from ``low``, and ISO form in the others."""
        if low >= high:
            return b""
        # Slices of bytes cost less than views: nothing for the garbage collector to follow.
        text = bytes(self.slice(low, high))
        first = self.starts[low]
        cuts = [at - first for at in compress(self.times_at[low:high].tolist(), cycle((0, 1, 1)))]
        begins = [0, *[cut + STAMP_SIZE for cut in cuts]]
        cuts.append(len(text))
        pieces = [b""] * (2 * len(cuts) - 1)
        pieces[0::2] = map(text.__getitem__, map(slice, begins, cuts))
        clocks = struct.unpack_from(f"{CLOCK_SIZE}s" * (high - low), self.clocks, low * CLOCK_SIZE)
        pieces[1::2] = compress(clocks, cycle((0, 1, 1)))
        return b"".join(pieces)

    def pick(self, rows: Sequence[int], *, mixed: bool) -> bytes:
        """The JSON of any rows, joined by commas; ``mixed`` as in ``mixed_slice``, counted in the result."""
        return b",".join(self.text(row, at, mixed=mixed) for at, row in enumerate(rows))

    def text(self, row: int, position: int, *, mixed: bool) -> bytes:
        """The JSON of a row as it reads at a position of a page."""
        text = bytes(self.slice(row, row + 1))
        if not mixed or position % 3 == 0:
            return text
        at = self.times_at[row] - self.starts[row]
        clock = bytes(self.clocks[row * CLOCK_SIZE : (row + 1) * CLOCK_SIZE])
        return text[:at] + clock + text[at + STAMP_SIZE :]


def open_table(sessions: Sessions, seed: int, tie_rate: float, cache: Path | None = None) -> EventTable:
    """The event set that belongs to ``sessions``: from memory when small, else from the cache, rendered if absent."""
    count = sum(sessions.counts)
    if count <= HELD_IN_MEMORY:
        return held_table(stream(sessions, seed, tie_rate), sessions)
    folder = (cache or cache_home()) / f"v{FORMAT}-{count}-{seed}-{tie_rate}"
    if not folder.is_dir():
        print(f"simulator: rendering {count:,} events into {folder}", file=sys.stderr, flush=True)
        _fill(folder, lambda draft: _render_files(draft, sessions, seed, tie_rate))
    return _table({name: _mapped(folder / name) for name in COLUMNS})


def held_table(blocks: Iterator[list[Event]], sessions: Sessions) -> EventTable:
    """The event set that ``blocks`` hold, newest first, rendered into memory."""
    buffers = {name: BytesIO() for name in COLUMNS}
    render(blocks, sessions, buffers)
    rows, starts = buffers["rows"].getbuffer(), buffers["starts"].getbuffer().cast("Q")
    buffers["by_id"].write(order_by_id(rows, starts).tobytes())
    return _table({name: buffer.getbuffer() for name, buffer in buffers.items()})


def cache_home() -> Path:
    """The folder of rendered sets in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "datasync-simulator"


def _fill(folder: Path, build: Callable[[Path], None]) -> None:
    """Build a folder aside and move it into place whole; one that another process finished first is kept."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        build(draft)
        draft.rename(folder)
    except FileExistsError:
        pass
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _render_files(draft: Path, sessions: Sessions, seed: int, tie_rate: float) -> None:
    with ExitStack() as files:
        sinks = {name: files.enter_context((draft / name).open("wb", 1 << 20)) for name in COLUMNS}
        render(stream(sessions, seed, tie_rate), sessions, sinks)
    rows, starts = _mapped(draft / "rows"), _mapped(draft / "starts").cast("Q")
    (draft / "by_id").write_bytes(order_by_id(rows, starts).tobytes())


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))


def _table(columns: Mapping[str, memoryview]) -> EventTable:
    return EventTable(**{name: columns[name].cast(_ITEM[name]) for name in COLUMNS})


def _negated(stamp: int) -> int:
    return -stamp
