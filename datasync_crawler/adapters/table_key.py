"""The key of ``ingested_events``: left out while rows are loaded in bulk, and built when they are in.

A key over millions of rows is built in a second or two; to maintain it while they are loaded takes many times that.

What holds without it: rows and checkpoint are one transaction as ever; every row served is in the table, some perhaps
twice; every copy is counted among its shard's rows, so that table and shards agree at every moment. Building the key
is one transaction too: the copies go, and as many rows of shards become rows met again. It has happened or it has
not, and whoever asks can see which: nothing is proven, complete or submitted while the key is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2.errors import UniqueViolation

from datasync_crawler.adapters.postgres import Session
from datasync_crawler.adapters.queries import QUERIES

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class


class TableKey(Session):
    """Whether the table has its key; pages are stored either way, by whoever does it at the same time."""

    @property
    def keyed(self) -> bool:
        """Whether no row can be in the table twice."""
        return bool(self._rows("is_keyed")[0][0])

    def drop_key(self) -> None:
        """From now on rows are stored without a look at what is there; every one counts as new."""
        with self.transaction() as cursor:
            cursor.execute(QUERIES["hold_events_alone"])
            if is_keyed(cursor):
                cursor.execute(QUERIES["drop_key"])

    def build_key(self) -> int:
        """Gives the table its key if it has none; returns how many copies of rows had come in and are gone now.

        They are counted as met, in the shards with most rows: through which of them a copy came is not known.
        """
        with self.transaction() as cursor:
            cursor.execute(QUERIES["hold_events_alone"])
            if is_keyed(cursor):
                return 0
            cursor.execute("SAVEPOINT unkeyed")
            try:
                cursor.execute(QUERIES["add_key"])
            except UniqueViolation:
                cursor.execute("ROLLBACK TO SAVEPOINT unkeyed")
                return _without_copies(cursor)
            return 0


def _without_copies(cursor: Cursor) -> int:
    cursor.execute(QUERIES["remove_copies"])
    copies = cursor.rowcount
    cursor.execute(QUERIES["count_copies_as_met"], {"copies": copies})
    cursor.execute(QUERIES["add_key"])
    return copies


def is_keyed(cursor: Cursor) -> bool:
    """Whether the table has its key, as a transaction sees it."""
    cursor.execute(QUERIES["is_keyed"])
    return cursor.fetchone() == (True,)
