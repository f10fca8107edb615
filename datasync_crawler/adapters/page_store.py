"""Pages into the ledger: rows, rejected rows and checkpoints, together or not at all."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from psycopg2 import DataError
from psycopg2.errors import StatementTooComplex, UniqueViolation

from datasync_crawler.adapters.batch import Batch, sift, together
from datasync_crawler.adapters.event_store import TableForm, insert, merge
from datasync_crawler.adapters.postgres import LedgerAway, Session, fenced, ledger_errors
from datasync_crawler.adapters.queries import QUERIES
from datasync_crawler.adapters.unsettled import Count, Holder, Numbered, Stored, Unsettled, differences, numbered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

    from datasync_crawler.domain.page import StoredPage

logger = logging.getLogger(__name__)

_MOST_UNFLUSHED = 100_000
"""Rows without a key that are committed without a wait for the disk, until a commit waits for all of them."""


class PageStore(Session):
    """Where pages are stored; while the table has no key, every row counts as new.

    After LedgerAway and :meth:`reconnect` the same pages are to be given again: what was committed is not stored
    twice, and what a crash of the server took back is stored again.
    """

    def __init__(self, url: str, *, id_only: bool = True) -> None:
        super().__init__(url)
        self._id_only = id_only
        self._form = TableForm()
        self._unsettled = Unsettled(_MOST_UNFLUSHED if id_only else _MOST_UNFLUSHED // 5)

    def reconnect(self) -> None:
        """Connects anew and stores again what the server took back; LedgerError where that is not known any more."""
        super().reconnect()
        with ledger_errors():
            lost = self._unsettled.lost(self._counts())
            for page in lost:
                self._store_warily(page)
            self._unsettled.check(self._counts())
        if lost:
            logger.warning("PostgreSQL took back %d pages that it had committed: they are stored again", len(lost))

    def store(self, page: StoredPage) -> Stored:
        """Stores one page; see :meth:`store_all`."""
        return self.store_all([page])[0]

    def store_all(self, pages: Sequence[StoredPage]) -> list[Stored]:
        """Stores pages in their order: in one transaction, or one each where they meet rows that are there already.

        Raises Fenced when a shard was leased to somebody else meanwhile; that transaction stores nothing then, and no
        later one is begun.
        """
        try:
            with ledger_errors():
                outcomes = self._store_all(pages)
        except LedgerAway:
            raise
        except BaseException:
            self._unsettled.begun.clear()
            raise
        self._unsettled.begun.clear()
        return outcomes

    def _store_all(self, pages: Sequence[StoredPage]) -> list[Stored]:
        begun = dict(self._unsettled.begun)
        given = numbered(pages)
        try:
            outcomes = self._store_as_new(given, [sift(page.page, id_only=self._id_only) for page in pages])
        except (UniqueViolation, DataError, StatementTooComplex):
            outcomes = [self._store_warily(page) for page in given]
        # At the second try nobody can tell what the first one stored, but by the shards' counts.
        return differences(pages, self._unsettled.begun, self._counts()) if begun else outcomes

    def _store_as_new(self, given: Sequence[Numbered], batches: Sequence[Batch]) -> list[Stored]:
        with self._connection, self._connection.cursor() as cursor:
            whole = together(batches)
            form, left = self._enter(cursor, given, canonical=whole.canonical), given
            if any(map(self._unsettled.is_stored, given)):
                pairs = [pair for pair in zip(given, batches, strict=True) if not self._unsettled.is_stored(pair[0])]
                left, batches = [page for page, _ in pairs], [batch for _, batch in pairs]
                whole = together(batches)
            insert(cursor, whole, form)
            outcomes = [Stored(len(batch.ids), batch.met) for batch in batches]
            _move_checkpoints(cursor, left, batches, outcomes)
        self._committed(given, form)
        return outcomes

    def _store_warily(self, given: Numbered) -> Stored:
        """Stores one page of which some rows are there already, or cannot be held by PostgreSQL."""
        batch = sift(given.page.page, id_only=self._id_only, warily=True)
        with self._connection, self._connection.cursor() as cursor:
            form, outcome = self._enter(cursor, [given], canonical=batch.canonical), Stored(0, 0)
            if not self._unsettled.is_stored(given):
                inserted = merge(cursor, batch, form) if form.keyed else insert(cursor, batch, form)
                outcome = Stored(inserted, len(batch.ids) - inserted + batch.met)
                _move_checkpoints(cursor, [given], [batch], [outcome])
        self._committed([given], form)
        return outcome

    def _enter(self, cursor: Cursor, given: Sequence[Numbered], *, canonical: bool) -> TableForm:
        """Locks the shards and the table's form, and returns it; makes the ids text when one is not canonical."""
        if self._form.uuid and not canonical:
            cursor.execute(QUERIES["hold_events_alone"])
        if not self._waits:
            cursor.execute(QUERIES["commit_without_waiting_for_the_disk"])
        holders = {page.holder for page in given}
        cursor.execute(QUERIES["enter_shards"], {"shards": [s for s, _ in holders], "held": [g for _, g in holders]})
        entered = _counted(cursor)
        for shard, generation in holders - entered.keys():
            raise fenced(shard, generation)
        self._unsettled.entered(given, entered)
        form = TableForm.read(cursor)
        if not form.uuid or canonical:
            return form
        cursor.execute(QUERIES["make_ids_text"])
        return TableForm(uuid=False, keyed=form.keyed)

    @property
    def _waits(self) -> bool:
        """Whether the next commit waits for the disk."""
        return self._form.keyed or self._unsettled.full

    def _committed(self, given: Sequence[Numbered], form: TableForm) -> None:
        own = [page for page in given if page.after is None]
        # What is stored once more after a crash stays known until a commit of the next batch waited for the disk.
        if own:
            self._unsettled.committed(own, flushed=self._waits)
        self._form = form

    def _counts(self) -> dict[Holder, Count]:
        with self.transaction() as cursor:
            cursor.execute(QUERIES["counts"])
            return _counted(cursor)


def _counted(cursor: Cursor) -> dict[Holder, Count]:
    return {(shard, generation): Count(*counts) for shard, generation, *counts in cursor.fetchall()}


def _move_checkpoints(
    cursor: Cursor, given: Sequence[Numbered], batches: Sequence[Batch], outcomes: Sequence[Stored]
) -> None:
    """Everything in one message to the server, in the pages' order."""
    told = []
    for one, batch, stored in zip(given, batches, outcomes, strict=True):
        page = one.page
        values: dict[str, object] = {"shard": page.shard, "lane": page.lane, **asdict(stored)}
        if page.checkpoint is None:
            told.append(cursor.mogrify(QUERIES["count_beside"], values))
        else:
            told.append(cursor.mogrify(QUERIES["move_checkpoint"], values | asdict(page.checkpoint)))
        for row in batch.rejected:
            reason = row.reason.replace("\0", "�")
            told.append(cursor.mogrify(QUERIES["reject"], {"shard": page.shard, "reason": reason, "raw": row.raw}))
    # In the order of names: two crawlers can then wait for each other, but never in a circle.
    for lane, pages in sorted(Counter(one.page.lane for one in given).items()):
        told.append(cursor.mogrify(QUERIES["count_pages"], {"lane": lane, "pages": pages}))
    if told:
        cursor.execute(b"\n".join(told))
