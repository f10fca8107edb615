"""The steps of the chain, as processes: each waits to begin, and none outlives the chain."""

from __future__ import annotations

import os

import pytest

from datasync_crawler.commands.steps import run_steps

pytestmark = pytest.mark.slow


def test_a_step_that_could_not_start_up_ends_the_chain_with_its_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_steps([["no-such-command"], ["verify"]], os.environ) == 2
    assert "no-such-command" in capfd.readouterr().out


def test_a_step_after_one_that_failed_never_begins(capfd: pytest.CaptureFixture[str]) -> None:
    settings = {"TARGET_API_KEY": "", "DATASYNC_NO_DOTENV": "1"}
    assert run_steps([["crawl", "discover"], ["verify"], ["submit"]], os.environ | settings) == 2
    told = capfd.readouterr().err
    assert told.count("TARGET_API_KEY") == 1
    assert "verify" not in told
