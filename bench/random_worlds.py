"""Worlds at random through the whole chain: each is drained exactly, or refused rightly, as its oracle says.

Run from the project's folder: ``python -m bench.random_worlds [--worlds 500] [--seed N] [--at-once 2]``, with
DATABASE_URL (a server on which databases can be made) or an embedded PostgreSQL; ``--only SEED-PLACE`` drains one
world again. Prints a line a world; what was wrong, or which bound of the shipped worlds was missed at each of three
tries (with a few calls more), and the world's file then; and how often each switch was moved. Exits 1 when a world was
neither drained exactly nor refused rightly.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain, count, islice
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

from bench.dealing import deal, moved
from bench.draining import drain
from bench.forked import Forks
from bench.judging import SPARE, measured, missed, wrong
from bench.trial import embedded_database
from datasync_crawler.simulator.charts import read_chart

if TYPE_CHECKING:
    from bench.dealing import Dealt
    from bench.draining import Drained
    from datasync_crawler.simulator.charts import Chart

_WRONG, _COSTLY = "wrong", "exact beyond a bound"


def main() -> int:
    """Drains as many worlds as asked for."""
    given = _arguments()
    worlds = list(islice(chain.from_iterable(map(deal, count(given.seed))), given.worlds))
    if given.only:
        seed, _, place = given.only.partition("-")
        worlds = [deal(int(seed))[int(place)]]
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        server = os.environ.get("DATABASE_URL") or held.enter_context(embedded_database(folder))
        forks = held.enter_context(Forks())
        pool = held.enter_context(ThreadPoolExecutor(given.at_once))
        found = Counter(pool.map(lambda dealt: _judged(dealt, server, folder / dealt.name, forks), worlds))
    print(" ".join(f"{switch}:{times}" for switch, times in sorted(moved(worlds).items())))
    print(f"{len(worlds)} worlds, {found[_WRONG]} wrong, {found[_COSTLY]} exact beyond a bound")
    return 1 if found[_WRONG] else 0


def _arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--worlds", type=int, default=500)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--at-once", type=int, default=2)
    words.add_argument("--only", default="", metavar="SEED-PLACE")
    return words.parse_args()


def _judged(dealt: Dealt, server: str, folder: Path, forks: Forks) -> str:
    """Drains a world, prints what came of it, and gives that in a word."""
    folder.mkdir()
    file, numbers = folder / "world.toml", count()
    file.write_text(dealt.chart)
    chart = read_chart(str(file))

    def once() -> Drained:
        return drain(str(file), server, folder / str(next(numbers)), forks)

    try:
        drained = measured(once(), chart, once, spare=SPARE)
    except TimeoutExpired as error:
        faults, dear, line = [str(error)], [], "took too long"
    else:
        faults, dear, line = wrong(drained, chart), missed(drained, chart, spare=SPARE), _told(drained, chart)
    told = [*faults, *dear]
    print("\n".join([f"{dealt.name:7} {line}  {', '.join(dealt.moves)}", *told, *([dealt.chart] if told else [])]))
    sys.stdout.flush()
    return _WRONG if faults else _COSTLY if dear else "as it should"


def _told(drained: Drained, chart: Chart) -> str:
    """The figures of a drain in a line."""
    outcome = "drained" if drained.ended.code == 0 else f"ended with {drained.ended.code}"
    calls = f"{drained.score['calls']['keyed']}/{chart.oracle.least_calls} calls"
    return f"{outcome:12} {calls:12} {sum(drained.refused.values())} refused {drained.seconds:5.1f} s"


if __name__ == "__main__":
    sys.exit(main())
