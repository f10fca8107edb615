"""How near the crawler comes to the least time that a service's limits allow, with faults as they happen every day.

Run from the project's folder: ``python -m bench.budgeted [--events N] [--speed K] [--faults LEVEL] [--seed S]``, with
DATABASE_URL or an embedded PostgreSQL. With ``--known`` the profile is there before the first call that counts, on an
embedded one alone. Exits 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.draining import at, execute
from bench.figures import Figures
from bench.floor import floor_seconds
from bench.trial import Trial, embedded_database
from datasync_crawler.simulator import Simulator
from datasync_crawler.simulator.world import FAULT_LEVELS, World

MOST_TIMES_THE_FLOOR, MOST_TIMES_WHEN_KNOWN = 1.05, 1.03
MOST_TIMES_AT_SPEED = 1.5
"""At more than the service's own speed what the crawler does itself weighs as many times more."""
ANNOUNCED = ("header", "query")
HIDDEN = "feed"
_PATIENCE = 3600.0


def main() -> int:
    """Drains and submits once, and prints every figure."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=3_000_000)
    words.add_argument("--speed", type=float, default=10.0)
    words.add_argument("--faults", choices=list(FAULT_LEVELS), default="light")
    words.add_argument("--seed", type=int, default=2)
    words.add_argument("--known", action="store_true", help="let the profile be known")
    given = words.parse_args()
    figures = Figures()
    figures.load()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        simulator = held.enter_context(Simulator(given.events, given.seed, given.speed, given.faults))
        if given.known:
            trial = _with_profile(Trial(simulator, folder, held.enter_context(embedded_database(folder))))
        else:
            database = os.environ.get("DATABASE_URL") or held.enter_context(embedded_database(folder))
            trial = Trial(simulator, folder, database)
        score = chain(trial, figures)
    most = MOST_TIMES_WHEN_KNOWN if given.known else MOST_TIMES_THE_FLOOR
    floor = floor_seconds(World(events=given.events, speed=given.speed))
    report(score, floor, figures, most if given.speed <= 1 else MOST_TIMES_AT_SPEED)
    figures.load()
    return figures.code


def _with_profile(trial: Trial) -> Trial:
    """The trial with its profile in the state directory, a database that has nothing, and calls counted from none."""
    trial.must("crawl", "discover")
    trial.simulator.reset()
    execute(trial.database, "CREATE DATABASE known TEMPLATE template0")
    return replace(trial, database=at(trial.database, "known"))


def chain(trial: Trial, figures: Figures) -> Any:
    """The simulator's score after the whole chain, submission included."""
    submitting = replace(trial, settings={**trial.settings, "AUTO_SUBMIT": "true"})
    figures.tell("scrapy ingest, as a command", submitting.must("ingest", seconds=_PATIENCE).seconds, "s")
    return trial.simulator.score()


def report(score: Any, floor: float, figures: Figures, most: float) -> None:
    """Prints what the simulator saw, beside the bounds."""
    submission = score["submissions"][-1]
    seconds = submission["after_first_call"]
    refused = score["pools"]["refused"]
    figures.tell("first keyed call to accepted submission", seconds, "s")
    figures.tell("the floor of this world", floor, "s")
    figures.most("times the floor", seconds / floor, most)
    for pool, calls in sorted(score["pools"]["calls"].items()):
        figures.tell(f"calls counted against pool {pool}", calls)
    figures.most("429 of announced pools", sum(refused.get(pool, 0) for pool in ANNOUNCED), 0)
    figures.most("429 of the hidden pool", refused.get(HIDDEN, 0), 1)
    figures.most("429 altogether", score["refused"], 1)
    figures.tell("keyed calls", score["calls"]["keyed"])
    figures.tell("whole pages served", score["pages"]["served"])
    figures.tell("of these served before", score["pages"]["again"])
    for fault, times in sorted(score["faults"].items()):
        figures.tell(f"fault given: {fault}", times)
    figures.tell("events submitted", submission["count"])
    for kind in ("missing", "unknown", "double"):
        figures.most(f"{kind} in the submission", submission[kind], 0)


if __name__ == "__main__":
    sys.exit(main())
