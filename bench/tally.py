"""How a drain stands: what the service saw of it beside what its ledger holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.budgeted import ANNOUNCED, HIDDEN

if TYPE_CHECKING:
    from bench.trial import Trial

_PAGES = "SELECT sum(pages) FROM ingestion_progress"
_ROWS = "SELECT sum(rows) FROM ingestion_progress"
_NO_PAGE = ("server_error", "balancer", "reset", "truncated", "null", "empty_page")
"""Faults after which there is no page to store."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows and pages in the ledger, calls for pages, those of them that failed, pages that were served before.

    ``announced`` and ``hidden`` are the calls refused by pools that announce their limit and by the one that does not.
    """

    rows: int
    pages: int
    calls: int
    failed: int
    again: int
    announced: int
    hidden: int

    def unanswered_since(self, before: Tally) -> int:
        """Calls for pages since then that brought neither a stored page nor a failure."""
        return (self.calls - before.calls) - (self.pages - before.pages) - (self.failed - before.failed)


def tally(trial: Trial) -> Tally:
    """How things stand now; the trial has a ledger by then."""
    score = trial.simulator.score()
    pools, refused = score["pools"]["calls"], score["pools"]["refused"]
    announced, hidden = sum(refused.get(pool, 0) for pool in ANNOUNCED), refused.get(HIDDEN, 0)
    faults = sum(score["faults"].get(kind, 0) for kind in _NO_PAGE)
    return Tally(
        rows=trial.number(_ROWS),
        pages=trial.number(_PAGES),
        calls=sum(pools.get(pool, 0) for pool in (*ANNOUNCED, HIDDEN)),
        failed=faults + announced + hidden + score["statuses"].get("403", 0),
        again=score["pages"]["again"],
        announced=announced,
        hidden=hidden,
    )
