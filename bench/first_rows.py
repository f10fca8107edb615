"""How soon after the first call with the key the first events are stored, at the service's own latency.

Run from the project's folder: ``python -m bench.first_rows [--runs N]``, on an embedded PostgreSQL. The floor is the
time that one page takes. Exits 1 when the median misses its bound.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from bench.figures import Figures
from bench.trial import Trial, embedded_database, until
from datasync_crawler.simulator import Simulator

MOST_SECONDS = 5.0
_EVENTS = 30_000


def main() -> int:
    """Discovers as often as asked, each time another API."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--runs", type=int, default=3)
    given = words.parse_args()
    figures = Figures()
    figures.load()
    taken = [_once(seed) for seed in range(1, given.runs + 1)]
    stored, floor = median(seconds for seconds, _ in taken), median(floor for _, floor in taken)
    figures.most("first keyed call to first events stored", stored, MOST_SECONDS, "s")
    figures.tell("the floor, one page", floor, "s")
    figures.tell("times the floor", stored / floor)
    return figures.code


def _once(seed: int) -> tuple[float, float]:
    """Seconds from the first keyed call until rows stand in the database, and those of a page alone."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        simulator = held.enter_context(Simulator(_EVENTS, seed, 1.0))
        trial = Trial(simulator, folder, held.enter_context(embedded_database(folder)))
        discovery = trial.start("crawl", "discover")
        if not until(lambda: _seen(trial), discovery):
            raise SystemExit(f"no rows were seen:\n{discovery.err.read_text()[-2000:]}")
        seen = time.time()
        if discovery.end(60.0).code != 0:
            raise SystemExit(f"discovery failed:\n{discovery.err.read_text()[-2000:]}")
        return seen - trial.rows("SELECT min(at) FROM ledger_calls")[0][0], _page_alone(simulator)


def _seen(trial: Trial) -> bool:
    """Whether another connection sees rows."""
    made = trial.number("SELECT count(*) FROM pg_tables WHERE tablename = 'ingested_events'")
    return bool(made) and trial.number("SELECT count(*) FROM ingested_events") > 0


def _page_alone(simulator: Simulator) -> float:
    with closing(HTTPConnection(urlsplit(simulator.url).netloc)) as connection:
        start = time.monotonic()
        connection.request("GET", "/api/v1/events?limit=5000", headers={"X-API-Key": simulator.key})
        connection.getresponse().read()
        return time.monotonic() - start


if __name__ == "__main__":
    sys.exit(main())
