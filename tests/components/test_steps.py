"""The steps of the chain, as processes: each waits to begin, and none outlives the chain."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from datasync_crawler.commands.steps import run_steps

pytestmark = pytest.mark.slow

STALLED = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path(os.environ["DEAF"]).touch()
if sys.argv[1] == "killed":
    os.kill(os.getpid(), int(sys.argv[2]))
time.sleep(60 if sys.argv[1] == "stalled" else 0)
sys.exit(9)
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> dict[str, str]:
    """An environment in which a step "stalled" hears nothing, "killed N" is by that signal, any other ends with 9."""
    package = tmp_path / "scrapy"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(STALLED)
    return {"PYTHONPATH": str(tmp_path), "DEAF": str(tmp_path / "deaf")}


def send(number: signal.Signals, deaf: Path) -> None:
    """Sends this process a signal as soon as the step hears none."""
    while not deaf.exists():
        time.sleep(0.01)
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_step_that_is_stalled_is_killed_when_it_does_not_hear_a_signal(
    stand_in: dict[str, str], number: signal.Signals
) -> None:
    threading.Thread(target=send, args=(number, Path(stand_in["DEAF"]))).start()
    begun = time.monotonic()
    assert run_steps([["stalled"]], stand_in, last_word=0.3) == 128 + number
    assert 0.3 < time.monotonic() - begun < 10


@pytest.mark.parametrize(("number", "cause"), [(signal.SIGKILL, " (out of memory?)"), (signal.SIGSEGV, "")])
def test_of_a_step_that_was_killed_it_is_told_as_it_could_not_say_so_itself(
    stand_in: dict[str, str], number: signal.Signals, cause: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_steps([["killed", str(int(number))]], stand_in) == 128 + number
    told = f"scrapy ingest: killed {number} was killed by signal {number}{cause}; the same command goes on\n"
    assert capfd.readouterr().err == told


def test_a_step_that_ends_by_itself_has_said_why(stand_in: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run_steps([["other"]], stand_in) == 9
    assert capfd.readouterr().err == ""


def test_a_step_that_is_not_wanted_any_more_is_killed_when_it_does_not_go(stand_in: dict[str, str]) -> None:
    begun = time.monotonic()
    assert run_steps([["other"], ["stalled"]], stand_in, last_word=0.3, head_start=0.0) == 9
    assert time.monotonic() - begun < 10


def test_a_step_that_could_not_start_up_ends_the_chain_with_its_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_steps([["no-such-command"], ["verify"]], os.environ) == 2
    assert "no-such-command" in capfd.readouterr().out


def test_a_step_after_one_that_failed_never_begins(capfd: pytest.CaptureFixture[str]) -> None:
    settings = {"TARGET_API_KEY": "", "DATASYNC_NO_DOTENV": "1"}
    assert run_steps([["crawl", "discover"], ["verify"], ["submit"]], os.environ | settings) == 2
    told = capfd.readouterr().err
    assert told.count("TARGET_API_KEY") == 1
    assert "verify" not in told
