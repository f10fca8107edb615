"""The ledger: rows, shards, calls and findings in PostgreSQL, the one truth about progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import msgspec

from datasync_crawler.adapters.batch import fault_of_id
from datasync_crawler.adapters.call_book import Call, CallBook
from datasync_crawler.adapters.event_store import TableForm
from datasync_crawler.adapters.id_set import IdSet, SnapshotIds
from datasync_crawler.adapters.page_store import PageStore
from datasync_crawler.adapters.postgres import Fenced, LedgerAway
from datasync_crawler.adapters.queries import QUERIES, SCHEMA
from datasync_crawler.adapters.seedbed import Seedbed
from datasync_crawler.adapters.standing import Standing, holes, ids_of
from datasync_crawler.adapters.submission_book import SubmissionBook, SubmissionIntent, SubmissionRecord
from datasync_crawler.adapters.table_key import TableKey
from datasync_crawler.adapters.unsettled import Stored
from datasync_crawler.domain.errors import SourceMismatch
from datasync_crawler.domain.profile import read_profile

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

__all__ = [
    "Call",
    "Fenced",
    "Ledger",
    "LedgerAway",
    "SnapshotIds",
    "Standing",
    "Stored",
    "SubmissionIntent",
    "SubmissionRecord",
]


class Ledger(PageStore, TableKey, Seedbed, CallBook, SubmissionBook, IdSet):
    """One source's records and everything known about getting them; a checkpoint is never ahead of its rows.

    One connection, a context manager, used by one thread at a time. Whatever fails raises LedgerError and leaves the
    database as it was.
    """

    @classmethod
    def open(cls, url: str, *, id_only: bool = True) -> Self:
        """Connects and makes what is missing of the schema; safe for several at once."""
        ledger = cls(url, id_only=id_only)
        try:
            with ledger.transaction() as cursor:
                cursor.execute(QUERIES["lock_schema"])
                cursor.execute(SCHEMA)
                ledger._make_table(cursor)
                ledger._form = TableForm.read(cursor)
        except BaseException:
            ledger.close()
            raise
        return ledger

    def _make_table(self, cursor: Cursor) -> None:
        cursor.execute(QUERIES["make_id_table" if self._id_only else "make_event_table"])

    def bind(self, origin: str) -> None:
        """Gives the ledger to ``origin`` in the mode it was opened in.

        Raises SourceMismatch when it holds anything of another origin, or rows of the other mode.
        """
        with self.transaction() as cursor:
            cursor.execute(QUERIES["lock_schema"])
            cursor.execute(QUERIES["source"])
            bound, id_only = cursor.fetchone() or (origin, None)
            if (bound, id_only) != (origin, self._id_only) and self._marked(cursor) is not None:
                self._cleared(cursor)
            if bound != origin and self._is_begun(cursor):
                raise SourceMismatch(f"this ledger belongs to {bound}, not to {origin}: use another database")
            if id_only is not self._id_only:
                self._change_mode(cursor)
            cursor.execute(QUERIES["bind_source"], {"origin": origin, "id_only": self._id_only})

    @staticmethod
    def _is_begun(cursor: Cursor) -> bool:
        cursor.execute(QUERIES["is_begun"])
        return cursor.fetchone() == (True,)

    def _change_mode(self, cursor: Cursor) -> None:
        cursor.execute(QUERIES["has_events"])
        if cursor.fetchone() == (True,):
            had, asked = str(not self._id_only).lower(), str(self._id_only).lower()
            raise SourceMismatch(f"this ledger has rows of ID_ONLY={had}, not {asked}: use another database")
        cursor.execute(QUERIES["drop_event_table"])
        self._make_table(cursor)
        self._form = TableForm()

    def standing(self) -> Standing:
        """Counts the table and holds it against the shards."""
        shards = self.shards()
        gaps, overlaps = holes(shards)
        return Standing(
            events=self.count(),
            claimed=sum(shard.rows for shard in shards),
            open_shards=tuple(shard.id for shard in shards if not shard.done),
            gaps=gaps,
            overlaps=overlaps,
            rejected=self._lost_rows(),
            keyed=self.keyed,
        )

    def rejections(self) -> list[tuple[str, int]]:
        """Why rows could not be stored, and how many of them for each reason; the most frequent hundred."""
        return [(reason, rows) for reason, rows in self._rows("rejections")]

    def origin(self) -> str | None:
        """The source that this ledger belongs to."""
        return next((origin for (origin,) in self._rows("bound_origin")), None)

    def server_version(self) -> str:
        """The version of PostgreSQL."""
        return str(self._rows("server_version")[0][0])

    def _lost_rows(self) -> int:
        """Rejected rows whose id is not in the table; the saved profile says which field of them is the id."""
        document = self.profile()
        names = _id_fields(document) if document else frozenset()
        ids = ids_of((bytes(raw) for (raw,) in self._rows("rejected")), names)
        known = {id_ for id_ in ids if id_ is not None and fault_of_id(id_) is None}
        came = self.stored_of(sorted(known)) if known else set()
        return sum(id_ not in came for id_ in ids)


def _id_fields(document: bytes) -> frozenset[str]:
    try:
        return frozenset(endpoint.shape.id for endpoint in read_profile(document).endpoints)
    except msgspec.MsgspecError:
        return frozenset()
