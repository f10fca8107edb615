"""The ledger's shards: planted once, leased, split while they run, finished with a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasync_crawler.adapters.postgres import Fenced, Session
from datasync_crawler.adapters.queries import QUERIES
from datasync_crawler.domain.ending import TOLD_ENDS
from datasync_crawler.domain.shard import Checkpoint, Shard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class


class ShardBook(Session):
    """Which parts of the set there are and how far each has come."""

    def shards(self) -> list[Shard]:
        """All shards, in the order they were made."""
        return [_shard(row) for row in self._rows("shards")]

    def plant(self, bounds: Sequence[tuple[int | None, int | None]]) -> list[Shard]:
        """Makes the first shards from (low, high) in microseconds; where there are shards already, changes nothing.

        Returns the shards that the ledger has; they must be leased before pages can be stored.
        """
        with self.transaction() as cursor:
            cursor.execute(QUERIES["lock_shards"])
            cursor.execute(QUERIES["shards"])
            if not cursor.fetchall():
                for low, high in bounds:
                    cursor.execute(QUERIES["plant"], {"low": low, "high": high})
            cursor.execute(QUERIES["shards"])
            return [_shard(row) for row in cursor.fetchall()]

    def lease(self) -> int:
        """Takes every open shard under a new generation and returns it; older generations are refused from now on."""
        (row,) = self._rows("lease")
        return int(row[0])

    def split(self, shard: int, generation: int, at: int) -> tuple[Shard, Shard]:
        """Cuts what is left of a shard: it keeps [at, high), a new one of the same generation gets [low, at).

        Raises Fenced when the generation is stale, ValueError when ``at`` is not strictly inside what is left.
        """
        with self.transaction() as cursor:
            whole = _held(cursor, shard, generation)
            inside = (whole.low is None or whole.low < at) and (whole.top is None or at < whole.top)
            if whole.done or not inside:
                raise ValueError(f"{at} is not inside what is left of shard {shard}")
            values = {"shard": shard, "generation": generation, "low": whole.low, "at": at}
            cursor.execute(QUERIES["raise_low"], values)
            cursor.execute(QUERIES["plant_lower_part"], values)
            (lower,) = cursor.fetchone() or ()
            return _held(cursor, shard, generation), _held(cursor, lower, generation)

    def reopen(self) -> None:
        """Opens the shards again whose end was proven by nothing coming after it: more may have come since."""
        self._run("reopen", proofs=list(TOLD_ENDS))

    def finish(self, shard: int, generation: int, proof: str) -> None:
        """Marks a shard done by a proof that came without a page; raises Fenced when the generation is stale."""
        if not proof:
            raise ValueError("a shard is finished by a proof")
        if not self._run("finish", shard=shard, generation=generation, proof=proof):
            raise _fenced(shard, generation)


def _held(cursor: Cursor, shard: int, generation: int) -> Shard:
    cursor.execute(QUERIES["held_shard"], {"shard": shard, "generation": generation})
    row = cursor.fetchone()
    if row is None:
        raise _fenced(shard, generation)
    return _shard(row)


def _fenced(shard: int, generation: int) -> Fenced:
    return Fenced(f"shard {shard} is no longer held by generation {generation}")


def _shard(row: tuple[Any, ...]) -> Shard:
    id_, low, high, position, last_id, cursor, expires, proof, lane, rows, met, pages = row
    checkpoint = Checkpoint(position, last_id, cursor, expires, proof or None)
    return Shard(id_, low, high, checkpoint, lane, rows, met, pages)
