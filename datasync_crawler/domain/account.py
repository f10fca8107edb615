"""The account of a run: all that the ledger tells of it, as the report needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import msgspec

from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.profile import Pool, Profile
from datasync_crawler.domain.sample import Sample
from datasync_crawler.domain.shard import Shard
from datasync_crawler.domain.status import Handed
from datasync_crawler.domain.view import View

MONITORS, ENVIRONMENT = "monitors", "environment"
"""Kinds under which the ledger remembers what the monitors said at the end, and what a run was run with."""

_MOST_STEPS = 120


class Judged(msgspec.Struct, frozen=True):
    """What a monitor found at the end of a run; ``said`` is empty where it had nothing to say."""

    monitor: str
    passed: bool
    said: str = ""


class Judgement(msgspec.Struct, frozen=True):
    """What all monitors found at a wall time."""

    at: float
    results: tuple[Judged, ...]

    def to_json(self) -> bytes:
        """The judgement as a JSON document."""
        return msgspec.json.encode(self)


class Environment(msgspec.Struct, frozen=True):
    """What a run was run with and on: names and values, without secrets."""

    facts: tuple[tuple[str, str], ...]

    def to_json(self) -> bytes:
        """The environment as a JSON document."""
        return msgspec.json.encode(self)


@dataclass(frozen=True, slots=True)
class PoolCalls:
    """Calls to a pool by steps of ``step`` seconds (whole windows) since ``since``: a step's number, and its calls."""

    pool: str
    limit: int
    window: float
    since: float
    step: float
    counts: tuple[tuple[int, int], ...]

    @property
    def allowed(self) -> float:
        """The calls that the limit allows in a step."""
        return self.limit * self.step / self.window


def step_of(window: float, span: float) -> float:
    """So many whole windows that a span of time has not too many steps, all in seconds.

    >>> step_of(60.0, 675.0), step_of(1.0, 675.0)
    (60.0, 6.0)
    """
    return window * max(1, ceil(span / window / _MOST_STEPS))


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger's documents; what it does not have is None or empty. ``learned`` are limits that refusals taught."""

    origin: str | None
    profile: Profile | None
    learned: Mapping[str, Pool]
    shards: tuple[Shard, ...]
    view: View | None
    verdict: Verdict | None
    submissions: tuple[Handed, ...]
    samples: tuple[Sample, ...]
    calls: tuple[PoolCalls, ...]
    rejections: tuple[tuple[str, int], ...]
    judgement: Judgement | None
    environment: Environment | None
