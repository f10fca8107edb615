"""A shard of a running drain: how far it has come, and what happens to it now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from datasync_crawler.domain.profile import Endpoint
from datasync_crawler.domain.shard import Checkpoint, Shard

# So often in a row a server's cursor has to lead back before it is believed.
_LED_BACK = 2


@dataclass(slots=True)
class LiveShard:
    """A shard and what happens to it now; ``looks`` counts how often in a row the same end was told and not believed.

    ``void`` says that its last page told the end and held no row, or behind rows that the last two did. ``astray``
    counts pages in a row that led back to where they came from; endpoints that are ``barred`` lead nowhere. ``total``
    is what the last page told, ``blind`` says that it had no row that can be stored, ``trimmed`` that a page was asked
    for with as many rows as should be left. The checkpoint runs ahead of the ledger's by the pages that are being
    stored. ``not_before`` is monotonic seconds, and so is ``came_at``, when its
    cursor came in this run; ``walked`` counts the rows since its chain began or the run did.
    """

    shard: Shard
    flying: bool = False
    not_before: float = float("-inf")
    came_at: float = float("-inf")
    walked: int = 0
    attempt: int = 0
    failed_through: set[str] = field(default_factory=set)
    looks: int = 0
    told_at: float = 0.0
    in_vain: bool = False
    looks_at_rejected: int = 0
    told_end: tuple[int | None, str | None] | None = None
    void: bool = False
    astray: int = 0
    barred: set[str] = field(default_factory=set)
    total: int | None = None
    blind: bool = False
    trimmed: bool = False

    def advance(self, checkpoint: Checkpoint, rows: int, lane: str) -> None:
        """A page of ``rows`` came through a lane; the shard stands at a new checkpoint, and keeps a proof it has."""
        known = self.shard
        if known.checkpoint.proof and not checkpoint.proof:
            checkpoint = checkpoint.proven(known.checkpoint.proof)
        self.shard = replace(known, checkpoint=checkpoint, rows=known.rows + rows, pages=known.pages + 1, lane=lane)
        self.attempt = self.astray = 0
        self.failed_through.clear()

    def tries(self, lane: str) -> int:
        """How often the next page failed, as a lane sees it: one that has not failed at it yet begins anew."""
        return self.attempt if lane in self.failed_through else 0

    def doubt(self, end: tuple[int | None, str | None], now: float) -> tuple[int, float]:
        """An end behind that row (time, id) was told at ``now``; gives how often in a row, over how many seconds."""
        if end != self.told_end:
            self.looks, self.told_end, self.told_at = 0, end, now
        self.looks += 1
        return self.looks, now - self.told_at

    def trust(self, before: Checkpoint, after: Checkpoint, *, chained: bool) -> None:
        """The shard went on, by its cursor or not: behind the end that was told, unless its chain began again."""
        told, row = self.told_end or (None, None)
        right_behind = row is None or (chained and before.last_id == row)
        if right_behind if told is None or after.position is None else after.position < told:
            self.looks, self.told_end = 0, None

    def prove(self, proof: str) -> None:
        """The end of the shard is proven without a page of its own."""
        self.shard = replace(self.shard, checkpoint=self.shard.checkpoint.proven(proof))

    def led_back(self, endpoint: Endpoint, *, chained: bool) -> bool:
        """A page stood where it should not; gives whether the server's cursors are not followed any more."""
        self.astray += chained
        if self.astray < _LED_BACK:
            return False
        self.forget_cursor()
        if not endpoint.positionable:
            self.barred.add(endpoint.name)
        return True

    def forget_cursor(self) -> None:
        """The server does not take the cursor any more."""
        self.shard = replace(self.shard, checkpoint=replace(self.shard.checkpoint, cursor=None))
