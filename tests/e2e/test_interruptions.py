from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from bench.trial import until
from tests.e2e.conftest import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.trial import Running, Trial

pytestmark = pytest.mark.slow

STORED = "SELECT sum(rows) FROM ingestion_progress"
PAGES = "SELECT sum(pages) FROM ingestion_progress"
CALLS = "SELECT count(*) FROM ledger_calls"
ANNOUNCED = {"header", "query"}


def events_of(trial: Trial, *, jobdir: bool = True) -> tuple[str, ...]:
    queue = ("-s", f"JOBDIR={trial.folder / 'jobdir'}") if jobdir else ()
    return ("crawl", "events", *queue)


def growth(trial: Trial, query: str, by: int) -> Callable[[], bool]:
    """Whether a number of the database has grown by so much since now."""
    before = trial.number(query)
    return lambda: trial.number(query) >= before + by


def ends_exact(trial: Trial, truth: set[str], command: tuple[str, ...]) -> None:
    ended = trial.run(*command)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, f"complete: {EVENTS} events"), ended.err[-2000:]
    assert {row for (row,) in trial.rows("SELECT id::text FROM ingested_events")} == truth


def killed(trial: Trial, running: Running, holds: Callable[[], bool]) -> int:
    """Kills the command when something holds; gives the number of its pages that were not stored then."""
    assert until(holds, running), running.err.read_text()[-2000:]
    running.send(signal.SIGKILL)
    assert running.end(5).code == -signal.SIGKILL
    time.sleep(0.3)  # the service goes on serving what was in flight
    score = trial.simulator.score()
    return int(score["pools"]["calls"]["feed"] + score["pools"]["calls"]["header"] + score["pools"]["calls"]["query"])


@pytest.mark.parametrize("jobdir", [True, False], ids=["with JOBDIR", "without JOBDIR"])
def test_a_run_killed_three_times_ends_with_the_same_set_and_fetches_little_again(
    trial: Trial, truth: set[str], *, jobdir: bool
) -> None:
    command, in_flight = events_of(trial, jobdir=jobdir), 0
    begun = trial.number(PAGES)
    for calls, rows in [(1, 0), (0, EVENTS // 4), (0, random.randint(1, EVENTS // 2))]:
        left, stored = growth(trial, CALLS, calls), growth(trial, STORED, rows)
        called = killed(trial, trial.start(*command), lambda left=left, stored=stored: left() and stored())
        in_flight = called - (trial.number(PAGES) - begun)
    ends_exact(trial, truth, command)
    score = trial.simulator.score()
    assert score["pages"]["again"] <= in_flight
    assert not ANNOUNCED & score["pools"]["refused"].keys()


def test_discovery_killed_on_its_way_is_made_again_within_the_budgets(trial: Trial, truth: set[str]) -> None:
    running = trial.start("crawl", "discover", "-a", "fresh=1")
    killed(trial, running, growth(trial, CALLS, 1))
    assert trial.run("crawl", "discover", "--fresh").code == 0
    ends_exact(trial, truth, events_of(trial))
    assert not ANNOUNCED & trial.simulator.score()["pools"]["refused"].keys()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", [("crawl", "events"), ("ingest",)], ids=["crawl events", "ingest"])
def test_a_signal_ends_a_run_within_seconds_after_a_commit(
    trial: Trial, truth: set[str], command: tuple[str, ...], number: signal.Signals
) -> None:
    running = trial.start(*command)
    assert until(growth(trial, STORED, EVENTS // 5), running)
    sent = time.monotonic()
    ended = running.send(number).end(10)
    assert time.monotonic() - sent < 4
    assert ended.code in {130, 143, -signal.SIGINT, -signal.SIGTERM}
    assert "Traceback" not in ended.err
    assert trial.number(STORED) < EVENTS
    assert trial.number("SELECT count(*) FROM ingested_events") == trial.number(STORED)
    if command == ("ingest",):
        ends_exact(trial, truth, ("crawl", "events"))
