"""A whole drain under the limits of a real service: everything, in hardly more than the least time possible."""

from __future__ import annotations

import pytest

from tests.flow.drain import Drain, drain
from tests.flow.fake_clock import play
from tests.flow.worlds import THREE_LANES, slow_service

FLOOR = 641.7
"""Seconds that pools, windows, latency and saturation take at the least; bench/floor.py prints it."""
PAGES = 600


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
    assert all(upper.low == lower.high for upper, lower in zip(shards, shards[1:], strict=False))


def test_what_the_ledger_knows_is_what_the_run_knows(drained: Drain) -> None:
    known = {shard.id: (shard.low, shard.high, shard.checkpoint) for shard in drained.run.shards.values}
    assert {shard.id: (shard.low, shard.high, shard.checkpoint) for shard in drained.book.shards.values()} == known
