"""PostgreSQL breaks while pages flow, in every way we know: the crawler waits, goes on, and the set is exact."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from psycopg2 import OperationalError

from bench.breakable import FAULTS, BreakableServer, BreakableWire
from bench.draining import at, execute
from bench.trial import Trial, until
from datasync_crawler.simulator import Simulator
from tests.e2e.conftest import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.forked import Forks

pytestmark = pytest.mark.slow

STORED = "SELECT sum(rows) FROM ingestion_progress"
ANNOUNCED = {"header", "query"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BreakableServer]:
    with BreakableServer(tmp_path_factory.mktemp("server")) as running:
        yield running


def stored(trial: Trial) -> int:
    """The rows that are in, 0 while nobody can tell."""
    try:
        return trial.number(STORED)
    except OperationalError:
        return 0


def is_exact(trial: Trial, truth: set[str]) -> bool:
    ids = [str(id_) for (id_,) in trial.rows("SELECT id::text FROM ingested_events")]
    return len(ids) == len(truth) == trial.number(STORED) and set(ids) == truth


def test_whatever_happens_to_the_database_one_run_ends_with_the_exact_set(
    service: Simulator, truth: set[str], server: BreakableServer, tmp_path: Path, forks: Forks
) -> None:
    service.reset()
    with BreakableWire(server) as wire:
        trial = Trial(service, tmp_path, server.url, {"DATABASE_URL": wire.url}, forks)
        trial.must("crawl", "discover")
        running = trial.forked("crawl", "events")
        for number, fault in enumerate(FAULTS.values(), start=1):
            enough = EVENTS * number // (len(FAULTS) + 2)
            assert until(lambda enough=enough: stored(trial) >= enough, running), running.said[-2000:]
            fault(server, wire, 0.3)
        ended = running.end(60)
    assert ended.code == 0, ended.err[-2000:]
    assert "no call leaves until the database is back" in ended.err
    assert is_exact(trial, truth)
    assert not ANNOUNCED & service.score()["pools"]["refused"].keys()
    assert trial.run("verify").code == 0


def test_what_a_crash_takes_back_of_a_bulk_load_is_stored_again(
    server: BreakableServer, tmp_path: Path, forks: Forks
) -> None:
    events = 200_000
    execute(server.url, "CREATE DATABASE bulk TEMPLATE template0")
    with Simulator(events, 5, 1.0, limits=False, latency=False) as simulator:
        trial = Trial(simulator, tmp_path, at(server.url, "bulk"), forks=forks)
        trial.must("crawl", "discover")
        running = trial.forked("crawl", "events")
        for number in (1, 2):
            assert until(lambda enough=events * number // 4: stored(trial) >= enough, running), running.said[-2000:]
            server.crash()
        ended = running.end(60)
        assert ended.code == 0, ended.err[-2000:]
        assert is_exact(trial, simulator.truth())


def test_a_crawler_that_was_frozen_past_its_lease_stores_nothing_more(
    trial: Trial, truth: set[str], tmp_path: Path, forks: Forks
) -> None:
    frozen = trial.start("crawl", "events")
    assert until(lambda: stored(trial) > EVENTS // 5, frozen)
    frozen.send(signal.SIGSTOP)
    second = replace(trial, settings={"STATE_DIR": str(tmp_path / "second")}, forks=forks)
    taking = second.forked("crawl", "events")
    assert until(lambda: "waiting (its lease runs for" in taking.said, taking), taking.said
    before = stored(trial)
    execute(trial.database, "UPDATE ledger_leases SET until = now()")
    assert until(lambda: stored(trial) > before, taking), taking.said
    woken = frozen.send(signal.SIGCONT).end(20)
    assert woken.code == 5, woken.err[-2000:]
    assert "another crawler has taken over" in woken.err
    ended = taking.end(60)
    assert (ended.code, is_exact(trial, truth)) == (0, True), ended.err[-2000:]
