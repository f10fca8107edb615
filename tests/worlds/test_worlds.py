"""Every shipped world is drained by the real chain, exactly and within its oracle's bounds, or refused rightly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.judging import complaints
from datasync_crawler.simulator.charts import read_chart, shipped
from tests.worlds.known import marked

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from bench.draining import Drained


@pytest.mark.parametrize("world", [marked(name, read_chart(name).world) for name in shipped()])
def test_a_world_is_drained_exactly_within_its_oracles_bounds(
    world: str, drains: dict[str, Future[Drained]], drain_again: Callable[[str], Drained]
) -> None:
    assert complaints(drains[world].result(), read_chart(world), lambda: drain_again(world)) == []
