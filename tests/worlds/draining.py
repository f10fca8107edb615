"""Draining a shipped world with our commands, and what came of it."""

from __future__ import annotations

import sys
import tomllib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.trial import ROOT, Trial
from datasync_crawler.simulator import Simulator
from tests.e2e.conftest import at, execute

if TYPE_CHECKING:
    from bench.trial import Ended

FOLDER = ROOT / "datasync_crawler" / "simulator" / "worlds"
# Only a page that runs tells what the feed is called, and what its tokens are given for.
NEED_A_BROWSER = frozenset({"cookie", "unwritten"})
_LAST_ROW = "SELECT max(extract(epoch FROM updated_at)) FROM ingestion_progress"


@dataclass(frozen=True, slots=True)
class World:
    """A world's file: its name, its switches and what its oracle says."""

    name: str
    switches: dict[str, Any]
    drainable: bool
    least_calls: int
    least_seconds: float

    @classmethod
    def read(cls, name: str) -> World:
        """The world of that name."""
        document = tomllib.loads((FOLDER / f"{name}.toml").read_text())
        return cls(name, document["switches"], **document["oracle"])

    @property
    def keeps_still(self) -> bool:
        """Whether limits are untold or told wrongly, so that only a refusal can teach them."""
        switches = self.switches
        untold = switches.get("budget_form") == "none" or switches.get("hidden_limit", 0) > 0
        return untold or switches.get("budget_lie", 1.0) > 1


@dataclass(frozen=True, slots=True)
class Drained:
    """What came of a world: the last command, the score, the ids in the table and in truth.

    ``discovery`` counts the keyed calls of discovery; ``seconds`` are those from the first keyed call to the last row,
    without the start of the command in between, which is the machine's and not the service's.
    """

    ended: Ended
    score: Any
    discovery: int
    ids: set[str]
    truth: set[str]
    seconds: float

    @property
    def refused(self) -> dict[str, int]:
        """Refused calls by pool."""
        pools: dict[str, int] = self.score["pools"]["refused"]
        return pools


def drain(name: str, server: str, folder: Path) -> Drained:
    """Drains a world into a database of its own on the server, and submits what is complete."""
    database = f"world_{uuid.uuid4().hex}"
    execute(server, f"CREATE DATABASE {database} TEMPLATE template0")
    try:
        with Simulator(world=name) as simulator:
            return _drained(Trial(simulator, folder, at(server, database), _settings(simulator, name)))
    finally:
        execute(server, f"DROP DATABASE {database} WITH (FORCE)")


def _drained(trial: Trial) -> Drained:
    simulator = trial.simulator
    ended = trial.run("crawl", "discover")
    discovery = simulator.score()["calls"]["keyed"]
    first, last = _calls_after(trial, 0.0)
    if ended.code == 0:
        ended = trial.run("crawl", "events", seconds=90.0)
    ids = {str(row[0]) for row in trial.rows("SELECT id::text FROM ingested_events")}
    again, _ = _calls_after(trial, last)
    seconds = last - first + max(0.0, float(trial.rows(_LAST_ROW)[0][0] or 0.0) - again)
    if ended.code == 0:
        ended = trial.run("submit")
    return Drained(ended, simulator.score(), discovery, ids, simulator.truth(), seconds)


def _calls_after(trial: Trial, moment: float) -> tuple[float, float]:
    """The first and the last call later than a moment, which stands in for both where there is none."""
    first, last = trial.rows(f"SELECT min(at), max(at) FROM ledger_calls WHERE at > {moment}")[0]
    return first or moment, last or moment


def _settings(simulator: Simulator, name: str) -> dict[str, str]:
    settings = {"API_BASE_URL": simulator.api_url, "GIVE_UP_AFTER": "0.4"}
    if name in NEED_A_BROWSER:
        return settings
    # Without a browser a world takes half the time.
    nowhere = str(Path(sys.executable).parent)
    return settings | {"PATH": nowhere, "PLAYWRIGHT_BROWSERS_PATH": nowhere, "BROWSER_PATH": ""}
