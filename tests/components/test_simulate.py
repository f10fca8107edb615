"""``scrapy simulate`` is the simulator itself, options and all."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("words", [("--worlds", "table"), ("--", "--worlds", "table")])
def test_options_reach_the_simulator(words: tuple[str, ...]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "scrapy", "simulate", *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "| `types` |" in ended.stdout
