"""Samples: how a drain did, a moment every few seconds, over all processes that worked on the same ledger."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

import msgspec

from datasync_crawler.domain.view import View

SAMPLE = "sample"
"""The kind under which the ledger remembers samples, each by the name of its time."""

MOST_SAMPLES = 2_000
"""So many are kept; of more, every second one is given up."""


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """At the wall time ``at`` (seconds), after ``active`` seconds of work, so many ``events`` were stored.

    ``latencies`` are the seconds that a full page of each lane typically took, by the lane's name.
    """

    at: float
    active: float
    events: int
    latencies: tuple[tuple[str, float], ...] = ()

    @property
    def name(self) -> str:
        """What it is remembered under: names sort as times do."""
        return f"{self.at:014.3f}"

    def to_json(self) -> bytes:
        """The sample as a JSON document."""
        return msgspec.json.encode(self)


def sample_of(view: View) -> Sample:
    """What is kept of a view for the time line."""
    latencies = tuple((lane.name, round(lane.latency, 4)) for lane in view.lanes if lane.latency is not None)
    return Sample(view.at, round(view.active, 3), view.events, latencies)


def read_samples(documents: Iterable[bytes]) -> tuple[Sample, ...]:
    """Samples from their JSON documents, oldest first; raises ``msgspec.MsgspecError`` when one is none."""
    return tuple(sorted((msgspec.json.decode(text, type=Sample) for text in documents), key=lambda one: one.at))


def worked_at(samples: Sequence[Sample], at: float) -> float:
    """The seconds of work done at a wall time; between two samples they run evenly, before the first one with it.

    >>> drain = [Sample(100.0, 10.0, 0), Sample(900.0, 30.0, 0)]
    >>> worked_at(drain, 95.0), worked_at(drain, 500.0), worked_at(drain, 2_000.0)
    (5.0, 20.0, 30.0)
    """
    after = bisect_right(samples, at, key=lambda one: one.at)
    if after == 0:
        return max(0.0, samples[0].active - (samples[0].at - at))
    if after == len(samples):
        return samples[-1].active
    before, behind = samples[after - 1], samples[after]
    share = (at - before.at) / (behind.at - before.at)
    return before.active + share * (behind.active - before.active)
