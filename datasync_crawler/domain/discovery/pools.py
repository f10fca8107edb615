"""What the service counts calls against, as rate-limit headers and their movement show it."""

from __future__ import annotations

from collections.abc import Sequence

from datasync_crawler.domain.discovery.exchange import Answer
from datasync_crawler.domain.profile import Pool

# Where a window is announced but its length cannot be seen (calls were made before), this many seconds are assumed.
_USUAL_WINDOW = 60.0


def read_pool(name: str, answers: Sequence[Answer]) -> Pool:
    """The pool that these answers (all of one lane, in order) speak of; without a limit where they tell none."""
    told = [answer.rate for answer in answers if answer.rate.announced]
    if not told:
        return Pool(name)
    limit = told[-1].limit
    windows = [rate.window for rate in told if rate.window]
    fresh = [rate.reset for rate in told if rate.reset and limit and rate.remaining == limit - 1]
    window = windows[-1] if windows else max(fresh, default=None)
    return Pool(name, limit, float(window) if window else _USUAL_WINDOW, announced=True)


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
