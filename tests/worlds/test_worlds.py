"""Every shipped world is drained by the real chain, exactly and within its oracle's bounds, or refused rightly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worlds.draining import FOLDER, NEED_A_BROWSER, World

if TYPE_CHECKING:
    from concurrent.futures import Future

    from tests.worlds.draining import Drained

MOST_DISCOVERY_CALLS, MOST_REFUSALS = 15, 3
MARGIN, START_UP = 1.3, 10.0
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))
MARKED = [
    pytest.param(name, marks=[pytest.mark.slow, *([pytest.mark.browser] if name in NEED_A_BROWSER else [])])
    for name in NAMES
]


@pytest.mark.parametrize("world", MARKED)
def test_a_world_is_drained_exactly_within_its_oracles_bounds(world: str, drains: dict[str, Future[Drained]]) -> None:
    drained, oracle = drains[world].result(), World.read(world)
    if oracle.drainable:
        _exact(drained, oracle)
    else:
        _refused_rightly(drained)
    calls = drained.score["calls"]["keyed"]
    assert drained.discovery <= MOST_DISCOVERY_CALLS
    assert calls <= MARGIN * oracle.least_calls + MOST_DISCOVERY_CALLS
    assert sum(drained.refused.values()) <= (MOST_REFUSALS if oracle.keeps_still else 0), drained.refused


def _exact(drained: Drained, oracle: World) -> None:
    assert drained.ended.code == 0, drained.ended.err[-2000:]
    assert drained.truth <= drained.ids
    assert len(drained.ids - drained.truth) <= oracle.switches.get("arrivals", 0)
    (submission,) = drained.score["submissions"]
    assert (submission["missing"], submission["unknown"], submission["double"]) == (0, 0, 0)
    assert drained.seconds <= MARGIN * oracle.least_seconds + START_UP


def _refused_rightly(drained: Drained) -> None:
    assert drained.ended.code == 1
    assert "short of" in drained.ended.err
    assert drained.score["submissions"] == []
    assert drained.ids <= drained.truth
