"""How much memory the crawler takes where most is to be held: large pages, a stream, whole events, a slow database.

Run from the project's folder: ``python -m bench.memory [--events N] [--only NAME]``, with DATABASE_URL (one case) or
an embedded PostgreSQL. Nothing but the machine bounds the drains. Exits 1 when a bound is missed or a drain fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2

from bench.figures import Figures
from bench.trial import Trial, embedded_database
from bench.unlimited import MOST_MEGABYTES, spent_on_draining
from datasync_crawler.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HELD, _FREE = 1.0, 0.1
"""Seconds that the slow database holds the table, and lets go of it, by turns."""


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of drain: its share of the events, the world's switches, the crawler's settings."""

    name: str
    share: float = 1.0
    switches: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    slow: bool = False


CASES = (
    Case("pages of 100,000 rows", switches={"page_cap": 100_000, "feed": False}),
    Case("a stream", switches={"page_cap": 50, "feed": False, "dump_path": "/export", "dump_rows_per_second": 0}),
    Case("whole events", settings={"ID_ONLY": "false"}),
    Case("a database that stands still", share=0.3, slow=True),
)


def main() -> int:
    """Drains a fresh simulator in every case and prints the most that was resident."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=3_000_000)
    words.add_argument("--only", choices=[case.name for case in CASES])
    given = words.parse_args()
    figures = Figures()
    figures.load()
    for case in CASES:
        if given.only in {None, case.name}:
            figures.most(case.name, peak(case, given.events), MOST_MEGABYTES, "MB")
    figures.load()
    return figures.code


def peak(case: Case, events: int) -> float:
    """The megabytes that were resident at most while the case was drained to its proof."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        switches = {"limits": False, "latency": False, **case.switches}
        simulator = held.enter_context(Simulator(int(events * case.share), 1, 1.0, **switches))
        database = os.environ.get("DATABASE_URL") or held.enter_context(embedded_database(folder))
        trial = Trial(simulator, folder, database, dict(case.settings))
        trial.must("crawl", "discover")
        if case.slow:
            held.enter_context(standing_still(database))
        return spent_on_draining(trial).megabytes


@contextmanager
def standing_still(database: str) -> Iterator[None]:
    """Meanwhile the table takes rows for a moment, and then none for ten times as long, and so on."""
    over = threading.Event()

    def hold() -> None:
        with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
            while not over.wait(_FREE):
                with connection:
                    cursor.execute("LOCK TABLE ingested_events IN SHARE ROW EXCLUSIVE MODE")
                    over.wait(_HELD)

    with ThreadPoolExecutor(1) as executor:
        holding = executor.submit(hold)
        try:
            yield
        finally:
            over.set()
            # What went wrong there would have left the database as quick as ever.
            holding.result()


if __name__ == "__main__":
    sys.exit(main())
