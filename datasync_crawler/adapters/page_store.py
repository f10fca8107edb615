"""Pages into the ledger: rows, rejected rows and checkpoints, together or not at all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from psycopg2 import DataError
from psycopg2.errors import StatementTooComplex, UniqueViolation

from datasync_crawler.adapters.batch import Batch, sift, together
from datasync_crawler.adapters.event_store import TableForm, insert, merge
from datasync_crawler.adapters.postgres import Fenced, Session, ledger_errors
from datasync_crawler.adapters.queries import QUERIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

    from datasync_crawler.domain.page import StoredPage


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a page's rows: ``inserted`` were new, ``met`` were there already or came twice in the page."""

    inserted: int
    met: int


class PageStore(Session):
    """Where pages are stored; while the table has no key, every row counts as new."""

    def __init__(self, url: str, *, id_only: bool = True) -> None:
        super().__init__(url)
        self._id_only = id_only
        self._form = TableForm()

    def store(self, page: StoredPage) -> Stored:
        """Stores one page; see :meth:`store_all`."""
        return self.store_all([page])[0]

    def store_all(self, pages: Sequence[StoredPage]) -> list[Stored]:
        """Stores pages in their order: in one transaction, or one each where they meet rows that are there already.

        Raises Fenced when a shard was leased to somebody else meanwhile; that transaction stores nothing then, and no
        later one is begun.
        """
        with ledger_errors():
            try:
                return self._store_as_new(pages, [sift(page.page, id_only=self._id_only) for page in pages])
            except (UniqueViolation, DataError, StatementTooComplex):
                return [self._store_warily(page) for page in pages]

    def _store_as_new(self, pages: Sequence[StoredPage], batches: Sequence[Batch]) -> list[Stored]:
        whole = together(batches)
        with self._connection, self._connection.cursor() as cursor:
            form = self._enter(cursor, pages, canonical=whole.canonical)
            insert(cursor, whole, form)
            outcomes = [Stored(len(batch.ids), batch.met) for batch in batches]
            _move_checkpoints(cursor, pages, batches, outcomes)
        self._form = form
        return outcomes

    def _store_warily(self, page: StoredPage) -> Stored:
        """Stores one page of which some rows are there already, or cannot be held by PostgreSQL."""
        batch = sift(page.page, id_only=self._id_only, warily=True)
        with self._connection, self._connection.cursor() as cursor:
            form = self._enter(cursor, [page], canonical=batch.canonical)
            inserted = len(batch.ids)
            if form.keyed:
                inserted = merge(cursor, batch, form)
            else:
                insert(cursor, batch, form)
            outcome = Stored(inserted, len(batch.ids) - inserted + batch.met)
            _move_checkpoints(cursor, [page], [batch], [outcome])
        self._form = form
        return outcome

    def _enter(self, cursor: Cursor, pages: Sequence[StoredPage], *, canonical: bool) -> TableForm:
        """Locks the shards and the table's form, and returns it; makes the ids text when one is not canonical."""
        if self._form.uuid and not canonical:
            cursor.execute(QUERIES["hold_events_alone"])
        if not self._form.keyed:
            cursor.execute(QUERIES["commit_without_waiting_for_the_disk"])
        holders = {(page.shard, page.generation) for page in pages}
        cursor.execute(QUERIES["enter_shards"], {"shards": [s for s, _ in holders], "held": [g for _, g in holders]})
        entered = {shard for (shard,) in cursor.fetchall()}
        for shard, generation in holders:
            if shard not in entered:
                raise Fenced(f"shard {shard} is no longer held by generation {generation}")
        form = TableForm.read(cursor)
        if not form.uuid or canonical:
            return form
        cursor.execute(QUERIES["make_ids_text"])
        return TableForm(uuid=False, keyed=form.keyed)


def _move_checkpoints(
    cursor: Cursor, pages: Sequence[StoredPage], batches: Sequence[Batch], outcomes: Sequence[Stored]
) -> None:
    """Everything in one message to the server, in the pages' order."""
    told = []
    for page, batch, stored in zip(pages, batches, outcomes, strict=True):
        values: dict[str, object] = {"shard": page.shard, "lane": page.lane, **asdict(stored)}
        if page.checkpoint is None:
            told.append(cursor.mogrify(QUERIES["count_beside"], values))
        else:
            told.append(cursor.mogrify(QUERIES["move_checkpoint"], values | asdict(page.checkpoint)))
        for row in batch.rejected:
            reason = row.reason.replace("\0", "�")
            told.append(cursor.mogrify(QUERIES["reject"], {"shard": page.shard, "reason": reason, "raw": row.raw}))
    cursor.execute(b"\n".join(told))
