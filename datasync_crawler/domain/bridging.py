"""Bridging: how a chain of a server's own cursors outlives the pauses behind the bursts that its budgets allow.

A cursor lives for so long. Where it is the only way on, the next call has to come before it dies, so some calls of a
window are kept back for the time until calls come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from datasync_crawler.domain.budget import Budget


@dataclass(slots=True)
class Lifetime:
    """How long one endpoint's cursors live, in seconds: as answers tell, and as they were taken or refused.

    ``told`` is what the last page told, ``taken`` the greatest age at which a cursor was taken, ``refused`` the least
    at which one was refused.
    """

    told: float = inf
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

    @property
    def seconds(self) -> float:
        """What is to be counted on: of a life that only a refusal tells, half the age, so that it is found soon."""
        return min(self.told, max(self.taken, self.refused / 2))


def bridged_from(budgets: Sequence[Budget], life: float, now: float, *, begins: bool, spare: int = 0) -> float:
    """When the next call may leave so that those left carry a cursor over every pause; seconds, on ``now``'s clock.

    The chain goes on through any of the budgets, each call within ``life`` seconds of the one before. With c calls
    left behind the next one, the j-th call that comes back is preceded by c + j - 1 others, so it must come within as
    many lives and one. Where there are enough, ``spare`` calls are left for others.

    Where the budgets allow too few calls for such a life, only the longest burst may walk the chain to its end: one
    that ``begins`` waits for all calls. -inf where nothing is to be kept back: no limit is known, or no call is left.
    """
    known = [(budget, budget.limit.window + budget.margin) for budget in budgets if budget.limit is not None]
    left = sum(budget.left(now) or 0 for budget, _ in known) - 1
    if len(known) < len(budgets) or left < 0:
        return -inf
    back = sorted(at + window for budget, window in known for at in budget.spent(now))
    rate = sum(budget.usable / window for budget, window in known)
    if rate * life < 1:
        return back[-1] if begins and back else -inf
    spare = spare if (rate - spare / max(window for _, window in known)) * life >= 1 else 0
    return max((at - (left + j - spare) * life for j, at in enumerate(back, 1)), default=-inf)
