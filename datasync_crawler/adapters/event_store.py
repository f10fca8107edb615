"""Rows into ``ingested_events``: a direct COPY, and where that meets a key already there, by way of staging."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from datasync_crawler.adapters.queries import QUERIES

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

    from datasync_crawler.adapters.batch import Batch

_BLOCK = 1 << 20
"""Bytes a read of COPY; the driver's 8 kB cost 12 %."""


@dataclass(frozen=True, slots=True)
class TableForm:
    """How the table stands: whether its ids are of the type UUID, and whether it has its key."""

    uuid: bool = True
    keyed: bool = True

    @classmethod
    def read(cls, cursor: Cursor) -> Self:
        """As it is now; it stays so while the caller's transaction holds a lock on the table."""
        cursor.execute(QUERIES["table_form"])
        return cls(*(cursor.fetchone() or ()))


def insert(cursor: Cursor, batch: Batch, form: TableForm) -> int:
    """Stores rows inside the caller's transaction, all as new ones; returns how many they are.

    ``form`` is the table's, and the ids are canonical if it says so. Raises UniqueViolation, which ends the
    transaction, when one is there already and the table has its key.
    """
    if batch.ids:
        _copy(cursor, "ingested_events", batch.in_order() if form.keyed else batch, form)
    return len(batch.ids)


def merge(cursor: Cursor, batch: Batch, form: TableForm) -> int:
    """Stores what is not there yet, inside the caller's transaction; returns how many rows were new."""
    if not batch.ids:
        return 0
    cursor.execute(QUERIES["stage"])
    _copy(cursor, "staged_events", batch, form)
    cursor.execute(QUERIES["merge_staged"])
    return cursor.rowcount


def _copy(cursor: Cursor, table: str, batch: Batch, form: TableForm) -> None:
    columns = "id" if batch.events is None else "id, occurred_at, type, payload"
    rows = io.BytesIO(batch.binary(uuid=form.uuid))
    cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH BINARY", rows, size=_BLOCK)
