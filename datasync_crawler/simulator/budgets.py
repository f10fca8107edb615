"""How a service speaks of its budgets: headers of an answer and the words of a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from datasync_crawler.simulator.switches import one_of

if TYPE_CHECKING:
    from datasync_crawler.simulator.limits import Verdict


@dataclass(frozen=True, slots=True)
class BudgetDialect:
    """Switches of what is told of a budget."""

    budget_form: str = one_of("x-ratelimit", "x-ratelimit-epoch", "ietf", "structured", "quota", "none")
    """x-ratelimit (reset in seconds), x-ratelimit-epoch, ietf (three fields), structured (two), quota, or none."""
    budget_lie: float = 1.0
    """What announced limits and remainders are multiplied with."""
    retry_form: str = one_of("seconds", "date", "none")
    """``Retry-After`` in seconds, as a date, or none."""
    refusal_status: int = 429
    refusal_silent: bool = False
    """Whether a refusal has neither a body nor a header that says anything of the budget."""
    hidden_limit: int = 0
    """Keyed calls allowed in a window wherever they go, never announced; 0 is no limit."""
    hidden_window: float = 60.0
    header_key: bool = True
    """Whether the key is taken from its header."""
    query_key: bool = True
    """Whether the key is taken from the query."""

    def headers(self, verdict: Verdict, seconds: int, window: int, now: float) -> dict[str, str]:
        """What is told of a pool ``seconds`` (whole) before its reset; ``now`` is in seconds since 1970."""
        limit, left = round(verdict.limit * self.budget_lie), round(verdict.remaining * self.budget_lie)
        if self.budget_form == "none":
            return {}
        if self.budget_form == "structured":
            return {
                "RateLimit-Policy": f'"default";q={limit};w={window}',
                "RateLimit": f'"default";r={left};t={seconds}',
            }
        if self.budget_form == "quota":
            return {"X-Api-Quota": str(limit), "X-Api-Quota-Left": str(left), "X-Api-Quota-Resets-In": str(seconds)}
        prefix = "RateLimit" if self.budget_form == "ietf" else "X-RateLimit"
        reset = int(now) + seconds if self.budget_form == "x-ratelimit-epoch" else seconds
        return {f"{prefix}-Limit": str(limit), f"{prefix}-Remaining": str(left), f"{prefix}-Reset": str(reset)}

    def retry_after(self, seconds: int, now: float) -> dict[str, str]:
        """The header that says when to come again."""
        if self.retry_form == "none" or self.refusal_silent:
            return {}
        return {
            "Retry-After": formatdate(now + seconds + 1, usegmt=True) if self.retry_form == "date" else str(seconds)
        }
