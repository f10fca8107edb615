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
    learn it; ``learned`` says that the limit was found out so by an earlier run.
    """

    def __init__(
        self,
        limit: Limit | None = None,
        *,
        margin: float = 0.08,
        reserve: int = 0,
        echo: float = 0.04,
        learned: bool = False,
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
        self._guessed, self._learned = False, learned

    def restore(self, departures: Iterable[float], now: float) -> None:
        """Takes over departures of an earlier process; a stamp in the future counts as now."""
        self._log = sorted([*self._log, *(min(stamp, now) for stamp in departures)])

    def free_at(self, now: float) -> float:
        """When the next call may leave; ``now`` or earlier means at once."""
        self._rise(now)
        opening = self._closed_until
        if self.limit is None:
            return max(opening, self._log[-1] + self.echo) if self._unanswered and self._log else opening
        usable = self._usable(self.limit)
        if len(self._log) < usable:
            return opening
        return max(opening, self._log[-usable] + self.limit.window + self.margin + _LAGS * self._lag)

    def left(self, now: float) -> int | None:
        """How many calls could leave at this moment; None while the limit is unknown."""
        if self.limit is None:
            return None
        if self._closed_until > now:
            return 0
        return max(0, self._usable(self.limit) - self._since(now - self.limit.window))

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

    def heard(self, word: RateWord, now: float, left_at: float | None = None) -> None:
        """The call that left at ``left_at`` was answered: that moves the budget down at once, up at the next window.

        The service counted somewhen between departure and answer; only what no call of ours in all that time explains
        are calls of others.
        """
        self._unanswered = max(0, self._unanswered - 1)
        if word.limit is None:
            return
        window = self._told_window(word)
        if window:
            self._follow(Limit(word.limit, window), now)
        if word.remaining is not None and self.limit is not None:
            ours = self._counted(self.limit, now if left_at is None else left_at)
            for _ in range(word.limit - word.remaining - ours):
                insort(self._log, now)

    def failed(self) -> None:
        """A call ended without an answer."""
        self._unanswered = max(0, self._unanswered - 1)

    def refuse(self, wait: float | None, now: float, left_at: float | None = None) -> Limit | None:
        """The call that left at ``left_at`` was refused, to be tried again in ``wait`` seconds if that was told.

        Returns a limit newly learned. A refusal that tells no wait closes the pool for a whole window, and where that
        window was a guess, a call that kept it and was refused none the less doubles it. A learned limit that is not
        low enough is lowered by one.
        """
        self._unanswered = max(0, self._unanswered - 1)
        self.refused += 1
        departure = now if left_at is None else left_at
        learned: Limit | None = None
        if self.limit is None:
            learned = learn_limit(self._log[: bisect_right(self._log, departure)] or [departure], wait)
            self._guessed, self._learned = wait is None, True
        elif wait is None and self._guessed and departure >= self._closed_until:
            learned = Limit(self.limit.calls, 2 * self.limit.window)
        elif self._learned and departure >= self._closed_until:
            # One of the calls it was learned from was a refusal that got lost on its way.
            learned = Limit(max(1, self.limit.calls - 1), self.limit.window)
        self.limit = limit = learned or self.limit
        assert limit is not None
        explained = wait is not None and self._counted(limit, departure) >= limit.calls
        pause = wait or 0.0 if explained else max(wait or 0.0, limit.window)
        self._closed_until = max(self._closed_until, now + pause + self.margin)
        return learned

    def _told_window(self, word: RateWord) -> float | None:
        """A reset is the whole window only after its first call; later ones tell no more than a least length."""
        if word.window or not word.reset:
            return word.window or (self.limit.window if self.limit else None)
        if self.limit is not None:
            return max(self.limit.window, word.reset)
        return word.reset if word.remaining == (word.limit or 0) - 1 else max(word.reset, _UNTOLD_WAIT)

    def _follow(self, told: Limit, now: float) -> None:
        known = self.limit or told
        self.limit = Limit(min(told.calls, known.calls), max(told.window, known.window))
        if told == self.limit:
            self._raise = None
        else:
            self._raise = (told, self._raise[1] if self._raise else now + self.limit.window)

    def _rise(self, now: float) -> None:
        if self._raise and now >= self._raise[1]:
            self.limit, self._raise = self._raise[0], None

    def _usable(self, limit: Limit) -> int:
        return max(1, limit.calls - self.reserve)

    def _since(self, moment: float) -> int:
        return len(self._log) - bisect_right(self._log, moment)

    def _counted(self, limit: Limit, departure: float) -> int:
        """The most calls of ours that the service can have counted when it met the call of that departure."""
        return self._since(departure - limit.window - self.margin)

    def _forget(self, now: float) -> None:
        # While the limit is unknown everything is kept: learning needs the whole history.
        if self.limit is not None and len(self._log) > 4 * self.limit.calls + 64:
            del self._log[: bisect_right(self._log, now - self.limit.window - self.margin)]


def learn_limit(log: Sequence[float], wait: float | None) -> Limit:
    """The limit behind a first refusal, from all departures up to the refused call (the last) and the wait told.

    The wait ends when the oldest counted call leaves the window, so every call of the log proposes a window: its age
    and the wait. One that an earlier stretch of the log contradicts is out; of the others a customary length is
    preferred (a wait is told in whole seconds, rounded up), then a round number of calls, then the longest history.
    """
    refused, accepted = log[-1], log[:-1]
    if wait is None:
        return Limit(max(1, len(accepted) - bisect_right(accepted, refused - _UNTOLD_WAIT)), _UNTOLD_WAIT)
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
