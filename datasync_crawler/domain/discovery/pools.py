"""What the service counts calls against, as rate-limit headers and their movement show it."""

from __future__ import annotations

from collections.abc import Sequence

from datasync_crawler.domain.discovery.exchange import Answer
from datasync_crawler.domain.profile import Pool

# Windows that people configure, in seconds. What falls between two of them is the rest of a window that began earlier.
_CUSTOMARY = (1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600)
_USUAL_WINDOW = 60.0
# A rest longer than this may belong to a window of a minute as well as to any shorter one.
_SHORT = 12.0
# Resets are told in whole seconds, and an answer is under way for a while.
_LEEWAY = 0.6


def read_pool(name: str, answers: Sequence[Answer]) -> Pool:
    """The pool that these answers (all of one lane, in order) speak of; without a limit where they tell none."""
    told = [answer.rate for answer in answers if answer.rate.announced]
    if not told:
        return Pool(name)
    windows = [rate.window for rate in told if rate.window]
    window = float(windows[-1]) if windows else _seen_window(answers)
    return Pool(name, told[-1].limit, window, announced=True)


def _seen_window(answers: Sequence[Answer]) -> float:
    """The window's seconds, from an answer that counts our calls alone: its reset, and the time since the first.

    A call whose credential was refused counts nowhere, unless its answer tells of a budget.
    """
    counted = [answer for answer in answers if answer.rate.announced or not answer.refused]
    for number, answer in enumerate(counted, start=1):
        rate = answer.rate
        if rate.limit is not None and rate.reset is not None and rate.remaining == rate.limit - number:
            return _customary(rate.reset + _left_at(answer) - _left_at(counted[0]))
    return _USUAL_WINDOW


def _customary(seconds: float) -> float:
    for window in _CUSTOMARY:
        if abs(seconds - window) <= _LEEWAY:
            return float(window)
    least = max(seconds, _USUAL_WINDOW) if seconds > _SHORT else seconds
    return float(next((window for window in _CUSTOMARY if window >= least), round(seconds)))


def _left_at(answer: Answer) -> float:
    return answer.at - answer.seconds


def counts_in(told: Sequence[Answer], unannounced: Sequence[Answer]) -> bool:
    """Whether calls to a lane that announces nothing were counted by a pool that does.

    ``told`` are answers of that pool: from one to the last its rest fell by more than their own number, while the
    other lane was called. Calls of a round leave together, so they are taken in the order in which they were counted.
    """
    if any(answer.rate.announced for answer in unannounced):
        return False
    rests = sorted((_left_at(answer), -left) for answer in told if (left := answer.rate.remaining) is not None)
    others = [_left_at(answer) for answer in unannounced]
    for own in range(1, len(rests)):
        (before, first), (after, last) = rests[-1 - own], rests[-1]
        if any(before < left_at < after for left_at in others):
            return last - first > own
    return False


def shares(first: Sequence[Answer], second: Sequence[Answer]) -> bool | None:
    """Whether two lanes draw on one pool; None where nothing is announced for either.

    Two limits that differ are two pools. Equal limits are one pool when the second lane's first answer shows fewer
    calls left than its own calls explain.
    """
    one = next((answer.rate for answer in reversed(first) if answer.rate.announced), None)
    own = next((answer.rate for answer in second if answer.rate.announced), None)
    if one is None or own is None:
        return None if one is own else False
    if one.limit != own.limit or own.remaining is None or own.limit is None:
        return False
    return own.remaining < own.limit - 1
