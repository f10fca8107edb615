"""What kill -9 costs: discovery and the drain are killed at random moments and started again, until the set is whole.

Run from the project's folder: ``python -m bench.kills [--kills N] [--seed S] [--events N] [--speed K]``, with
DATABASE_URL or an embedded PostgreSQL. Exits 1 when the set is not exact, when more pages were fetched again than were
in flight at the kills or met a fault, or when a pool that announces its limit refused a call.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.budgeted import ANNOUNCED, HIDDEN
from bench.figures import Figures
from bench.trial import Trial, embedded_database, until
from datasync_crawler.simulator import Simulator
from datasync_crawler.simulator.world import FAULT_LEVELS

_PAGES = "SELECT sum(pages) FROM ingestion_progress"
_ROWS = "SELECT sum(rows) FROM ingestion_progress"
_SHARDS = "SELECT count(*) FROM ingestion_progress"
_PATIENCE = 3600.0
_LONGEST_LIFE = 12.0
"""Seconds of draining after which a run is killed at the latest."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How things stand: pages in the ledger, calls for pages that arrived, faults given, pages served before."""

    pages: int
    calls: int
    faults: int
    again: int

    def unanswered_since(self, before: Tally) -> int:
        """Calls for pages since then that brought neither a stored page nor a fault."""
        return (self.calls - before.calls) - (self.pages - before.pages) - (self.faults - before.faults)


def main() -> int:
    """Kills as often as asked, lets the last run end, submits for the simulator to judge."""
    given = _arguments()
    chance = random.Random(given.seed)  # noqa: S311 - repeatable, not secret
    figures = Figures()
    figures.load()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        simulator = held.enter_context(Simulator(given.events, given.seed, given.speed, given.faults))
        database = os.environ.get("DATABASE_URL") or held.enter_context(embedded_database(folder))
        trial = Trial(simulator, folder, database)
        kill_discovery(trial, chance)
        before = tally(trial)
        kills, in_flight = drain(trial, given.kills, chance, before)
        after = tally(trial)
        trial.must("submit")
        figures.most("kills that came too late", given.kills - kills, 0)
        report(simulator.score(), kills, figures)
        excused = in_flight + after.faults - before.faults
        figures.tell("pages in flight at the kills", in_flight)
        figures.tell("faults given while draining", after.faults - before.faults)
        figures.most("pages fetched again", after.again - before.again, excused)
        figures.tell("shards", trial.number(_SHARDS))
    figures.load()
    return figures.code


def _arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--kills", type=int, default=5)
    words.add_argument("--events", type=int, default=3_000_000)
    words.add_argument("--speed", type=float, default=10.0)
    words.add_argument("--faults", choices=list(FAULT_LEVELS), default="light")
    words.add_argument("--seed", type=int, default=2)
    return words.parse_args()


def kill_discovery(trial: Trial, chance: random.Random) -> None:
    """Kills discovery a moment after its first keyed call, and lets a second one end."""
    running = trial.start("crawl", "discover")
    until(lambda: trial.simulator.score()["calls"]["keyed"] > 0, running)
    time.sleep(chance.uniform(0, 0.5))
    ended = running.send(signal.SIGKILL).end(_PATIENCE)
    print(f"discover: killed after {ended.seconds:.1f} s, and made again")
    trial.must("crawl", "discover")


def drain(trial: Trial, kills: int, chance: random.Random, before: Tally) -> tuple[int, int]:
    """Drains to the end; gives how many kills came in time and how many pages were in flight at them."""
    command = ("crawl", "events", "-s", f"JOBDIR={trial.folder / 'jobdir'}")
    print("kill   after      rows stored   calls unanswered so far")
    done = 0
    for number in range(1, kills + 1):
        stored = trial.number(_ROWS)
        running = trial.start(*command)
        until(lambda stored=stored: trial.number(_ROWS) > stored, running)
        time.sleep(chance.uniform(0, _LONGEST_LIFE))
        done += running.alive
        ended = running.send(signal.SIGKILL).end(_PATIENCE)
        unanswered = tally(trial).unanswered_since(before)
        print(f"{number:4} {ended.seconds:7.1f} s {trial.number(_ROWS):13,} {unanswered:14}", flush=True)
    in_flight = tally(trial).unanswered_since(before)
    trial.must(*command, seconds=_PATIENCE)
    return done, in_flight


def tally(trial: Trial) -> Tally:
    """How things stand now."""
    score = trial.simulator.score()
    calls = sum(score["pools"]["calls"].get(pool, 0) for pool in (*ANNOUNCED, HIDDEN))
    return Tally(trial.number(_PAGES), calls, sum(score["faults"].values()), score["pages"]["again"])


def report(score: Any, kills: int, figures: Figures) -> None:
    """Prints what the simulator saw; each kill may take a lesson along that was not yet written down."""
    submission, refused = score["submissions"][-1], score["pools"]["refused"]
    for kind in ("missing", "unknown", "double"):
        figures.most(f"{kind} in the submission", submission[kind], 0)
    figures.most("429 of announced pools", sum(refused.get(pool, 0) for pool in ANNOUNCED), 0)
    figures.most("429 of the hidden pool", refused.get(HIDDEN, 0), 1 + kills)
    figures.tell("rows served more than once", score["rows"]["twice"])
    figures.tell("first keyed call to accepted submission", submission["after_first_call"], "s")


if __name__ == "__main__":
    sys.exit(main())
