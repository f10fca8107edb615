"""Worlds at random, the same at every run, are drained by the real chain as their oracles say."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bench.dealing import MOST_MOVES, THRICE, WORLDS, deal, moved
from bench.judging import SPARE, complaints
from bench.moves import UNMOVED
from datasync_crawler.simulator.charts import read_chart
from datasync_crawler.simulator.switches import standing
from datasync_crawler.simulator.world import World
from tests.worlds.known import DEALT, SEED, chart_of, marked

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from bench.draining import Drained


@pytest.mark.parametrize("world", [marked(name, dealt.world) for name, dealt in DEALT.items()])
def test_a_world_at_random_is_drained_as_its_oracle_says(
    world: str, drains: dict[str, Future[Drained]], drain_again: Callable[[str], Drained], tmp_path: Path
) -> None:
    chart = read_chart(chart_of(world, tmp_path))
    told = complaints(drains[world].result(), chart, lambda: drain_again(world), spare=SPARE)
    assert told == [], "\n".join([*told, DEALT[world].chart])


LEFT = " ".join(UNMOVED).split()


def unmoved(found: Counter[str]) -> list[str]:
    """The switches that are moved in fewer worlds than is promised."""
    return [switch for switch in standing(World()) if found[switch] < THRICE and switch not in LEFT]


def test_every_switch_is_moved_in_three_worlds_at_least(capsys: pytest.CaptureFixture[str]) -> None:
    found = moved(DEALT.values())
    with capsys.disabled():
        sys.stdout.write(f"\nseed {SEED}: " + " ".join(f"{what}:{times}" for what, times in sorted(found.items())))
    assert unmoved(found) == []
    assert len(DEALT) == WORLDS


@pytest.mark.slow
@given(st.integers(min_value=2, max_value=10_000))
@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
def test_so_it_is_in_any_other_deal_and_no_world_has_more_than_sixteen_moves(seed: int) -> None:
    dealt = deal(seed)
    assert unmoved(moved(dealt)) == []
    assert max(len(each.moves) for each in dealt) <= MOST_MOVES
