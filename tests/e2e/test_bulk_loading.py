"""A drain bounded by the machine alone loads before its table has a key; killed at any moment it stays exact."""

from __future__ import annotations

import signal
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from bench.draining import at, execute
from bench.trial import Trial, until
from datasync_crawler.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

EVENTS = 240_000
STORED = "SELECT sum(rows) FROM ingestion_progress"
KEYS = "SELECT count(*) FROM pg_constraint WHERE conrelid = 'ingested_events'::regclass AND contype = 'p'"


@pytest.fixture
def trial(postgres_server: str, tmp_path: Path) -> Iterator[Trial]:
    name = f"bulk_{uuid.uuid4().hex}"
    execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE template0")
    with Simulator(EVENTS, 5, 1.0, limits=False, latency=False) as simulator:
        discovered = Trial(simulator, tmp_path, at(postgres_server, name))
        discovered.must("crawl", "discover")
        yield discovered
    execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def killed(trial: Trial, rows: int, seconds: float) -> None:
    """Kills a drain so many seconds after as many rows were in, if it has not ended by then."""
    running = trial.start("crawl", "events")
    assert until(lambda: trial.number(STORED) >= rows, running), running.err.read_text()[-2000:]
    time.sleep(seconds)
    running.send(signal.SIGKILL).end(5)


def test_kills_before_within_and_after_the_building_of_the_key_leave_the_set_exact(trial: Trial) -> None:
    killed(trial, EVENTS // 5, 0.0)
    assert trial.number(KEYS) == 0
    assert trial.run("verify").code == 1
    killed(trial, EVENTS // 3, 0.0)
    killed(trial, EVENTS * 9 // 10, 0.05)
    assert trial.run("crawl", "events").out.splitlines()[-1].endswith(f"complete: {EVENTS} events")
    assert trial.number(KEYS) == 1
    assert {id_ for (id_,) in trial.rows("SELECT id::text FROM ingested_events")} == trial.simulator.truth()
    assert trial.run("verify").code == 0
