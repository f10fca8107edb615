"""What a PostgreSQL that breaks costs: the chain drains while its database is killed, stopped, cut off and overrun.

Run from the project's folder: ``python -m bench.database_faults [--faults N] [--seed S] [--events N] [--speed K]
[--bulk]``; the server is one of its own. Exits 1 when a row is missing, unknown or there twice, when the drain ended
early, or when a pool that announces its limit refused a call. With ``--bulk`` nothing but the machine bounds the
drain: rows are loaded before their key is built, and the server's crashes take committed pages back.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from psycopg2 import OperationalError

from bench.breakable import FAULTS, BreakableServer, BreakableWire
from bench.budgeted import ANNOUNCED
from bench.figures import Figures
from bench.trial import Running, Trial, until
from datasync_crawler.simulator import Simulator
from datasync_crawler.simulator.world import FAULT_LEVELS

_ROWS = "SELECT sum(rows) FROM ingestion_progress"
_PATIENCE = 3600.0
_LONGEST_OUTAGE = 8.0
_TAKEN_BACK = "that it had committed: they are stored again"
# Cuts within a commit need one to come; near the end of a drain none may.
_LAST = 0.9


def main() -> int:
    """Breaks the database as often as asked, lets the run end, and submits for the simulator to judge."""
    given = _arguments()
    chance = random.Random(given.seed)  # noqa: S311 - repeatable, not secret
    figures = Figures()
    figures.load()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        service = {"limits": False, "latency": False} if given.bulk else {}
        simulator = held.enter_context(Simulator(given.events, given.seed, given.speed, given.level, **service))
        server = held.enter_context(BreakableServer(folder / "server"))
        wire = held.enter_context(BreakableWire(server))
        trial = Trial(simulator, folder, server.url, {"DATABASE_URL": wire.url})
        trial.must("crawl", "discover")
        running = trial.start("crawl", "events")
        done = _break(trial, running, server, wire, given, chance)
        ended = running.end(_PATIENCE)
        figures.most("exit code of the one drain", ended.code, 0)
        figures.tell("times that committed pages were taken back", ended.err.count(_TAKEN_BACK))
        if ended.code == 0:
            trial.must("verify")
            trial.must("submit")
        _report(trial, figures)
        figures.most("faults that came too late", given.faults - done, 0)
    figures.load()
    return figures.code


def _arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--faults", type=int, default=14)
    words.add_argument("--events", type=int, default=3_000_000)
    words.add_argument("--speed", type=float, default=10.0)
    words.add_argument("--level", choices=list(FAULT_LEVELS), default="light", help="of the simulator's own faults")
    words.add_argument("--seed", type=int, default=3)
    words.add_argument("--bulk", action="store_true")
    return words.parse_args()


def _break(
    trial: Trial,
    running: Running,
    server: BreakableServer,
    wire: BreakableWire,
    given: argparse.Namespace,
    chance: random.Random,
) -> int:
    """Breaks the database, each time once pages flow again; gives how often it was done while the drain ran."""
    names = list(FAULTS)
    print("fault                     after     rows stored")
    for number in range(given.faults):
        enough = given.events * _LAST * (number + chance.uniform(0.2, 1)) / given.faults
        if not until(lambda enough=enough: _stored(trial) >= enough, running, _PATIENCE):
            return number
        begun, name = time.monotonic(), names[number % len(names)]
        FAULTS[name](server, wire, chance.uniform(0.2, _LONGEST_OUTAGE))
        print(f"{name:20} {time.monotonic() - begun:8.1f} s {_stored(trial):15,}", flush=True)
    return int(given.faults)


def _stored(trial: Trial) -> int:
    """The rows that are in, 0 while nobody can tell."""
    try:
        return trial.number(_ROWS)
    except OperationalError:
        return 0


def _report(trial: Trial, figures: Figures) -> None:
    ids = [str(id_) for (id_,) in trial.rows("SELECT id::text FROM ingested_events")]
    truth, score = trial.simulator.truth(), trial.simulator.score()
    figures.most("lost", len(truth - set(ids)), 0)
    figures.most("double", len(ids) - len(set(ids)), 0)
    figures.most("unknown", len(set(ids) - truth), 0)
    figures.most("rows that the shards count too many or too few", abs(trial.number(_ROWS) - len(ids)), 0)
    figures.most("429 of announced pools", sum(score["pools"]["refused"].get(pool, 0) for pool in ANNOUNCED), 0)
    figures.tell("pages served more than once", score["pages"]["again"])
    figures.tell("faults of the service", sum(score["faults"].values()))


if __name__ == "__main__":
    sys.exit(main())
