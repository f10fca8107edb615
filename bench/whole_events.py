"""How fast whole events are kept (``ID_ONLY=false``) where nothing holds the crawler back.

Run from the project's folder: ``python -m bench.whole_events [--events N] [--runs N]``. The floor is that of the
machine for the same pages with ids alone, so the ratio tells what whole events cost. Exits 1 when the median misses
its bound.
"""

from __future__ import annotations

import argparse
import sys
from statistics import median

from bench.figures import Figures
from bench.unlimited import drained

LEAST_EVENTS_A_SECOND = 60_000.0


def main() -> int:
    """Drains as often as asked and prints the medians."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=1_000_000)
    words.add_argument("--runs", type=int, default=1)
    given = words.parse_args()
    figures = Figures()
    figures.load()
    runs = [drained(given.events, id_only=False, limits=False, latency=False) for _ in range(given.runs)]
    seconds, floor = median(run.seconds for run in runs), median(run.floor for run in runs)
    figures.tell("first call to stored proof", seconds, "s")
    figures.tell("the machine's floor, ids alone", floor, "s")
    figures.tell("times the floor", seconds / floor)
    figures.least("whole events a second", given.events / seconds, LEAST_EVENTS_A_SECOND, "events/s")
    figures.tell("highest resident memory of the crawler", max(run.megabytes for run in runs), "MB")
    figures.most("ids wrong in the submission", sum(run.wrong for run in runs), 0)
    figures.load()
    return figures.code


if __name__ == "__main__":
    sys.exit(main())
