"""The worlds that are drained here: those shipped, and 25 at random that are the same at every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.dealing import deal
from bench.draining import needs_a_browser

if TYPE_CHECKING:
    from pathlib import Path

    from datasync_crawler.simulator.world import World

SEED = 1
DEALT = {dealt.name: dealt for dealt in deal(SEED)}


def marked(name: str, world: World) -> Any:
    """The parameter of a test that drains a world."""
    return pytest.param(name, marks=[pytest.mark.slow, *([pytest.mark.browser] if needs_a_browser(world) else [])])


def chart_of(name: str, folder: Path) -> str:
    """What a world is called by: the name of a shipped one, the file (in the folder) of one at random."""
    if name not in DEALT:
        return name
    file = folder / f"{name}.toml"
    file.write_text(DEALT[name].chart)
    return str(file)
