"""The ledger's shards: planted once, leased, split while they run, finished with a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasync_crawler.adapters.postgres import Fenced, Session, fenced
from datasync_crawler.adapters.queries import QUERIES
from datasync_crawler.domain.ending import TOLD_ENDS
from datasync_crawler.domain.errors import StateBusy
from datasync_crawler.domain.shard import Checkpoint, Shard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

LEASE = 60.0
"""Seconds after which the shards of a crawler that does not renew its lease may be taken by another."""


class ShardBook(Session):
    """Which parts of the set there are and how far each has come."""

    def is_made(self) -> bool:
        """Whether the database has a ledger's tables; nothing else can be asked of one that has not."""
        return self._rows("is_made") == [(True,)]

    def shards(self) -> list[Shard]:
        """All shards, in the order they were made."""
        return [_shard(row) for row in self._rows("shards")]

    def lane_pages(self) -> dict[str, int]:
        """The pages that each lane brought into the ledger."""
        return dict(self._rows("lane_pages"))

    def seconds_since_commit(self) -> float | None:
        """How long ago a shard was last moved, None where there is none."""
        return next((seconds for (seconds,) in self._rows("seconds_since_commit")), None)

    def plant(self, bounds: Sequence[tuple[int | None, int | None]]) -> list[Shard]:
        """Makes the first shards from (low, high) in microseconds; where there are shards already, changes nothing.

        Returns the shards that the ledger has; they must be leased before pages can be stored.
        """
        with self.transaction() as cursor:
            cursor.execute(QUERIES["lock_shards"])
            if not self._all(cursor):
                self._make(cursor, bounds)
            return self._all(cursor)

    def leased_for(self, holder: str) -> float | None:
        """The seconds that the lease of somebody other than ``holder`` still runs, None when nobody else has one."""
        return next((seconds for (seconds,) in self._rows("leased_for", holder=holder)), None)

    def lease(self, holder: str = "", seconds: float = LEASE) -> int:
        """Takes every open shard under a new generation and returns it; older generations are refused from now on.

        For so many seconds, as long as it is renewed, nobody but ``holder`` can do the same; without a holder for
        none at all. Raises StateBusy while somebody else's lease runs.
        """
        with self.transaction() as cursor:
            cursor.execute(QUERIES["lock_leases"])
            self._check_lease(cursor, holder)
            cursor.execute(QUERIES["end_frozen_writers"])
            return self._take(cursor, holder, seconds)

    @staticmethod
    def _check_lease(cursor: Cursor, holder: str) -> None:
        cursor.execute(QUERIES["leased_for"], {"holder": holder})
        if (row := cursor.fetchone()) is not None:
            raise StateBusy(f"another crawler drains this ledger; its lease runs for {row[0]:.0f} s more")

    @staticmethod
    def _take(cursor: Cursor, holder: str, seconds: float = LEASE) -> int:
        cursor.execute(QUERIES["take_open_shards"])
        (generation,) = cursor.fetchone() or ()
        if holder:
            cursor.execute(QUERIES["note_lease"], {"generation": generation, "holder": holder, "seconds": seconds})
        return int(generation)

    @staticmethod
    def _make(cursor: Cursor, bounds: Sequence[tuple[int | None, int | None]]) -> None:
        for low, high in bounds:
            cursor.execute(QUERIES["plant"], {"low": low, "high": high})

    @staticmethod
    def _all(cursor: Cursor) -> list[Shard]:
        cursor.execute(QUERIES["shards"])
        return [_shard(row) for row in cursor.fetchall()]

    def renew(self, generation: int, seconds: float = LEASE) -> None:
        """The lease runs for so many seconds from now; raises Fenced when somebody else has taken over."""
        if not self._run("renew", generation=generation, seconds=seconds):
            raise Fenced(f"another crawler has taken over: the lease of generation {generation} ran out")

    def release(self, generation: int) -> None:
        """Ends a lease: others need not wait until it runs out."""
        self._run("release", generation=generation)

    def split(self, shard: int, generation: int, at: int) -> tuple[Shard, Shard]:
        """Cuts what is left of a shard: it keeps [at, high), a new one of the same generation gets [low, at).

        A cut that was made already is not made twice. Raises Fenced when the generation is stale, ValueError when
        ``at`` is not strictly inside what is left.
        """
        with self.transaction() as cursor:
            whole = _held(cursor, shard, generation)
            if whole.low == at:
                cursor.execute(QUERIES["lower_part"], {"at": at, "generation": generation})
                if (row := cursor.fetchone()) is not None:
                    return whole, _shard(row)
            above = all(bound is None or at < bound for bound in (whole.high, whole.checkpoint.position))
            if whole.done or not above or not (whole.low is None or whole.low < at):
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
            raise fenced(shard, generation)


def _held(cursor: Cursor, shard: int, generation: int) -> Shard:
    cursor.execute(QUERIES["held_shard"], {"shard": shard, "generation": generation})
    row = cursor.fetchone()
    if row is None:
        raise fenced(shard, generation)
    return _shard(row)


def _shard(row: tuple[Any, ...]) -> Shard:
    id_, low, high, position, last_id, cursor, expires, proof, lane, rows, met, pages = row
    checkpoint = Checkpoint(position, last_id, cursor, expires, proof or None)
    return Shard(id_, low, high, checkpoint, lane, rows, met, pages)
