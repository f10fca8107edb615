"""A long drain through every fault at once, killed with -9 every few minutes and resumed, judged at its end.

Run from the project's folder: ``python -m bench.soak [--minutes 60] [--speed 5] [--seed N] [--level moderate]``, with
DATABASE_URL or an embedded PostgreSQL. There are as many events as the limits allow in four fifths of the time. Prints
a line a kill and a summary; exits 1 when the set is not exact, when a pool that announces its limit refused a call,
the other one more than one, or when more pages were fetched again than were under way at the kills or lacked ids.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figures
from bench.storm import storm, world_of
from bench.tally import tally
from bench.trial import Ended, Trial, embedded_database
from datasync_crawler.simulator import Simulator
from datasync_crawler.simulator.oracle import rows_by
from datasync_crawler.simulator.world import FAULT_LEVELS

_PAGE = 200
"""Rows a page: a large set would only cost the machine, and what is tested are calls."""
_SHARE = 0.8
"""Of what the limits allow, as outages, tokens that die and starting anew take the rest."""
_LIVES = (120.0, 300.0)
"""Seconds between two kills; in a short soak a fifth of it at the most."""
_SUBMISSIONS = 5
_PAUSE = 10.0
_LOOK_EVERY = 1.0
_KIBIBYTES_A_MEGABYTE = 1000.0


@dataclass(frozen=True, slots=True)
class Life:
    """One run of the crawler: how it ended, and the most memory it held (megabytes)."""

    ended: Ended
    memory: float


def main() -> int:
    """Drains, kills and resumes until all is stored; submits and prints what came of it."""
    given = _arguments()
    figures = Figures()
    figures.load()
    pages = {"page_cap": _PAGE, "feed_cap": _PAGE, "key_life": 1e9, "speed": given.speed}
    events = int(_SHARE * rows_by(world_of(given.level, pages), given.minutes * 60 * given.speed))
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        simulator = held.enter_context(
            Simulator(events, given.seed, faults=given.level, **{**storm(given.level), **pages})
        )
        database = os.environ.get("DATABASE_URL") or held.enter_context(embedded_database(folder))
        trial = Trial(simulator, folder, database, {"KEY_LIFE_MINUTES": "100000"})
        print(f"{events:,} events, {given.minutes:g} minutes at speed {given.speed:g}, seed {given.seed}", flush=True)
        soak(trial, given.minutes, random.Random(given.seed), figures)  # noqa: S311 - repeatable, not secret
    figures.load()
    return figures.code


def _arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--minutes", type=float, default=60.0)
    words.add_argument("--speed", type=float, default=5.0)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--level", choices=list(FAULT_LEVELS), default="moderate")
    return words.parse_args()


def soak(trial: Trial, minutes: float, chance: random.Random, figures: Figures) -> None:
    """Discovers, drains with kills and submits."""
    begun = time.monotonic()
    trial.must("crawl", "discover", seconds=600.0)
    before = tally(trial)
    kills, in_flight, memory = drain(trial, minutes, chance)
    submissions = submit(trial)
    after, score = tally(trial), trial.simulator.score()
    figures.tell("minutes", (time.monotonic() - begun) / 60)
    figures.tell("kills", kills)
    figures.tell("peak memory of the crawler", memory, "MB")
    for fault, times in sorted(score["faults"].items()):
        figures.tell(f"fault given: {fault}", times)
    for kind in ("missing", "unknown", "double"):
        figures.most(f"{kind} in the submission", score["submissions"][-1][kind], 0)
    figures.most("submissions that were counted", len(score["submissions"]), 1)
    figures.tell("calls of scrapy submit", submissions)
    figures.most("429 of announced pools", after.announced, 0)
    figures.most("429 of the hidden pool", after.hidden, 1)
    figures.tell("calls for pages", after.calls - before.calls)
    # A page with rows that have no id is asked for again, two times at most.
    figures.most("pages fetched again", after.again - before.again, in_flight + 2 * score["faults"].get("idless", 0))


def drain(trial: Trial, minutes: float, chance: random.Random) -> tuple[int, int, float]:
    """Drains to the end; gives the kills, the calls unanswered at them and the most memory of any life."""
    begun, in_flight, memory = time.monotonic(), 0, 0.0
    shortest, longest = (min(seconds, minutes * 60 / share) for seconds, share in zip(_LIVES, (10, 5), strict=True))
    print("kill   minute   rows stored  under way  again  refused (announced, hidden)  memory", flush=True)
    for kills in range(10_000):
        last = kills * shortest > minutes * 60 * 2
        before = tally(trial)
        life = live(trial, None if last else chance.uniform(shortest, longest))
        after, memory = tally(trial), max(memory, life.memory)
        under_way = after.unanswered_since(before)
        told = f"{(time.monotonic() - begun) / 60:7.1f}  {after.rows:12,}  {under_way:9}  {after.again:5}"
        told += f"  {after.announced}, {after.hidden}  {life.memory:.0f} MB"
        print(f"{kills + 1:4}  {told}" if life.ended.code == -signal.SIGKILL else f" end  {told}", flush=True)
        if life.ended.code == 0:
            return kills, in_flight, memory
        if life.ended.code != -signal.SIGKILL:
            raise SystemExit(f"scrapy crawl events ended with {life.ended.code}:\n{life.ended.err[-4000:]}")
        in_flight += under_way
    raise SystemExit("there is no end to it")


def live(trial: Trial, seconds: float | None) -> Life:
    """One run of the crawler, killed after so many seconds or left to its end."""
    running = trial.start("crawl", "events", "-s", f"JOBDIR={trial.folder / 'jobdir'}")
    begun, memory = time.monotonic(), 0.0
    while running.alive:
        memory = max(memory, memory_of(running.pid))
        left = _LOOK_EVERY if seconds is None else seconds - (time.monotonic() - begun)
        if left <= 0:
            running.send(signal.SIGKILL)
            break
        time.sleep(min(left, _LOOK_EVERY))
    return Life(running.end(60.0), memory)


def memory_of(pid: int) -> float:
    """The most memory that a process has held, in megabytes; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / _KIBIBYTES_A_MEGABYTE for line in lines if line.startswith("VmHWM")), 0.0)


def submit(trial: Trial) -> int:
    """Submits, again after an outage; gives how often it was tried."""
    for number in range(1, _SUBMISSIONS + 1):
        ended = trial.run("submit", seconds=300.0)
        if ended.code == 0:
            return number
        print(f"scrapy submit ended with {ended.code}: {ended.err.strip()[-300:]}", flush=True)
        time.sleep(_PAUSE)
    raise SystemExit("the set could not be submitted")


if __name__ == "__main__":
    sys.exit(main())
