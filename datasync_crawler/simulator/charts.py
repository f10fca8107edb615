"""Worlds as files: what each moves, its switches, and what its oracle says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasync_crawler.simulator.oracle import Oracle
from datasync_crawler.simulator.switches import UnknownSwitch
from datasync_crawler.simulator.world import World

SHIPPED = Path(__file__).parent / "worlds"


@dataclass(frozen=True, slots=True)
class Chart:
    """One world's file."""

    name: str
    title: str
    moves: str
    """What is otherwise than in the default world, in a line."""
    world: World
    oracle: Oracle


def shipped() -> list[str]:
    """The names of all worlds that come with the simulator."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read_chart(name: str) -> Chart:
    """The world of a name or of a file. Raises UnknownSwitch where there is none or it does not fit."""
    path = Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text())
        world = World().with_switches(document["switches"])
        return Chart(path.stem, document["title"], document["moves"], world, Oracle(**document["oracle"]))
    except OSError as error:
        raise UnknownSwitch(f"no world is called {name!r}: see --worlds") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UnknownSwitch(f"{path} is no world: {error}") from error


def listed(charts: list[Chart]) -> str:
    """The worlds, a line each."""
    width = max(len(chart.name) for chart in charts)
    return "\n".join(f"{chart.name:<{width}}  {chart.title}: {chart.moves}" for chart in charts)


def tabled(charts: list[Chart]) -> str:
    """The worlds as a table in Markdown."""
    rows = [
        f"| `{chart.name}` | {chart.title} | {chart.moves} | {chart.world.events:,} | {chart.world.speed:g} "
        f"| {'yes' if chart.oracle.drainable else 'no'} | {chart.oracle.least_calls} | {chart.oracle.least_seconds} |"
        for chart in charts
    ]
    head = "| World | Title | What it moves | Events | Speed | Drainable | Least calls | Least seconds |"
    return "\n".join([head, "|---|---|---|---:|---:|---|---:|---:|", *rows])
