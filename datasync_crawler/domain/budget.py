"""Budgets: our account of what the server counts calls against, kept as a sliding log of departures.

A log is the strictest of the usual limiters: what it allows, a fixed window, a sliding window and a token bucket of
the same size allow as well. All times are monotonic seconds given by the caller; nothing here reads a clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from datasync_crawler.domain.lessons import USUAL_WINDOW, Limit, learn_limit
from datasync_crawler.domain.ratelimit import RateWord

# How many times the longest delay between leaving and sending is allowed for, and how fast it is forgotten, a call.
_LAGS, _LAG_DECAY = 2.0, 0.97
# An arrival is taken to be late by what an answer was, but by no more than this (seconds): the rest was work.
_LONGEST_WAY = 0.5
# While a limit is unknown, so many answers without a refusal double the calls that may be unanswered at a time.
_DOUBLING, _MOST_DOUBLINGS = 256, 10
# While nothing has proven an announced limit, waiting for answers may stretch its first window by this share.
_STRETCH = 0.5


class Budget:
    """The account of one pool.

    ``margin`` (seconds) is added to the window for the jitter between a departure here and the arrival there;
    ``reserve`` calls of each window are left unused. While the limit is unknown calls leave one at a time: the next
    one waits for the answer, or until a refusal would have come (``echo`` seconds), so that one refusal is enough to
    learn it. Answers without a refusal double the calls that may be unanswered, so slowly that a limit met later costs
    refusals for one call in a hundred; ``learned`` says that the limit was found out so by an earlier run. An
    announced limit is approached in the same way from its half on, until it has proven true.
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
        self._log, self._taken_over = list[float](), list[float]()
        self._unanswered = self._made = self._heard = 0
        self._lag = 0.0
        self._quickest, self._closed_until = float("inf"), float("-inf")
        self._raise: tuple[Limit, float] | None = None
        self._guessed, self._learned = False, learned
        self._most: int | None = None
        self._foreign: list[float] = []

    def restore(self, departures: Iterable[float], now: float, way: float = 0.0) -> None:
        """Takes over departures that others wrote down; a stamp in the future counts as now.

        Each costs as if it was counted ``way`` seconds later, and teaches as if at once, as nearly all of them were.
        """
        own = self._log[len(self._taken_over) :]
        self._taken_over = sorted([*self._taken_over, *(min(stamp, now) for stamp in departures)])
        self._log = sorted([*(min(stamp + way, now) for stamp in self._taken_over), *own])
        self._made = len(self._log)

    def free_at(self, now: float) -> float:
        """When the next call may leave; ``now`` or earlier means at once."""
        self._rise(now)
        opening = self._closed_until
        if self.limit is None:
            untested = self._unanswered >= 1 << min(self._heard // _DOUBLING, _MOST_DOUBLINGS)
            return max(opening, self._log[-1] + self.echo) if untested and self._log else opening
        usable, opening = self.usable, max(opening, self._cautious(self.limit))
        if len(self._log) < usable:
            return opening
        return max(opening, self._log[-usable] + self.limit.window + self.margin + _LAGS * self._lag)

    def left(self, now: float) -> int | None:
        """How many calls could leave at this moment; None while the limit is unknown."""
        if self.limit is None:
            return None
        return 0 if self._closed_until > now else max(0, self.usable - self._since(now - self.limit.window))

    def leave(self, now: float) -> None:
        """A call leaves now; whether it may was asked before."""
        insort(self._log, now)
        self._made += 1
        self._unanswered += 1
        self._forget(now)

    def sent(self, left: float, now: float) -> None:
        """The call that left at ``left`` goes onto the wire only now: so late it counts."""
        self._move(left, now)
        self._lag = max(now - left, self._lag * _LAG_DECAY)

    def heard(self, word: RateWord, now: float, left_at: float | None = None) -> None:
        """The call that left at ``left_at`` was answered: that moves the budget down at once, up at the next window.

        The service counted somewhen between departure and answer; only what no call of ours in all that time explains
        are calls of others.
        """
        self._unanswered = max(0, self._unanswered - 1)
        self._heard += 1
        if left_at is not None:
            self._arrived(left_at, now)
        if word.limit is None:
            return
        window = self._told_window(word)
        if window:
            self._follow(Limit(word.limit, window), now)
        if word.remaining is not None and self.limit is not None and self._most is None:
            ours = self._counted(self.limit, now if left_at is None else left_at)
            foreign = [now] * (word.limit - word.remaining - ours)
            self._foreign = [at for at in self._foreign if at > now - self.limit.window] + foreign
            self._log = sorted(self._log + foreign)

    def failed(self) -> None:
        """A call ended without an answer."""
        self._unanswered = max(0, self._unanswered - 1)

    def refuse(
        self, wait: float | None, now: float, left_at: float | None = None, *, usual: float | None = None
    ) -> Limit | None:
        """The call that left at ``left_at`` was refused, to be tried again in ``wait`` seconds if that was told.

        Returns a limit newly learned. A refusal that tells no wait closes the pool for a whole window, which is
        guessed to be the ``usual`` one. An announced limit that refuses earlier is lower than it says.
        """
        self._unanswered = max(0, self._unanswered - 1)
        self.refused += 1
        departure = now if left_at is None else left_at
        learned = self._lesson(wait, departure, usual)
        self.limit = limit = learned or self.limit
        assert limit is not None
        explained = wait is not None and self._counted(limit, departure) >= limit.calls
        pause = wait or 0.0 if explained else max(wait or 0.0, limit.window)
        self._closed_until = max(self._closed_until, now + pause + self.margin)
        return learned

    def _lesson(self, wait: float | None, departure: float, usual: float | None) -> Limit | None:
        if self.limit is None:
            self._guessed, self._learned = wait is None, True
            history = self.departures
            return learn_limit(history[: bisect_right(history, departure)] or [departure], wait, usual)
        window = self.limit.window
        foreign = sum(departure - window < at < departure for at in self._foreign)
        before = self._before(departure, window + self.margin) - foreign
        if not self._learned:
            least = max(before, self.limit.calls // 2, 1)
            self._most = min(least, self._most or least)
            return Limit(self._most, window) if self._most < self.limit.calls else None
        if departure < self._closed_until:
            return None
        accepted = self._before(departure, departure - self._closed_until)
        if wait is None and self._guessed and not accepted:
            longer = max(2 * window, USUAL_WINDOW)
            return Limit(max(self.limit.calls, self._before(departure, longer) - self.refused), longer)
        # One of the calls it was learned from was a refusal that got lost on its way, or was no longer counted.
        return Limit(max(1, min(accepted or self.limit.calls, self.limit.calls - 1)), window)

    def has_room(self, departure: float) -> bool:
        """Whether a call of that departure was within an announced limit."""
        limit = self.limit
        return limit is not None and not self._learned and self._before(departure, limit.window) < limit.calls

    def widen(self, limit: Limit, now: float) -> None:
        """Another pool's window proved to be longer than it was guessed to be: so may this one's."""
        if self._guessed and self.limit is not None and self.limit.window < limit.window:
            self.limit = Limit(self.limit.calls, limit.window)
            self._closed_until = max(self._closed_until, now + limit.window)

    @property
    def usable(self) -> int:
        """The calls that may leave in a window of the limit, which is known."""
        assert self.limit is not None
        return max(1, self.limit.calls - self.reserve)

    def spent(self, now: float) -> list[float]:
        """When the calls of the limit's last window left, in order, at most as many as may."""
        assert self.limit is not None
        return self._log[max(bisect_right(self._log, now - self.limit.window), len(self._log) - self.usable) :]

    def used(self, now: float) -> int:
        """The calls that left in the last window of the limit, which is known."""
        assert self.limit is not None
        return self._since(now - self.limit.window)

    @property
    def departures(self) -> tuple[float, ...]:
        """When the calls that still matter left, in order; those taken over by the stamps that were given."""
        return (*self._taken_over, *self._log[len(self._taken_over) :])

    def _before(self, departure: float, seconds: float) -> int:
        """Calls that left in so many seconds before a departure."""
        return bisect_left(self._log, departure) - bisect_left(self._log, departure - seconds)

    def _told_window(self, word: RateWord) -> float | None:
        """A reset is the whole window only after its first call; later ones tell no more than a least length."""
        if word.window or not word.reset:
            return word.window or (self.limit.window if self.limit else None)
        if self.limit is not None:
            return max(self.limit.window, word.reset)
        return word.reset if word.remaining == (word.limit or 0) - 1 else max(word.reset, USUAL_WINDOW)

    def _follow(self, told: Limit, now: float) -> None:
        known = self.limit or told
        told = Limit(min(told.calls, self._most or told.calls), told.window)
        self.limit = Limit(min(told.calls, known.calls), max(told.window, known.window))
        if told == self.limit:
            self._raise = None
        else:
            self._raise = (told, self._raise[1] if self._raise else now + self.limit.window)

    def _rise(self, now: float) -> None:
        if self._raise and now >= self._raise[1]:
            self.limit, self._raise = self._raise[0], None

    def _cautious(self, limit: Limit) -> float:
        """When the next call of the first window may leave: in its upper half not before a refusal would have come."""
        if not limit.calls <= 2 * self._made <= 2 * limit.calls or not self._unanswered or not self._log:
            return float("-inf")
        return self._log[-1] + min(self.echo, _STRETCH * limit.window / limit.calls)

    def _arrived(self, left_at: float, now: float) -> None:
        """The call that left at ``left_at`` reached the service no later than its answer came, less the work on it."""
        self._quickest = min(self._quickest, now - left_at)
        self._move(left_at, min(now - self._quickest, left_at + _LONGEST_WAY))

    def _move(self, stamp: float, to: float) -> None:
        place = bisect_left(self._log, stamp)
        if place < len(self._log) and self._log[place] == stamp:
            del self._log[place]
            insort(self._log, to)

    def _since(self, moment: float) -> int:
        return len(self._log) - bisect_right(self._log, moment)

    def _counted(self, limit: Limit, departure: float) -> int:
        """The most calls of ours that the service can have counted when it met the call of that departure."""
        return self._since(departure - limit.window - self.margin)

    def _forget(self, now: float) -> None:
        # While the limit is unknown everything is kept: learning needs the whole history.
        if self.limit is not None and len(self._log) > 4 * self.limit.calls + 64:
            gone = bisect_right(self._log, now - self.limit.window - self.margin)
            del self._log[:gone], self._taken_over[:gone]
