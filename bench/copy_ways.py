"""How many rows a second PostgreSQL takes, by the way they are given: what the ledger's choices rest on.

Run from the project's folder: ``python -m bench.copy_ways [--events N]``, with DATABASE_URL or an embedded PostgreSQL.
Every way stores the same UUIDs in pages of 5,000, a transaction each, into an empty table; a key at the end is counted
in.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import psycopg2

from bench.figures import Figures
from bench.ledger_speed import PAGE, ids_of
from bench.trial import embedded_database
from datasync_crawler.adapters.batch import Batch

_TABLE = "tried_events"


@dataclass(frozen=True, slots=True)
class Way:
    """How rows are given: ``key`` is first, last or none; ``writers`` are sessions side by side."""

    name: str
    form: str = "binary"
    key: str = "last"
    unlogged: bool = False
    waits: bool = True
    writers: int = 1


WAYS = (
    Way("binary COPY, key at once", key="first"),
    Way("binary COPY, no key", key="none"),
    Way("binary COPY, key at the end"),
    Way("text COPY, key at the end", form="text"),
    Way("the same, not waiting for the disk", waits=False),
    Way("the same, unlogged", unlogged=True),
    Way("the same, two writers", writers=2),
    Way("key at once, two writers", key="first", writers=2),
)


def main() -> int:
    """Prints rows a second for every way."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=1_000_000)
    given = words.parse_args()
    figures = Figures()
    figures.load()
    pages = [Batch(sorted(ids_of(number)), None, canonical=True) for number in range(given.events // PAGE)]
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        url = os.environ.get("DATABASE_URL") or held.enter_context(embedded_database(folder))
        for way in WAYS:
            figures.tell(way.name, round(len(pages) * PAGE / seconds_of(url, way, pages)), "rows/s")
    figures.load()
    return figures.code


def seconds_of(url: str, way: Way, pages: list[Batch]) -> float:
    """The time that all pages and the key take."""
    texts = [page.binary(uuid=True) if way.form == "binary" else "\n".join(page.ids).encode() for page in pages]
    key = " PRIMARY KEY" if way.key == "first" else ""
    _run(url, f"CREATE {'UNLOGGED ' if way.unlogged else ''}TABLE {_TABLE} (id uuid{key})")
    begun = time.perf_counter()
    writers = [Thread(target=_write, args=(url, way, texts[at :: way.writers])) for at in range(way.writers)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    if way.key == "last":
        _run(url, f"ALTER TABLE {_TABLE} ADD PRIMARY KEY (id)")
    seconds = time.perf_counter() - begun
    _run(url, f"DROP TABLE {_TABLE}")
    return seconds


def _write(url: str, way: Way, texts: list[bytes]) -> None:
    form = " WITH BINARY" if way.form == "binary" else ""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"SET synchronous_commit = {'on' if way.waits else 'off'}")
            for text in texts:
                cursor.copy_expert(f"COPY {_TABLE} FROM STDIN{form}", io.BytesIO(text), size=1 << 20)


def _run(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


if __name__ == "__main__":
    sys.exit(main())
