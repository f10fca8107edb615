"""A whole chain through a network that does everything networks do, from the first call to the submission.

Run from the project's folder: ``python -m bench.network_faults [--seeds N] [--first S] [--events N] [--spared K]``,
with DATABASE_URL or an embedded PostgreSQL. Of every K + 1 calls one meets a fault, those of discovery and the
submission as well; what is never answered or drips is held for longer than the crawler's patience. A command that ends
is run again, as its user would. Exits 1 when a set is not exact, more than one submission was counted, a pool that
announces its limit refused a call, or anything with the key arrived at the origin that calls were sent away to.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from bench.budgeted import ANNOUNCED
from bench.draining import at, execute
from bench.figures import Figures
from bench.forked import Forks
from bench.proxy import Proxy, in_turn
from bench.trial import Trial, embedded_database
from bench.wire_faults import Fault, Manner
from datasync_crawler.simulator import Simulator

_STEPS = (("crawl", "discover"), ("crawl", "events"), ("submit",))
_PATIENCE = 900.0
_HELD = 130.0
"""Seconds; the longest that the crawler waits for a page is two minutes."""
_MOST_TRIES = 12


def main() -> int:
    """Runs the chain for every seed, one line each, and the sums."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seeds", type=int, default=5)
    words.add_argument("--first", type=int, default=1)
    words.add_argument("--events", type=int, default=20_000)
    words.add_argument("--spared", type=int, default=9)
    given = words.parse_args()
    sums: Counter[str] = Counter()
    figures = Figures()
    figures.load()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        server = os.environ.get("DATABASE_URL") or held.enter_context(embedded_database(folder))
        forks = held.enter_context(Forks())
        for seed in range(given.first, given.first + given.seeds):
            seen = one(server, folder / str(seed), forks, seed, given.events, given.spared)
            print(f"seed {seed}: " + ", ".join(f"{name} {count}" for name, count in seen.items()), flush=True)
            sums.update(seen)
    figures.tell("faults met", sums["faults"])
    figures.most("missing, unknown and double in the submissions", sums["wrong"], 0)
    figures.most("submissions counted beyond one a seed", sums["submissions"] - given.seeds, 0)
    figures.most("429 of announced pools", sums["refused"], 0)
    figures.most("keys at the other origin", sums["keys elsewhere"], 0)
    figures.load()
    return figures.code


def one(server: str, folder: Path, forks: Forks, seed: int, events: int, spared: int) -> Counter[str]:
    """One chain on a database of its own; what it met and what came of it. SystemExit when a step never ends well."""
    name = f"network_{os.getpid()}_{seed}"
    execute(server, f"CREATE DATABASE {name} TEMPLATE template0")
    faults = set(Fault) - {Fault.NONE}
    with (
        Simulator(events, seed, 50, page_cap=100, feed_cap=100) as service,
        Proxy(service.url, lambda _: Fault.NONE) as other,
        Proxy(service.url, in_turn(seed, faults, spared), Manner(_HELD, elsewhere=other.url)) as wire,
    ):
        base = f"{wire.url}{urlsplit(service.api_url).path}"
        trial = Trial(service, folder, at(server, name), {"API_BASE_URL": base, "WEB_PORT": "off"}, forks)
        tries = sum(_until_done(trial, step) for step in _STEPS)
        score, made = service.score(), wire.made
        leaked = sum(service.key.encode() in head for head in other.heads)
    execute(server, f"DROP DATABASE {name} WITH (FORCE)")
    judged = score["submissions"]
    return Counter(
        {
            "faults": sum(made[fault] for fault in faults),
            "calls": sum(made.values()),
            "commands": tries,
            "wrong": sum(judged[-1][kind] for kind in ("missing", "unknown", "double")),
            "submissions": len(judged),
            "refused": sum(score["pools"]["refused"].get(pool, 0) for pool in ANNOUNCED),
            "keys elsewhere": leaked,
        }
    )


def _until_done(trial: Trial, step: tuple[str, ...]) -> int:
    """Runs a command until it ends well; gives how often that was."""
    for tried in range(1, _MOST_TRIES + 1):
        ended = trial.run(*step, seconds=_PATIENCE)
        if ended.code == 0:
            return tried
        print(f"  {' '.join(step)}: {ended.code}, {ended.err.splitlines()[-1][:150]}", flush=True)
    raise SystemExit(f"{' '.join(step)} did not end well in {_MOST_TRIES} tries")


if __name__ == "__main__":
    sys.exit(main())
