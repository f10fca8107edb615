from __future__ import annotations

import functools
import signal
import time
from typing import TYPE_CHECKING

import pytest

from bench.trial import Running, until
from datasync_crawler.adapters.state import held
from datasync_crawler.domain.errors import StateBusy
from tests.e2e.conftest import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.trial import Trial

pytestmark = pytest.mark.slow

STORED = "SELECT sum(rows) FROM ingestion_progress"
TERMINATE = functools.partial(Running.send, number=signal.SIGTERM)


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


@pytest.mark.parametrize("send", [TERMINATE, Running.interrupt], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_ends_a_chain_within_seconds_after_a_commit(
    trial: Trial, truth: set[str], send: Callable[[Running], Running]
) -> None:
    running = trial.start("ingest")
    assert until(growth(trial, STORED, EVENTS // 5), running)
    sent = time.monotonic()
    ended = send(running).end(10)
    assert time.monotonic() - sent < 4
    assert ended.code == (143 if send is TERMINATE else 130)
    assert "forcing unclean" not in ended.err
    assert "not complete: " in (trial.state / "report.html").read_text()
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
