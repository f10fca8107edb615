"""Bridging: how a chain of a server's own cursors outlives the pauses behind the bursts that its budgets allow.

A cursor lives for so long. Where it is the only way on, the next call has to come before it dies, so some calls of a
window are kept back for the time until calls come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.supply import Supply, supply_of

# Seconds: a call that comes back is not among those before it.
_MOMENT = 1e-6


@dataclass(slots=True)
class Lifetime:
    """How long one endpoint's cursors live, in seconds: as answers tell, or as they were taken and refused.

    ``told`` is the life that the last page told, less what is not counted on, ``taken`` the greatest age at which a
    cursor was taken, ``refused`` the least at which one was refused.
    """

    told: float | None = None
    taken: float = 0.0
    refused: float = inf

    def took(self, age: float) -> None:
        """A cursor of that age was taken: a refusal of a younger one had another reason."""
        self.taken = max(self.taken, age)
        if age >= self.refused:
            self.refused = inf

    def refuse(self, age: float) -> None:
        """A cursor of that age was refused; an age that others were taken at tells nothing."""
        if age > self.taken:
            self.refused = min(self.refused, age)

    def counted_on(self, step: float) -> float:
        """Seconds, inf while nothing is known to end it; a life that is not told is looked for by halves of the age.

        Where that would be less than the ``step`` that calls need, the step is tried if it is not known as too long.
        """
        if self.told is not None:
            return self.told
        return max(self.taken, self.refused / 2, step if step < self.refused < inf else 0.0)


def even_step(budgets: Sequence[Budget]) -> float:
    """Seconds between the calls of all budgets together if they left evenly; 0 where a limit is not known."""
    limits = [(budget, budget.limit) for budget in budgets]
    rates = [budget.usable / (limit.window + budget.margin) for budget, limit in limits if limit is not None]
    return 1 / sum(rates) if rates and len(rates) == len(budgets) else 0.0


def bridged_from(budgets: Sequence[Budget], life: float, now: float, *, spare: int = 0) -> float:
    """When the next call may leave so that those left carry a cursor over every pause; seconds, on ``now``'s clock.

    The chain goes on through any of the budgets, each call within ``life`` seconds of the one before. So when a call
    comes back, as many lives must reach until then as calls can leave before it. Where there are enough, ``spare``
    calls are left for others.

    -inf where nothing is to be kept back: a limit is not known, no call is left, or calls are too few for such a life.
    """
    left, step = sum(budget.left(now) or 0 for budget in budgets), even_step(budgets)
    if left < 1 or not 0 < step <= life:
        return -inf
    supplies = [supply_of(budget, 1, now) for budget in budgets]
    spare = spare if (1 / step - spare / max(supply.window for supply in supplies)) * life >= 1 else 0
    back = {at + supply.window for supply in supplies for at in supply.spent}
    return max((moment - (_before(supplies, moment - now) - spare) * life for moment in back), default=-inf)


def _before(supplies: Sequence[Supply], seconds: float) -> float:
    """The calls that can leave in less than so many seconds."""
    return sum(supply.rows_by(seconds - _MOMENT) for supply in supplies)
