"""Lessons: what a refusal teaches about the limit behind it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

# Windows that people configure, in seconds.
_CUSTOMARY = (1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600)
# A wait told in whole seconds is up to one too long, and a departure is a little earlier than its arrival (seconds).
_ROUNDING, _HASTE = 1.5, 0.25
# The window that most services count in, in seconds.
USUAL_WINDOW = 60.0
# The first guess where nothing tells a window: short, as a wrong one costs a refusal and a long one its time.
_SHORT_GUESS = 6.0


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``calls`` in any ``window`` seconds."""

    calls: int
    window: float


def learn_limit(log: Sequence[float], wait: float | None, usual: float | None = None) -> Limit:
    """The limit behind a first refusal, from all departures up to the refused call (the last) and the wait told.

    Where no wait is told the window is the ``usual`` one, or a guess that a second refusal will correct.

    The wait ends when the oldest counted call leaves the window, so every call of the log proposes a window: its age
    and the wait. One that an earlier stretch of the log contradicts is out; of the others a customary length is
    preferred (a wait is told in whole seconds, rounded up), then a round number of calls, then the longest history.
    """
    refused, accepted = log[-1], log[:-1]
    if wait is None:
        window = usual or _SHORT_GUESS
        return Limit(max(1, len(accepted) - bisect_right(accepted, refused - window)), window)
    proposals = [Limit(len(accepted) - i, refused - stamp + wait) for i, stamp in enumerate(accepted)]
    proposals = proposals or [Limit(1, wait)]
    possible = [limit for limit in proposals if not _contradicted(limit, accepted)] or proposals[:1]
    best = min(possible, key=lambda limit: (_customary(limit.window) is None, _digits(limit.calls), -limit.calls))
    return Limit(best.calls, _customary(best.window) or best.window)


def _contradicted(limit: Limit, accepted: Sequence[float]) -> bool:
    span = limit.window - 1.0
    return any(later - earlier < span for earlier, later in zip(accepted, accepted[limit.calls :], strict=False))


def _customary(window: float) -> float | None:
    return next(
        (float(usual) for usual in reversed(_CUSTOMARY) if window - _ROUNDING <= usual <= window + _HASTE), None
    )


def _digits(calls: int) -> int:
    """How many digits stand before the zeros at the end: the fewer, the likelier somebody chose the number."""
    return len(str(calls).rstrip("0"))
