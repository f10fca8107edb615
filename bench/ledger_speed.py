"""How fast the ledger is: rows stored a second with a key and before it, new and known; digest, stream, standing.

``python -m bench.ledger_speed [--events 3000000] [--url postgresql://…]``: on an empty database, or without a URL on
an embedded PostgreSQL that is removed afterwards.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from datasync_crawler.adapters.embedded import EmbeddedPostgres
from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = 5_000


def ids_of(page: int) -> list[str]:
    """The same ids for the same number, in no order."""
    text = random.Random(page).randbytes(16 * PAGE).hex()  # noqa: S311 - repeatable, not secret
    rows = (text[start : start + 32] for start in range(0, len(text), 32))
    return [f"{row[:8]}-{row[8:12]}-{row[12:16]}-{row[16:20]}-{row[20:]}" for row in rows]


def tell(what: str, rows: int, seconds: float) -> None:
    """Prints one figure."""
    print(f"{what:<18} {rows:>9,} rows {seconds:7.2f} s {rows / seconds:>12,.0f} rows/s", flush=True)


def timed(work: Callable[[], object]) -> float:
    """The seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def drain(ledger: Ledger, generation: int, pages: range, together: int = 1) -> float:
    """Stores the pages, so many at a time; returns the seconds inside ``store``, for making ids takes time too."""
    spent = 0.0
    for first in range(pages.start, pages.stop, pages.step * together):
        numbers = range(first, min(first + pages.step * together, pages.stop), pages.step)
        batch = [
            StoredPage(1, generation, "bench", Page(ids_of(number), [None] * PAGE), Checkpoint(-number))
            for number in numbers
        ]
        spent += timed(partial(ledger.store_all, batch))
    return spent


def stream(ledger: Ledger) -> None:
    """Walks the ids as a submission does."""
    with ledger.id_stream() as ids:
        assert sum(map(len, ids.chunks())) == ids.length


def measure(url: str, events: int) -> None:
    """Prints every figure for one database, which must be empty."""
    pages = range(events // PAGE)
    with Ledger.open(url) as ledger:
        ledger.plant([(None, None)])
        generation = ledger.lease()
        tell("store, all new", events, drain(ledger, generation, pages))
        ledger.drop_key()
        later = range(len(pages), 2 * len(pages))
        tell("before the key", events, drain(ledger, generation, later))
        tell("the same by two", events, drain(ledger, generation, range(2 * len(pages), 3 * len(pages)), together=2))
        tell("build the key", 3 * events, timed(ledger.build_key))
        known = pages[:: max(len(pages) // 60, 1)]
        tell("store, all known", len(known) * PAGE, drain(ledger, generation, known))
        tell("digest", 3 * events, timed(ledger.digest))
        tell("stream", 3 * events, timed(partial(stream, ledger)))
        tell("standing", 3 * events, timed(ledger.standing))


def main() -> None:
    """Reads the command line."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=3_000_000)
    words.add_argument("--url")
    given = words.parse_args()
    if given.url:
        measure(given.url, given.events)
        return
    postgres = EmbeddedPostgres(Path(tempfile.mkdtemp()) / "postgres")
    try:
        with postgres:
            measure(postgres.url, given.events)
    finally:
        postgres.remove()


if __name__ == "__main__":
    main()
