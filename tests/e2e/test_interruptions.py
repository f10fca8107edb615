from __future__ import annotations

import functools
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from bench.trial import Running, until
from datasync_crawler.adapters.state import held
from datasync_crawler.domain.errors import StateBusy
from tests.e2e.conftest import EVENTS, PAGE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.trial import Trial

pytestmark = pytest.mark.slow

STORED = "SELECT sum(rows) FROM ingestion_progress"
PAGES = "SELECT sum(pages) FROM ingestion_progress"
CALLS = "SELECT count(*) FROM ledger_calls"
TERMINATE = functools.partial(Running.send, number=signal.SIGTERM)
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


def kill(running: Running, holds: Callable[[], bool]) -> None:
    """Kills the command at the moment when something holds."""
    assert until(holds, running), running.err.read_text()[-2000:]
    assert running.send(signal.SIGKILL).end(5).code == -signal.SIGKILL


def unanswered(trial: Trial, stored_before: int) -> int:
    """How many calls for pages, of all that arrived, brought neither a page that was stored nor a fault."""
    score = trial.simulator.score()
    arrived = sum(score["pools"]["calls"].get(pool, 0) for pool in ("header", "query", "feed"))
    return arrived - sum(score["faults"].values()) - (trial.number(PAGES) - stored_before)


@pytest.mark.parametrize("jobdir", [True, False], ids=["with JOBDIR", "without JOBDIR"])
def test_a_run_killed_three_times_ends_with_the_same_set_and_fetches_little_again(
    trial: Trial, truth: set[str], *, jobdir: bool
) -> None:
    command, begun = events_of(trial, jobdir=jobdir), trial.number(PAGES)
    for calls, rows in [(1, 0), (0, EVENTS // 4), (0, random.randint(1, EVENTS // 2))]:
        called, stored = growth(trial, CALLS, calls), growth(trial, STORED, rows)
        kill(trial.start(*command), lambda called=called, stored=stored: called() and stored())
    in_flight = unanswered(trial, begun)
    ends_exact(trial, truth, command)
    score = trial.simulator.score()
    excused = in_flight + sum(score["faults"].values())
    assert score["pages"]["again"] <= excused
    # The last page of a shard may reach into the next one.
    assert score["rows"]["twice"] <= PAGE * (excused + trial.number("SELECT count(*) FROM ingestion_progress"))
    assert not ANNOUNCED & score["pools"]["refused"].keys()


def test_discovery_killed_on_its_way_is_made_again_within_the_budgets(trial: Trial) -> None:
    kill(trial.start("crawl", "discover", "--fresh"), growth(trial, CALLS, 1))
    assert trial.run("crawl", "discover", "--fresh").code == 0
    assert not ANNOUNCED & trial.simulator.score()["pools"]["refused"].keys()


@pytest.mark.parametrize(
    ("command", "send"),
    [(("crawl", "events"), TERMINATE), (("ingest",), TERMINATE), (("ingest",), Running.interrupt)],
    ids=["crawl events, SIGTERM", "ingest, SIGTERM", "ingest, Ctrl-C"],
)
def test_a_signal_ends_a_run_within_seconds_after_a_commit(
    trial: Trial, truth: set[str], command: tuple[str, ...], send: Callable[[Running], Running]
) -> None:
    running = trial.start(*command)
    assert until(growth(trial, STORED, EVENTS // 5), running)
    sent = time.monotonic()
    ended = send(running).end(10)
    assert time.monotonic() - sent < 4
    assert ended.code in {130, 143}
    assert "forcing unclean" not in ended.err
    assert trial.number("SELECT count(*) FROM ingested_events") == trial.number(STORED) < EVENTS
    if send is not TERMINATE:
        ends_exact(trial, truth, ("crawl", "events"))


def test_a_chain_that_is_killed_takes_its_step_with_it_and_frees_the_state(trial: Trial) -> None:
    running = trial.start("ingest")
    kill(running, growth(trial, STORED, EVENTS // 5))
    last = time.monotonic() + 4
    while not is_free(trial.state):
        assert time.monotonic() < last
        time.sleep(0.05)
    assert trial.number(STORED) < EVENTS


def is_free(state: Path) -> bool:
    """Whether no run holds the state."""
    try:
        with held(state):
            return True
    except StateBusy:
        return False
