"""A whole drain under the limits of a real service: everything, in hardly more than the least time possible."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from random import Random

import pytest

from datasync_crawler.flow.answers import Answer
from tests.flow.drain import Drain, drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import Torn, Visit, failure
from tests.flow.worlds import THREE_LANES, slow_service

FLOOR = 641.7
"""Seconds that pools, windows, latency and saturation take at the least; bench/floor.py prints it."""
PAGES = 600


class Mishaps:
    """Faults by the dice: errors, cut bodies, torn connections and ends told too early, ``level`` times light."""

    def __init__(self, seed: int, level: int) -> None:
        self._dice = Random(seed)
        self._level = level
        self.page: Callable[[Visit], Answer] | None = None

    def __call__(self, visit: Visit) -> Answer | Exception | None:
        dice = self._dice.random() / self._level
        if visit.path == "/token" or dice > 0.014 or self.page is None:
            return None
        if dice < 0.002:
            return self.page(visit)
        return Torn() if dice < 0.004 else failure(503) if dice < 0.009 else Answer(200, {}, b'{"rows":[{"no":')


@pytest.mark.parametrize("level", [1, 4, 10], ids=["light", "moderate", "high"])
def test_faults_cost_time_and_calls_but_no_rows(level: int) -> None:
    mishaps = Mishaps(seed=level, level=level)
    asked = slow_service(pages=PAGES, fault=mishaps)
    mishaps.page = partial(asked.page, more=False)
    drained = play(drain(asked, THREE_LANES))
    assert drained.whole
    assert drained.took < (1.15 + 0.012 * level) * FLOOR
    assert asked.meters["/list header"].refused == asked.meters["/list query"].refused == 0
    assert asked.meters["/feed"].refused <= 1


@pytest.fixture(scope="module")
def drained() -> Drain:
    return play(drain(slow_service(pages=PAGES), THREE_LANES))


def test_every_row_there_is_was_stored(drained: Drain) -> None:
    assert drained.run.failure is None
    assert drained.book.rows == {number for _, number in drained.service.rows}
    assert drained.run.stored == len(drained.service.rows)


def test_every_row_served_was_stored(drained: Drain) -> None:
    assert drained.service.served.keys() == drained.book.rows


def test_pools_that_announce_their_limit_never_refuse(drained: Drain) -> None:
    assert drained.service.meters["/list header"].refused == 0
    assert drained.service.meters["/list query"].refused == 0


def test_one_refusal_is_enough_to_learn_a_hidden_limit(drained: Drain) -> None:
    assert drained.service.meters["/feed"].refused <= 1
    budget = drained.run.gate.budgets["feed"]
    assert budget.limit is None or (budget.limit.calls, budget.limit.window) == (200, 300.0)


def test_it_takes_hardly_longer_than_the_limits_allow(drained: Drain) -> None:
    assert FLOOR < drained.took < 1.15 * FLOOR


def test_hardly_a_call_is_wasted(drained: Drain) -> None:
    assert sum(drained.service.calls.values()) <= 1.06 * PAGES


def test_the_shards_cover_everything_and_never_overlap(drained: Drain) -> None:
    shards = sorted(drained.book.shards.values(), key=lambda shard: shard.high or 2**63, reverse=True)
    assert shards[0].high is None
    assert shards[-1].low is None
    assert all(upper.low == lower.high for upper, lower in pairwise(shards))


def test_what_the_ledger_knows_is_what_the_run_knows(drained: Drain) -> None:
    known = {shard.id: (shard.low, shard.high, shard.checkpoint) for shard in drained.run.shards.values}
    assert {shard.id: (shard.low, shard.high, shard.checkpoint) for shard in drained.book.shards.values()} == known
