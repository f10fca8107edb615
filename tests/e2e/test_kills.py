"""Killed with -9 at chosen points and at random moments, a drain that goes on ends with the same set."""

from __future__ import annotations

import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from bench.draining import at, execute, without_browser
from bench.killing import SMALL, Story, carry_out, plan_of, tried
from bench.killpoints import POINTS, arm
from bench.trial import Trial
from datasync_crawler.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.forked import Forks

SEEDS, AT_ONCE = range(1, 13), 2
EVENTS, SPEED = 3_500, 60.0


@pytest.fixture(scope="module")
def simulators() -> Iterator[list[Simulator]]:
    """Services that show the same events, one of them with everyday faults."""
    with Simulator(EVENTS, 1, SPEED, **SMALL) as one, Simulator(EVENTS, 1, SPEED, "light", **SMALL) as other:
        yield [one, other]


@pytest.fixture(scope="module")
def stories(
    simulators: list[Simulator], postgres_server: str, tmp_path_factory: pytest.TempPathFactory, forks: Forks
) -> Iterator[dict[int, Future[Story]]]:
    """What will have come of each seed's plan; two are carried out at a time, as most of a drain is waiting."""
    free: SimpleQueue[Simulator] = SimpleQueue()
    for simulator in simulators:
        free.put(simulator)
    truth, folder = simulators[0].truth(), tmp_path_factory.mktemp("kills")

    def told(seed: int) -> Story:
        simulator, database = free.get(), f"kills_{uuid.uuid4().hex}"
        execute(postgres_server, f"CREATE DATABASE {database} TEMPLATE template0")
        try:
            simulator.reset()
            place = at(postgres_server, database)
            return carry_out(
                Trial(simulator, folder / database, place, without_browser(), forks), plan_of(seed), truth
            )
        finally:
            execute(postgres_server, f"DROP DATABASE {database} WITH (FORCE)")
            free.put(simulator)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {seed: pool.submit(tried, partial(told, seed)) for seed in SEEDS}
        pool.shutdown(cancel_futures=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_drain_that_is_killed_and_goes_on_is_exact(seed: int, stories: dict[int, Future[Story]]) -> None:
    story = stories[seed].result()
    assert story.wrong == [], plan_of(seed)


@pytest.mark.slow
def test_the_kills_strike(stories: dict[int, Future[Story]]) -> None:
    wanted = sum(len(plan_of(seed)) for seed in SEEDS)
    assert sum(stories[seed].result().struck for seed in SEEDS) >= wanted * 2 / 3


def test_the_plans_of_the_seeds_come_by_every_point_of_the_drain() -> None:
    planned = {kill.point for seed in SEEDS for kill in plan_of(seed)}
    assert {name for name, point in POINTS.items() if point.command == "events"} <= planned


def test_a_point_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench import killpoints  # noqa: PLC0415 - its table is changed for this test alone

    gone = killpoints.Point("events", "datasync_crawler.flow.run:Run.no_such_step")
    monkeypatch.setitem(killpoints.POINTS, "gone", gone)
    with pytest.raises(AttributeError, match="where is 'gone' now"):
        arm("gone:1")
