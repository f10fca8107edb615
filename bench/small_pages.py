"""How many small pages a second one process fetches, reads and stores where nothing holds it back.

Run from the project's folder: ``python -m bench.small_pages [--events N] [--rows N] [--runs N]``. The floor is that of
the machine for as many pages of that size. Exits 1 when the median misses its bound.
"""

from __future__ import annotations

import argparse
import sys
from statistics import median

from bench.figures import Figures
from bench.unlimited import drained

LEAST_PAGES_A_SECOND = 350.0


def main() -> int:
    """Drains as often as asked and prints the medians."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=150_000)
    words.add_argument("--rows", type=int, default=50, help="rows a page")
    words.add_argument("--runs", type=int, default=1)
    given = words.parse_args()
    figures = Figures()
    figures.load()
    caps = {"page_cap": given.rows, "feed_cap": given.rows}
    runs = [
        drained(given.events, page_rows=given.rows, limits=False, latency=False, **caps) for _ in range(given.runs)
    ]
    pages = given.events / given.rows
    seconds, floor = median(run.seconds for run in runs), median(run.floor for run in runs)
    figures.tell("first call to stored proof", seconds, "s")
    figures.tell("the machine's floor", floor, "s")
    figures.tell("times the floor", seconds / floor)
    figures.least("pages a second", pages / seconds, LEAST_PAGES_A_SECOND, "pages/s")
    figures.tell("processor milliseconds a page", 1000 * median(run.processor for run in runs) / pages, "ms")
    figures.most("ids wrong in the submission", sum(run.wrong for run in runs), 0)
    figures.load()
    return figures.code


if __name__ == "__main__":
    sys.exit(main())
