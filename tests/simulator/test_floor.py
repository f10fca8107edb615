from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPT = Path(__file__).parents[2] / "bench" / "floor.py"


@pytest.fixture(scope="module")
def floor_seconds() -> Callable[[World], float]:
    spec = importlib.util.spec_from_file_location("floor", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.floor_seconds


@pytest.mark.parametrize(
    ("world", "seconds"),
    [
        # Two bursts of the feed and ten of each other pool by 600 s, then 15 pages at once and 35 at 0.84 a second.
        (World(), 641.67),
        (World(speed=10), 64.17),
        # 600 pages, ten a minute: the last ten begin at minute 59.
        (World(feed_limit=1, feed_window=1e9, query_limit=1, query_window=1e9, header_limit=10), 59 * 60 + 3.1),
        # The feed alone: 600 pages at 0.84 a second, its pool never empty.
        (World(header_limit=1, header_window=1e9, query_shares_header=True, feed_limit=10_000), 599 * 5_000 / 4_200),
        (World(events=5_000), 3.1),
        (World(events=10_000, query_shares_header=True, header_limit=1), 3.5),
        (World(limits=False, latency=False), 0),
        (World(limits=False), 3.1),
    ],
    ids=["default", "faster", "header", "feed", "one-page", "two-pages", "free", "unlimited"],
)
def test_the_floor_of_a_world_is_known(floor_seconds: Callable[[World], float], world: World, seconds: float) -> None:
    assert floor_seconds(world) == pytest.approx(seconds, abs=0.02)
