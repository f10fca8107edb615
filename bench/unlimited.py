"""How fast the crawler is where nothing holds it back: no limits, no latency, no faults; and how much memory it takes.

Run from the project's folder: ``python -m bench.unlimited [--events N]``, with DATABASE_URL or an embedded PostgreSQL.
Time runs from the first keyed call of ``crawl events`` (the simulator's clock) to the end of its process, which comes
after the proof is stored. Exits 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.figures import Figures
from bench.trial import Running, Trial, embedded_database
from datasync_crawler.simulator import Simulator

MOST_SECONDS = 25.0
MOST_MEGABYTES = 300.0
_LOOK_EVERY = 0.1
_PATIENCE = 600.0


def main() -> int:
    """Drains once, submits for the simulator to judge, and prints every figure."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=3_000_000)
    given = words.parse_args()
    figures = Figures()
    figures.load()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        simulator = held.enter_context(Simulator(given.events, 1, 1.0, limits=False, latency=False))
        database = os.environ.get("DATABASE_URL") or held.enter_context(embedded_database(folder))
        measure(Trial(simulator, folder, database), given.events, figures)
    figures.load()
    return figures.code


def measure(trial: Trial, events: int, figures: Figures) -> None:
    """Prints the figures of one drain, whose calls are counted from nothing."""
    trial.must("crawl", "discover")
    trial.simulator.reset()
    running = trial.start("crawl", "events", "-s", f"JOBDIR={trial.folder / 'jobdir'}")
    megabytes, processor = spent(running)
    over = time.time()
    ended = running.end(_PATIENCE)
    if ended.code != 0:
        raise SystemExit(ended.err[-2000:])
    seconds = over - trial.simulator.score()["first_keyed_call"]["at"]
    figures.tell("crawl events, as a command", ended.seconds, "s")
    figures.most("first call to stored proof", seconds, MOST_SECONDS, "s")
    figures.tell("processor seconds of the crawler", processor, "s")
    figures.tell("events a second", round(events / seconds))
    figures.most("highest resident memory of the crawler", megabytes, MOST_MEGABYTES, "MB")
    trial.must("submit")
    submission = trial.simulator.score()["submissions"][-1]
    for kind in ("missing", "unknown", "double"):
        figures.most(f"{kind} in the submission", submission[kind], 0)


def spent(running: Running) -> tuple[float, float]:
    """Megabytes that the command's process held at most, and its processor seconds; returns when it has ended."""
    process, highest, ticks = Path(f"/proc/{running.pid}"), 0.0, 0
    last = time.monotonic() + _PATIENCE
    while running.alive and time.monotonic() < last:
        told = (process / "status").read_text().partition("VmHWM:")[2].split()
        highest = max(highest, int(told[0]) / 1024) if told else highest
        user, system = (process / "stat").read_text().rpartition(") ")[2].split()[11:13]
        ticks = int(user) + int(system)
        time.sleep(_LOOK_EVERY)
    return highest, ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
