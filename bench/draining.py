"""Draining a world's file with our commands, and what came of it."""

from __future__ import annotations

import sys
import uuid
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from bench.trial import Trial
from datasync_crawler.simulator import Simulator
from datasync_crawler.simulator.charts import read_chart

if TYPE_CHECKING:
    from bench.forked import Forks
    from bench.trial import Ended
    from datasync_crawler.simulator.world import World

_LAST_ROW = "SELECT max(extract(epoch FROM updated_at)) FROM ingestion_progress"
_PATIENCE = 240.0


@dataclass(frozen=True, slots=True)
class Drained:
    """What came of a world: the last command, the score, the ids in the table and in truth.

    ``discovery`` counts the keyed calls of discovery; ``refused`` those refused by pool until all was drained;
    ``seconds`` are those from the first keyed call to the last row, without the start of the command in between, which
    is the machine's and not the service's.
    """

    ended: Ended
    score: Any
    discovery: int
    ids: set[str]
    truth: set[str]
    seconds: float
    refused: dict[str, int]


def needs_a_browser(world: World) -> bool:
    """Whether only a page that runs tells what the feed is called, or what it or its tokens are given for."""
    ways = world.ways
    wanted = ways.feed_wants if ways.feed_open else f"{ways.feed_wants},{world.stream_access_wants}"
    return ways.feed_told and (ways.feed_written == "runtime" or "cookie" in wanted)


def drain(name: str, server: str, folder: Path, forks: Forks | None = None) -> Drained:
    """Drains a world (its name or file) into a database of its own on the server, and submits what is complete."""
    database = f"world_{uuid.uuid4().hex}"
    execute(server, f"CREATE DATABASE {database} TEMPLATE template0")
    try:
        with Simulator(world=name) as simulator:
            settings = _settings(simulator, read_chart(name).world)
            return _drained(Trial(simulator, folder, at(server, database), settings, forks))
    finally:
        execute(server, f"DROP DATABASE {database} WITH (FORCE)")


def at(server: str, database: str) -> str:
    """The address of a database on a server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def execute(server: str, statement: str) -> None:
    """Lets a server do something, outside any transaction."""
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


def _drained(trial: Trial) -> Drained:
    simulator = trial.simulator
    ended = trial.run("crawl", "discover")
    discovery = simulator.score()["calls"]["keyed"]
    first, last = _calls_after(trial, 0.0)
    if ended.code == 0:
        ended = trial.run("crawl", "events", seconds=_PATIENCE)
    ids = {str(row[0]) for row in trial.rows("SELECT id::text FROM ingested_events")}
    again, _ = _calls_after(trial, last)
    seconds = last - first + max(0.0, float(trial.rows(_LAST_ROW)[0][0] or 0.0) - again)
    refused: dict[str, int] = simulator.score()["pools"]["refused"]
    if ended.code == 0:
        ended = trial.run("submit")
    return Drained(ended, simulator.score(), discovery, ids, simulator.truth(), seconds, refused)


def _calls_after(trial: Trial, moment: float) -> tuple[float, float]:
    """The first and the last call later than a moment, which stands in for both where there is none."""
    first, last = trial.rows(f"SELECT min(at), max(at) FROM ledger_calls WHERE at > {moment}")[0]  # noqa: S608 - a number of ours
    return first or moment, last or moment


def without_browser() -> dict[str, str]:
    """The settings by which a command finds no browser."""
    nowhere = str(Path(sys.executable).parent)
    return {"PATH": nowhere, "PLAYWRIGHT_BROWSERS_PATH": nowhere, "BROWSER_PATH": ""}


def _give_up_after(world: World) -> float:
    """Minutes without an answer: a refusal that tells no wait is taken for one of a minute, whatever the speed."""
    told = world.feed_retry_after and world.budgets.retry_form != "none" and not world.budgets.refusal_silent
    return 0.4 if told or not world.limits else 2.5


def _settings(simulator: Simulator, world: World) -> dict[str, str]:
    settings = {"API_BASE_URL": simulator.api_url, "GIVE_UP_AFTER": str(_give_up_after(world))}
    if needs_a_browser(world):
        return settings
    # Without a browser a world takes half the time.
    return settings | without_browser()
