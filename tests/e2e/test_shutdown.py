"""SIGTERM and Ctrl-C end a command within seconds, whatever it waits for, and lose nothing."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from bench.killpoints import KILLED_AT
from bench.trial import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.forked import Forked, Forks
    from bench.trial import Ended, Trial
    from datasync_crawler.simulator import Simulator

pytestmark = pytest.mark.slow

STORED = "SELECT sum(rows) FROM ingestion_progress"
ROWS = "SELECT count(*) FROM ingested_events"
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"
CALLS = "SELECT count(*) FROM ledger_calls"


@pytest.fixture
def warm(trial: Trial, forks: Forks) -> Trial:
    """The trial, with commands that start at once."""
    return replace(trial, forks=forks)


def told(running: Forked, number: signal.Signals) -> Ended:
    """Sends a signal; what became of the command, which is an error when that took five seconds or more."""
    sent = time.monotonic()
    ended = running.send(number).end(60)
    assert time.monotonic() - sent < 5, ended.err[-2000:]
    return ended


@contextmanager
def silent(simulator: Simulator) -> Iterator[None]:
    """The service takes connections and calls, and says nothing."""
    os.kill(simulator.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(simulator.pid, signal.SIGCONT)


@contextmanager
def locked(trial: Trial) -> Iterator[None]:
    """Somebody holds the table of events for himself."""
    with closing(psycopg2.connect(trial.database)) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE ingested_events IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def grows(trial: Trial, query: str) -> Callable[[], bool]:
    before = trial.number(query)
    return lambda: trial.number(query) > before


def waits_for_the_database(trial: Trial) -> bool:
    return trial.number(BLOCKED) > 0


def left_over(trial: Trial) -> list[str]:
    """The names of the processes that were started with the trial's state and are still there."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(trial.state) in (place / "environ").read_bytes():
                found.append((place / "comm").read_text().strip())
        except OSError:
            continue
    return found


def test_waiting_for_budgets_is_given_up(warm: Trial) -> None:
    running = warm.forked("crawl", "events")
    assert until(grows(warm, STORED), running)
    ended = told(running, signal.SIGTERM)
    assert (ended.code, "forcing unclean" in ended.err, "ended at once" in ended.err) == (143, False, False)
    assert warm.number(ROWS) == warm.number(STORED)


def test_answers_and_tokens_under_way_are_abandoned(warm: Trial) -> None:
    with silent(warm.simulator):
        running = warm.forked("crawl", "events")
        assert until(grows(warm, CALLS), running)
        ended = told(running, signal.SIGINT)
    assert (ended.code, "ended at once" in ended.err) == (130, False)


def test_a_database_that_does_not_answer_is_left_and_nothing_is_half_stored(warm: Trial) -> None:
    running = warm.forked("crawl", "events")
    assert until(grows(warm, STORED), running)
    with locked(warm):
        assert until(lambda: waits_for_the_database(warm), running)
        assert told(running, signal.SIGTERM).code == 143
    assert warm.number(ROWS) == warm.number(STORED)


def test_two_interrupts_end_at_once(warm: Trial) -> None:
    running = warm.forked("crawl", "events")
    assert until(grows(warm, STORED), running)
    with locked(warm):
        assert until(lambda: waits_for_the_database(warm), running)
        running.send(signal.SIGINT)
        time.sleep(0.1)
        sent = time.monotonic()
        assert running.send(signal.SIGINT).end(10).code == 130
        assert time.monotonic() - sent < 1
    assert warm.number(ROWS) == warm.number(STORED)


def test_a_loop_that_stands_still_does_not_hold_the_process(warm: Trial) -> None:
    stalled = replace(warm, settings={KILLED_AT: "when a page came:3:stall"})
    running = stalled.forked("crawl", "events")
    assert until(grows(warm, CALLS), running)
    time.sleep(0.5)
    assert told(running, signal.SIGTERM).code == 143


def test_discovery_gives_up_a_dashboard_that_says_nothing(warm: Trial) -> None:
    with silent(warm.simulator):
        running = warm.forked("crawl", "discover", "--fresh")
        assert until(lambda: "Spider opened" in running.said, running)
        ended = told(running, signal.SIGTERM)
    assert (ended.code, "ended at once" in ended.err) == (143, False)


@pytest.mark.browser
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_discovery_leaves_no_browser_behind(warm: Trial, number: signal.Signals, code: int) -> None:
    running = warm.forked("crawl", "discover", "--fresh")
    assert until(lambda: any(name.startswith("chrom") for name in left_over(warm)), running)
    with silent(warm.simulator):
        assert told(running, number).code == code
        last = time.monotonic() + 5
        while left_over(warm) and time.monotonic() < last:
            time.sleep(0.05)
    assert left_over(warm) == []
