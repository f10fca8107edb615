"""The ledger's account of calls: what left, through which pool, under which key, so that budgets survive a kill."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from datasync_crawler.adapters.postgres import Session
from datasync_crawler.adapters.queries import QUERIES

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Call:
    """A call that leaves or left: ``key`` is the SHA-256 in hexadecimal, ``at`` wall seconds since the epoch."""

    pool: str
    key: str
    at: float


class CallBook(Session):
    """The calls of every key that this ledger was filled with."""

    def note_calls(self, calls: Sequence[Call]) -> None:
        """Writes calls down; they are committed when this returns, so that each may leave afterwards."""
        with self.transaction() as cursor:
            notes = [cursor.mogrify(QUERIES["note_call"], asdict(call)) for call in calls]
            cursor.execute(b"\n".join([QUERIES["commit_without_waiting_for_the_disk"].encode(), *notes]))

    def calls(self, key: str, since: float) -> list[Call]:
        """The calls of ``key`` at or after the wall time ``since``, oldest first, refused ones too."""
        return [Call(*row) for row in self._rows("calls", key=key, since=since)]

    def first_call(self, key: str) -> float | None:
        """The wall time at which the clock of ``key`` started, None when it was never used."""
        return next((at for (at,) in self._rows("first_call", key=key)), None)

    def calls_counted(self, pool: str, since: float, step: float) -> list[tuple[int, int]]:
        """How many calls to a pool left in each ``step`` seconds after ``since``: the step's number and its calls."""
        return [(number, calls) for number, calls in self._rows("calls_counted", pool=pool, since=since, step=step)]
