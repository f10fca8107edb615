"""What kill -9 costs: small drains killed at chosen points and at random moments, begun again and handed in.

Run from the project's folder: ``python -m bench.kills [--seeds 100] [--seed FIRST] [--at-once 2]``, with DATABASE_URL
(a server on which databases can be made) or an embedded PostgreSQL. A seed is a plan of kills, half of them with
everyday faults beside. Prints a line a seed and a summary; exits 1 when a set was not exact, when a call was refused
because of a restart, when more pages were fetched again than were in flight, or when a point was never reached.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired

from bench.draining import at, execute, without_browser
from bench.figures import Figures
from bench.forked import Forks
from bench.killing import EVENTS, SMALL, SPEED, Story, carry_out, plan_of, tried
from bench.trial import Trial, embedded_database
from datasync_crawler.simulator import Simulator


@dataclass(frozen=True, slots=True)
class Place:
    """Where plans are carried out."""

    server: str
    folder: Path
    forks: Forks


def main() -> int:
    """Carries out as many plans as asked for."""
    given = _arguments()
    figures = Figures()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        server = os.environ.get("DATABASE_URL") or held.enter_context(embedded_database(folder))
        place = Place(server, folder, held.enter_context(Forks()))
        pool = held.enter_context(ThreadPoolExecutor(given.at_once))
        seeds = range(given.seed, given.seed + given.seeds)
        stories = list(pool.map(lambda seed: told(place, seed), seeds))
    figures.tell("seeds", len(stories))
    figures.tell("kills that struck", sum(story.struck for story in stories))
    figures.tell("pages in flight at the kills", sum(story.in_flight for story in stories))
    figures.tell("pages fetched again", sum(story.again for story in stories))
    figures.tell("seeds tried again after a refusal", sum(story.tries > 1 for story in stories))
    figures.tell("429 of the hidden pool, to learn it", sum(story.hidden for story in stories))
    figures.most("seeds that went wrong", sum(bool(story.wrong) for story in stories), 0)
    return figures.code


def _arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seeds", type=int, default=25)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--at-once", type=int, default=2)
    return words.parse_args()


def told(place: Place, seed: int) -> Story:
    """Carries out the plan of a seed and prints what came of it."""
    try:
        story = tried(lambda: _carried_out(place, seed))
    except TimeoutExpired as error:
        story = Story(wrong=[str(error)])
    line = f"{seed:4}  {story.struck} killed  {story.in_flight:2} in flight  {story.again:2} again"
    verdict = "; ".join(story.wrong) or ("exact" if story.tries == 1 else f"exact at try {story.tries}")
    print(f"{line}  {verdict}  [{' | '.join(map(str, plan_of(seed)))}]", flush=True)
    return story


def _carried_out(place: Place, seed: int) -> Story:
    database = f"kills_{uuid.uuid4().hex}"
    folder = place.folder / database
    execute(place.server, f"CREATE DATABASE {database} TEMPLATE template0")
    try:
        with Simulator(EVENTS, 1, SPEED, "light" if seed % 2 else "none", **SMALL) as simulator:
            trial = Trial(simulator, folder, at(place.server, database), without_browser(), place.forks)
            return carry_out(trial, plan_of(seed), simulator.truth())
    finally:
        execute(place.server, f"DROP DATABASE {database} WITH (FORCE)")


if __name__ == "__main__":
    sys.exit(main())
