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
_SHORT_GUESS = 3.0
# A burst is at least so many calls without a longer break between two of them (seconds).
_BURST, _BREAK = 4, 1.5


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``calls`` in any ``window`` seconds."""

    calls: int
    window: float


def learn_limit(log: Sequence[float], wait: float | None, usual: float | None = None) -> Limit:
    """The limit behind a first refusal, from all departures up to the refused call (the last) and the wait told.

    ``usual`` is the window of other pools: it is this one's where the wait agrees with it, or none is told. Where
    nothing tells a window it is a guess that a second refusal will correct.

    The wait ends when the oldest counted call leaves the window, so every call of the log proposes a window: its age
    and the wait. One that an earlier stretch of the log contradicts is out; of the others a customary length is
    preferred (a wait is told in whole seconds, rounded up), then a round number of calls, then the longest history.
    Of fewer calls than make a burst the shortest window is taken: as many a second, and what was asked for long ago
    says nothing.
    """
    refused, accepted = log[-1], log[:-1]
    if wait is None:
        window = usual or _SHORT_GUESS
        return Limit(max(1, len(_together(accepted[bisect_right(accepted, refused - window) :]))), window)
    if usual is not None and (known := _in_window(accepted, refused, wait, usual)):
        return known
    proposals = [Limit(len(accepted) - i, refused - stamp + wait) for i, stamp in enumerate(accepted)]
    proposals = proposals or [Limit(1, wait)]
    possible = [limit for limit in proposals if not _contradicted(limit, accepted)] or proposals[:1]
    if len(accepted) < _BURST:
        possible = [min(possible, key=lambda limit: limit.window)]
    best = min(possible, key=lambda limit: (_customary(limit.window) is None, _oddness(limit.calls), -limit.calls))
    return Limit(best.calls, _customary(best.window) or best.window)


def _together(stamps: Sequence[float]) -> Sequence[float]:
    """The calls of the last burst, where there is one: a guessed window may reach further back than the true one."""
    breaks = [at for at in range(1, len(stamps)) if stamps[at] - stamps[at - 1] > _BREAK]
    burst = stamps[breaks[-1] :] if breaks else stamps
    return burst if len(burst) >= _BURST else stamps


def _in_window(accepted: Sequence[float], refused: float, wait: float, window: float) -> Limit | None:
    """The limit in a window that is known of other pools, if the wait is what that window would make it."""
    counted = accepted[bisect_right(accepted, refused - window) :]
    if not counted or not window - _HASTE <= refused - counted[0] + wait <= window + _ROUNDING:
        return None
    return Limit(len(counted), window)


def _contradicted(limit: Limit, accepted: Sequence[float]) -> bool:
    span = limit.window - 1.0
    return any(later - earlier < span for earlier, later in zip(accepted, accepted[limit.calls :], strict=False))


def _customary(window: float) -> float | None:
    return next(
        (float(usual) for usual in reversed(_CUSTOMARY) if window - _ROUNDING <= usual <= window + _HASTE), None
    )


def _oddness(calls: int) -> int:
    """How unlikely somebody chose the number: 0 for 1, 2 and 5 with zeros, else how many digits stand before those."""
    digits = str(calls).rstrip("0")
    return 0 if digits in {"1", "2", "5"} else len(digits)
