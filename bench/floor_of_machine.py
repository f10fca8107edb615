"""The least time that the machine itself takes for a set: pages downloaded to nowhere while PostgreSQL takes the rows.

Both happen side by side, as in a drain: the pages come over one connection and are thrown away, the rows go by binary
COPY into a logged table without a key, which is built when all are in. Nothing is read, judged or accounted for.
"""

from __future__ import annotations

import io
import os
import time
from contextlib import closing
from threading import Thread
from typing import TYPE_CHECKING

import psycopg2

from bench.simulator_speed import drain_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datasync_crawler.simulator import Simulator

_OPENING, _CLOSING = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_BLOCK_ROWS = 50_000
_TABLE = "floor_events"


def floor_of_machine(simulator: Simulator, database: str, events: int, page_rows: int = 5_000) -> float:
    """Seconds for so many events: downloaded in pages of the simulator, and stored as UUIDs with their key."""
    pages = -(-events // page_rows)
    headers = f"Host: simulator\r\nX-API-Key: {simulator.key}\r\n"
    download = Thread(
        target=drain_pages, args=(simulator.url, "/api/v1/events", headers, events, pages, page_rows), daemon=True
    )
    blocks = list(_blocks(events))
    with closing(psycopg2.connect(database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {_TABLE} (id uuid)")
            begun = time.perf_counter()
            download.start()
            for block in blocks:
                cursor.copy_expert(f"COPY {_TABLE} FROM STDIN WITH BINARY", io.BytesIO(block), size=1 << 20)
            download.join()
            cursor.execute(f"ALTER TABLE {_TABLE} ADD PRIMARY KEY (id)")
            seconds = time.perf_counter() - begun
            cursor.execute(f"DROP TABLE {_TABLE}")
    return seconds


def _blocks(events: int) -> Iterator[bytes]:
    """Random UUIDs as COPY takes them."""
    head = b"\0\1\0\0\0\x10"
    for first in range(0, events, _BLOCK_ROWS):
        noise = os.urandom(16 * min(_BLOCK_ROWS, events - first))
        rows = head.join(noise[at : at + 16] for at in range(0, len(noise), 16))
        yield _OPENING + head + rows + _CLOSING
