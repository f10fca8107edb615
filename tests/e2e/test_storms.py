"""Everything goes wrong at once, and the set is whole in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.draining import without_browser
from bench.killing import SMALL, carry_out
from bench.trial import Trial
from datasync_crawler.simulator import Simulator
from datasync_crawler.simulator.faults import FaultKind

if TYPE_CHECKING:
    from pathlib import Path

    from bench.forked import Forks

pytestmark = pytest.mark.slow

EVENTS, SPEED = 5_000, 60.0
SPOILT = {f"fault_{kind}": 0.03 for kind in FaultKind}
"""More than the high level, as there are few calls: three in ten go wrong."""
AWAY = {"outage_after": 150.0, "outage_for": 120.0, "tokens_die_every": 20.0}
"""Two minutes in the middle of the drain, which are two seconds here, as a third of one is the life of a token."""


@pytest.mark.parametrize("seed", [1, 2])
def test_all_faults_at_once_an_outage_and_tokens_that_die_leave_the_set_exact(
    seed: int, postgres_url: str, tmp_path: Path, forks: Forks
) -> None:
    with Simulator(EVENTS, seed, SPEED, **SMALL, **SPOILT, **AWAY) as simulator:
        trial = Trial(simulator, tmp_path, postgres_url, without_browser(), forks)
        story = carry_out(trial, [], simulator.truth())
        score = simulator.score()
    assert story.wrong == []
    assert score["statuses"]["503"] > 3, "the outage was met"
    assert score["statuses"]["403"] > 0, "tokens died"
    assert len(score["faults"]) > 4
