"""Budgets: our account of what the server counts calls against, kept as a sliding log of departures.

A log is the strictest of the usual limiters: what it allows, a fixed window, a sliding window and a token bucket of
the same size allow as well. All times are monotonic seconds given by the caller; nothing here reads a clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasync_crawler.domain.ratelimit import RateWord

# How many times the longest delay between leaving and sending is allowed for, and how fast it is forgotten, a call.
_LAGS, _LAG_DECAY = 2.0, 0.97
# Windows that people configure, in seconds.
_CUSTOMARY = (1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600)
# A wait told in whole seconds is up to one too long, and a departure is a little earlier than its arrival (seconds).
_ROUNDING, _HASTE = 1.5, 0.25
# What a refusal that tells nothing is taken to mean, in seconds.
_UNTOLD_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``calls`` in any ``window`` seconds."""

    calls: int
    window: float


class Budget:
    """The account of one pool.

    ``margin`` (seconds) is added to the window for the jitter between a departure here and the arrival there;
    ``reserve`` calls of each window are left unused. While the limit is unknown calls leave one at a time: the next
    one waits for the answer, or until a refusal would have come (``echo`` seconds), so that one refusal is enough to
    learn it.
    """

    def __init__(
        self, limit: Limit | None = None, *, margin: float = 0.08, reserve: int = 0, echo: float = 0.04
    ) -> None:
        self.limit = limit
        self.margin = margin
        self.reserve = reserve
        self.echo = echo
        self.refused = 0
        self._log: list[float] = []
        self._unanswered = 0
        self._lag = 0.0
        self._closed_until = float("-inf")
        self._raise: tuple[Limit, float] | None = None

    def restore(self, departures: Iterable[float], now: float) -> None:
        """Takes over departures of an earlier process; a stamp in the future counts as now."""
        self._log = sorted([*self._log, *(min(stamp, now) for stamp in departures)])

    def free_at(self, now: float) -> float:
        """When the next call may leave; ``now`` or earlier means at once."""
        self._rise(now)
        opening = self._closed_until
        if self.limit is None:
            return max(opening, self._log[-1] + self.echo) if self._unanswered and self._log else opening
        usable = max(1, self.limit.calls - self.reserve)
        if len(self._log) < usable:
            return opening
        return max(opening, self._log[-usable] + self.limit.window + self.margin + _LAGS * self._lag)

    def left(self, now: float) -> int | None:
        """How many calls could leave at this moment; None while the limit is unknown."""
        if self.limit is None:
            return None
        if self._closed_until > now:
            return 0
        return max(0, self.limit.calls - self.reserve - self._within(now))

    def leave(self, now: float) -> None:
        """A call leaves now; whether it may was asked before."""
        insort(self._log, now)
        self._unanswered += 1
        self._forget(now)

    def sent(self, left: float, now: float) -> None:
        """The call that left at ``left`` goes onto the wire only now: so late it counts."""
        place = bisect_left(self._log, left)
        if place < len(self._log) and self._log[place] == left:
            del self._log[place]
            insort(self._log, now)
        self._lag = max(now - left, self._lag * _LAG_DECAY)

    def heard(self, word: RateWord, now: float) -> None:
        """A call was answered; what the answer tells of the budget moves it down at once and up at the next window."""
        self._unanswered = max(0, self._unanswered - 1)
        if word.limit is None:
            return
        window = word.window or (self.limit.window if self.limit else word.reset)
        if window:
            self._follow(Limit(word.limit, window), now)
        if word.remaining is not None and self.limit is not None:
            unknown = self.limit.calls - word.remaining - self._within(now)
            for _ in range(unknown):
                insort(self._log, now)

    def failed(self) -> None:
        """A call ended without an answer."""
        self._unanswered = max(0, self._unanswered - 1)

    def refuse(self, wait: float | None, now: float) -> Limit | None:
        """A call was refused, to be made again in ``wait`` seconds if that was told; gives a limit newly learned."""
        self._unanswered = max(0, self._unanswered - 1)
        self.refused += 1
        if self.limit is None:
            self.limit = learn_limit(self._log, wait, now)
            return self.limit
        known = self._within(now) >= self.limit.calls
        self._closed_until = now + ((wait or 0.0) if known else max(wait or 0.0, self.limit.window)) + self.margin
        return None

    def _follow(self, told: Limit, now: float) -> None:
        if self.limit is None or told.calls < self.limit.calls:
            self.limit, self._raise = told, None
        elif told.calls > self.limit.calls and self._raise is None:
            self._raise = (Limit(told.calls, self.limit.window), now + self.limit.window)

    def _rise(self, now: float) -> None:
        if self._raise and now >= self._raise[1]:
            self.limit, self._raise = self._raise[0], None

    def _within(self, now: float) -> int:
        window = self.limit.window if self.limit else 0.0
        return len(self._log) - bisect_right(self._log, now - window)

    def _forget(self, now: float) -> None:
        # While the limit is unknown everything is kept: learning needs the whole history.
        if self.limit is not None and len(self._log) > 4 * self.limit.calls + 64:
            del self._log[: bisect_right(self._log, now - self.limit.window - self.margin)]


def learn_limit(log: Sequence[float], wait: float | None, now: float) -> Limit:
    """The limit behind a first refusal at ``now``, from all departures (the last one was refused) and the wait.

    The wait ends when the oldest counted call leaves the window, so every call of the log proposes a window: its age
    and the wait. One that an earlier stretch of the log contradicts is out; of the others a customary length is
    preferred (a wait is told in whole seconds, rounded up), else the longest history.
    """
    if wait is None:
        window = _UNTOLD_WAIT
        return Limit(max(1, len(log) - 1 - bisect_right(log, now - window)), window)
    proposals = [Limit(len(log) - 1 - i, now - stamp + wait) for i, stamp in enumerate(log[:-1])] or [Limit(1, wait)]
    possible = [limit for limit in proposals if not _contradicted(limit, log[:-1])] or proposals[:1]
    for limit in possible:
        usual = _customary(limit.window)
        if usual is not None:
            return Limit(limit.calls, usual)
    return possible[0]


def _contradicted(limit: Limit, accepted: Sequence[float]) -> bool:
    span = limit.window - 1.0
    return any(later - earlier < span for earlier, later in zip(accepted, accepted[limit.calls :], strict=False))


def _customary(window: float) -> float | None:
    return next((float(usual) for usual in _CUSTOMARY if window - _ROUNDING <= usual <= window + _HASTE), None)
