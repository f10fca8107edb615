"""How fast the crawler is where nothing holds it back: no limits, no latency, no faults; and how much memory it takes.

Run from the project's folder: ``python -m bench.unlimited [--events N] [--runs N]``, with DATABASE_URL (one run) or an
embedded PostgreSQL. Time runs from the first keyed call of ``crawl events`` (the simulator's clock) until the proof is
in the database, which is looked at ten times a second, and fifty times while no row comes. The floor is measured on
the same database before each run; told are the medians of both, and how often one goes into the other. Exits 1 when
a bound is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg2

from bench.figures import Figures
from bench.floor_of_machine import floor_of_machine
from bench.trial import Running, Trial, embedded_database
from datasync_crawler.simulator import Simulator

MOST_TIMES_THE_FLOOR = 2.2
MOST_MEGABYTES = 250.0
_LOOK_EVERY, _AT_LAST = 0.1, 0.02
_PATIENCE = 3600.0
_STANDING = """
    SELECT (SELECT sum(rows) FROM ingestion_progress), EXISTS (SELECT FROM ledger_memory WHERE kind = 'verdict')
"""


@dataclass(frozen=True, slots=True)
class Drained:
    """One drain: seconds from the first call to the stored proof, those of the floor, and what the process took.

    ``processor`` is in seconds, ``megabytes`` the most that was resident, ``wrong`` the ids that a submission would
    have missed, made up or doubled.
    """

    seconds: float
    floor: float
    processor: float
    megabytes: float
    wrong: int


def main() -> int:
    """Drains as often as asked, lets the simulator judge each set, and prints the medians."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=3_000_000)
    words.add_argument("--runs", type=int, default=1)
    given = words.parse_args()
    figures = Figures()
    figures.load()
    runs = [drained(given.events, limits=False, latency=False) for _ in range(given.runs)]
    seconds, floor = median(run.seconds for run in runs), median(run.floor for run in runs)
    figures.tell("first call to stored proof", seconds, "s")
    figures.tell("the machine's floor", floor, "s")
    figures.most("times the floor", seconds / floor, MOST_TIMES_THE_FLOOR)
    figures.tell("events a second", round(given.events / seconds))
    figures.tell("processor seconds of the crawler", median(run.processor for run in runs), "s")
    figures.most("highest resident memory of the crawler", max(r.megabytes for r in runs), MOST_MEGABYTES, "MB")
    figures.most("ids wrong in the submission", sum(run.wrong for run in runs), 0)
    figures.load()
    return figures.code


def drained(events: int, *, page_rows: int = 5_000, id_only: bool = True, **switches: object) -> Drained:
    """One drain of a fresh simulator into an empty database, floor first."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        simulator = held.enter_context(Simulator(events, 1, 1.0, **switches))
        database = os.environ.get("DATABASE_URL") or held.enter_context(embedded_database(folder))
        floor = floor_of_machine(simulator, database, events, page_rows)
        trial = Trial(simulator, folder, database, {"ID_ONLY": str(id_only).lower()})
        return measured(trial, floor)


def measured(trial: Trial, floor: float) -> Drained:
    """Drains and submits, with calls counted from nothing."""
    trial.must("crawl", "discover")
    trial.simulator.reset()
    spent = spent_on_draining(trial)
    seconds = spent.proven_at - trial.simulator.score()["first_keyed_call"]["at"]
    trial.must("submit", seconds=_PATIENCE)
    submission = trial.simulator.score()["submissions"][-1]
    wrong = sum(submission[kind] for kind in ("missing", "unknown", "double"))
    print(f"  {seconds:.2f} s, floor {floor:.2f} s, {seconds / floor:.2f} times", flush=True)
    return Drained(seconds, floor, spent.processor, spent.megabytes, wrong)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command took: processor seconds, the most that was resident; the wall time when the proof was there."""

    processor: float
    megabytes: float
    proven_at: float


def spent_on_draining(trial: Trial) -> Spent:
    """Drains to the proof; SystemExit where that fails."""
    running = trial.start("crawl", "events", "-s", f"JOBDIR={trial.folder / 'jobdir'}")
    spent = watched(running, trial.database)
    ended = running.end(_PATIENCE)
    if ended.code != 0:
        raise SystemExit(ended.err[-2000:])
    if spent is None:
        raise SystemExit("no proof was seen")
    return spent


def watched(running: Running, database: str) -> Spent | None:
    """Looks at a command's process and at the database until the command has ended; None where no proof was seen."""
    process, highest, ticks, rows, proven_at = Path(f"/proc/{running.pid}"), 0.0, 0, 0, None
    last = time.monotonic() + _PATIENCE
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        while running.alive and time.monotonic() < last:
            told = (process / "status").read_text().partition("VmHWM:")[2].split()
            highest = max(highest, int(told[0]) / 1024) if told else highest
            user, system = (process / "stat").read_text().rpartition(") ")[2].split()[11:13]
            ticks = int(user) + int(system)
            before = rows
            if proven_at is None:
                cursor.execute(_STANDING)
                rows, proven = cursor.fetchone() or (0, False)
                proven_at = time.time() if proven else None
            time.sleep(_AT_LAST if rows == before else _LOOK_EVERY)
    return None if proven_at is None else Spent(ticks / os.sysconf("SC_CLK_TCK"), highest, proven_at)


if __name__ == "__main__":
    sys.exit(main())
