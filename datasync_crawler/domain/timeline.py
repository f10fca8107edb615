"""The time line of a drain: series over the seconds of work, from which the time when nobody worked is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from datasync_crawler.domain.account import Account, PoolCalls
from datasync_crawler.domain.sample import Sample, worked_at

_MOST_POINTS = 120
# Of a step at the beginning or the end less than this share may be work; its use tells nothing then.
_WHOLE = 0.9


@dataclass(frozen=True, slots=True)
class Series:
    """Points (seconds of work, value) of one thing, in order."""

    name: str
    points: tuple[tuple[float, float], ...]


def stored_events(account: Account) -> Series:
    """How many events were stored."""
    return Series("events", tuple((worked, float(events)) for worked, events in _marks(account)))


def paces(account: Account) -> Series:
    """Events a second, each point over the time since the one before."""
    marks = _marks(account)
    pairs = pairwise(marks)
    rates = (
        (now, max(0.0, (events - before) / (now - then))) for (then, before), (now, events) in pairs if now > then
    )
    return Series("events/s", tuple(rates))


def latencies(account: Account) -> tuple[Series, ...]:
    """The seconds that a full page of each lane typically took."""
    few = _thinned(account.samples)
    lanes = dict.fromkeys(name for sample in few for name, _ in sample.latencies)
    return tuple(Series(lane, tuple(_of_lane(lane, few))) for lane in lanes)


def uses(account: Account) -> tuple[Series, ...]:
    """The calls of each limited pool, in percent of what its limit allows."""
    return tuple(Series(calls.pool, tuple(_use(calls, account.samples))) for calls in account.calls)


def _marks(account: Account) -> list[tuple[float, int]]:
    """Seconds of work and events: the samples, and the last view's finer points where there are few of them."""
    samples = account.samples
    if not samples:
        return []
    seen = {(sample.at, sample.events) for sample in samples}
    if account.view is not None:
        seen |= {(point.at, point.events) for point in account.view.history}
    marks = [(worked_at(samples, at), events) for at, events in sorted(seen)]
    apart = marks[-1][0] / _MOST_POINTS
    kept = marks[:1]
    for mark in marks[1:]:
        if mark[0] - kept[-1][0] > apart or mark is marks[-1]:
            kept.append(mark)
    return kept


def _thinned(samples: Sequence[Sample]) -> Sequence[Sample]:
    return samples[:: max(1, len(samples) // _MOST_POINTS)]


def _of_lane(lane: str, samples: Iterable[Sample]) -> Iterator[tuple[float, float]]:
    for sample in samples:
        yield from ((sample.active, seconds) for name, seconds in sample.latencies if name == lane)


def _use(calls: PoolCalls, samples: Sequence[Sample]) -> Iterator[tuple[float, float]]:
    known = dict(calls.counts)
    for number in range(max(known) + 1):
        begin, end = calls.since + number * calls.step, calls.since + (number + 1) * calls.step
        from_, to = worked_at(samples, begin), worked_at(samples, end)
        if number in known or to - from_ > _WHOLE * calls.step:
            yield (from_ + to) / 2, 100 * known.get(number, 0) / calls.allowed
