"""How long the proof takes once the last page is in, and how long until the list of ids is ready to be sent.

Run from the project's folder: ``python -m bench.proof [--events N] [--runs N]``, on an embedded PostgreSQL. The floor
of the proof is a plain count of the table. Exits 1 when the median misses its bound.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from bench.figures import Figures
from bench.ledger_speed import PAGE, drain, stream, timed
from bench.trial import embedded_database
from datasync_crawler.adapters.ledger import Ledger

MOST_SECONDS = 2.0


def main() -> int:
    """Fills a ledger and proves it as often as asked."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=3_000_000)
    words.add_argument("--runs", type=int, default=3)
    given = words.parse_args()
    figures = Figures()
    figures.load()
    with (
        tempfile.TemporaryDirectory(prefix="datasync-bench-") as folder,
        embedded_database(Path(folder)) as url,
        Ledger.open(url) as ledger,
    ):
        ledger.plant([(None, None)])
        ledger.drop_key()
        drain(ledger, ledger.lease(), range(given.events // PAGE), together=2)
        ledger.build_key()
        floor = median(timed(ledger.count) for _ in range(given.runs))
        proof = median(timed(ledger.standing) for _ in range(given.runs))
        figures.most("the proof", proof, MOST_SECONDS, "s")
        figures.tell("its floor, a count of the table", floor, "s")
        figures.tell("times the floor", proof / floor)
        figures.tell("the digest of all ids", median(timed(ledger.digest) for _ in range(given.runs)), "s")
        figures.tell("the ids as a body", median(timed(partial(stream, ledger)) for _ in range(given.runs)), "s")
    figures.load()
    return figures.code


if __name__ == "__main__":
    sys.exit(main())
