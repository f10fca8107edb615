"""The worlds that are shipped: their oracles, and that whoever knows one can drain it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from datasync_crawler.simulator.charts import Chart, read_chart, shipped, tabled
from datasync_crawler.simulator.oracle import oracle
from datasync_crawler.simulator.switches import UnknownSwitch, standing
from datasync_crawler.simulator.world import World
from tests.simulator.knowing import Knowing

TABLE = Path(__file__).parents[2] / "docs" / "worlds.md"
NAMES = shipped()


@cache
def chart(name: str) -> Chart:
    return read_chart(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_whoever_knows_a_world_can_drain_it_without_a_refusal(name: str) -> None:
    world = chart(name).world
    client = Knowing(world)
    client.drain()
    there = [client.client.table.event_id(row) for row in range(world.truth.arrivals, world.events)]
    missing = set(there) - set(client.ids)
    told = client.stats()["counts"]["events"]
    most = max([total for total in client.totals if total is not None], default=told)
    assert len(client.ids) == len(set(client.ids))
    assert (not missing and most <= len(there)) == chart(name).oracle.drainable
    assert client.client.service.score.refused.total() == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_oracle_in_the_file_is_the_one_that_is_computed(name: str) -> None:
    assert oracle(chart(name).world) == chart(name).oracle


@pytest.mark.parametrize("name", NAMES)
def test_a_world_can_be_drained_in_time(name: str) -> None:
    assert 2_000 <= chart(name).world.events <= 20_000
    assert chart(name).oracle.least_seconds < 10


def test_every_world_moves_something_else() -> None:
    usual = standing(World())
    moved = [
        frozenset((switch, value) for switch, value in standing(chart(name).world).items() if value != usual[switch])
        for name in NAMES
    ]
    assert len(set(moved)) == len(NAMES) >= 26
    assert len({chart(name).moves for name in NAMES}) == len(NAMES)


def test_the_table_in_the_documents_is_the_one_that_is_told() -> None:
    assert tabled([chart(name) for name in NAMES]) in TABLE.read_text()


def test_a_world_may_be_a_file_of_anybody(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'title = "Mine"\nmoves = "the cap"\n[switches]\nevents = 100\npage_cap = 7\n'
        "[oracle]\ndrainable = true\nleast_calls = 15\nleast_seconds = 4\n"
    )
    assert read_chart(str(file)).world == replace(World(), events=100, page_cap=7)


@pytest.mark.parametrize(
    "text", ["", "title = 1", 'title="a"\nmoves="b"\n[switches]\nnothing=1\n[oracle]\ndrainable=true\n']
)
def test_what_is_no_world_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(UnknownSwitch):
        read_chart(str(file))
    with pytest.raises(UnknownSwitch, match="absent"):
        read_chart("absent")
