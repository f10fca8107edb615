"""The seedbed: shards and rows that a discovery stores before it knows whether they belong there.

They are marked until a profile is kept. So long they are provisional: whoever comes next may take them out, as nothing
was drained yet. Each step is one transaction under the locks of leases and shards.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from datasync_crawler.adapters.memory import Memory
from datasync_crawler.adapters.queries import QUERIES
from datasync_crawler.adapters.shard_book import ShardBook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

    from datasync_crawler.domain.shard import Shard


class Seedbed(ShardBook, Memory):
    """What is provisional of a ledger; ``mark`` names the discovery that it is of."""

    def sow(
        self, bounds: Sequence[tuple[int | None, int | None]], holder: str, mark: str
    ) -> tuple[list[Shard], int] | None:
        """Makes provisional shards in place of those that are there, leased for ``holder``: they and the generation.

        None, and nothing is changed, where anything stands in the ledger that is not provisional. Raises StateBusy
        while somebody else's lease runs.
        """
        with self.transaction() as cursor:
            cursor.execute(QUERIES["wait_little_for_locks"])
            cursor.execute(QUERIES["lock_leases"])
            cursor.execute(QUERIES["lock_shards"])
            self._check_lease(cursor, holder)
            if not self._cleared(cursor):
                return None
            self._make(cursor, bounds)
            generation = self._take(cursor, holder)
            cursor.execute(QUERIES["mark_seedbed"], {"mark": json.dumps(mark)})
            return self._all(cursor), generation

    def take_root(self, document: bytes, mark: str) -> None:
        """Keeps a profile: what was sown under its ``mark`` stays for good, what was under another is taken out."""
        with self.transaction() as cursor:
            cursor.execute(QUERIES["lock_shards"])
            if self._marked(cursor) not in {None, json.dumps(mark)}:
                self._cleared(cursor)
            cursor.execute(QUERIES["unmark_seedbed"])
            self._keep_profile(cursor, document)

    def _cleared(self, cursor: Cursor) -> bool:
        """Whether the ledger has neither shards nor rows, once those that are provisional were taken out."""
        shards = self._all(cursor)
        cursor.execute(QUERIES["count"])
        (rows,) = cursor.fetchone() or (0,)
        if not shards and not rows:
            return True
        if self._marked(cursor) is None or rows != sum(shard.rows for shard in shards):
            return False
        cursor.execute(QUERIES["uproot"])
        return True

    @staticmethod
    def _marked(cursor: Cursor) -> str | None:
        cursor.execute(QUERIES["seedbed"])
        row = cursor.fetchone()
        return None if row is None else str(row[0])
