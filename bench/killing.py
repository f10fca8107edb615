"""One small drain, killed with -9 where a plan says and begun again, until it is handed in."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bench.killpoints import KILLED_AT, POINTS, points_of
from bench.tally import tally
from bench.trial import Ended, Trial

if TYPE_CHECKING:
    from bench.forked import Forked

SMALL: dict[str, object] = {"page_cap": 100, "feed_cap": 100, "feed_limit": 20, "feed_window": 60.0}
"""A world that takes a second or two: 35 pages fit into each window."""
EVENTS, SPEED = 6_000, 60.0
"""At this speed windows of a minute last a second: whole, as the service tells them."""
_PATIENCE, _MOST_TRIES, _REFUSALS = 60.0, 3, "refusals"
_LONGEST_LIFE = 1.5
"""Seconds of draining after which a random moment comes at the latest."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Where a command dies: at a point, when it comes there for the ``count``-th time, else ``after`` some seconds."""

    command: str
    point: str = ""
    count: int = 1
    after: float = 0.0

    def __str__(self) -> str:
        return f"{self.point} ({self.count})" if self.point else f"{self.command} after {self.after:.2f} s"


@dataclass(slots=True)
class Story:
    """What became of a plan: the kills that struck, calls unanswered at them, and all that was wrong at the end."""

    struck: int = 0
    in_flight: int = 0
    again: int = 0
    hidden: int = 0
    tries: int = 1
    wrong: list[str] = field(default_factory=list)

    @property
    def refused_at_most(self) -> bool:
        """Whether nothing is wrong but that calls were refused."""
        return bool(self.wrong) and all(each.startswith(_REFUSALS) for each in self.wrong)


def plan_of(seed: int) -> list[Kill]:
    """The kills of a seed: two points of the drain in turn and a random moment; of three seeds one has more.

    Of three seeds one has a point of discovery as well, and one of the submission.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    plan = [_kill("events", 2 * seed + at, chance) for at in range(2)]
    plan.insert(chance.randint(0, 2), Kill("events", after=chance.uniform(0.0, _LONGEST_LIFE)))
    if seed % 3 == 0:
        plan.insert(0, _kill("discover", seed // 3, chance))
    if seed % 3 == 1:
        plan.append(_kill("submit", seed // 3, chance))
    return plan


def carry_out(trial: Trial, plan: Sequence[Kill], truth: set[str]) -> Story:
    """Discovers, drains and submits, each command again after its kills; ``truth`` are the ids of all events."""
    story = Story()
    for command in ("discover", "events", "submit"):
        before = tally(trial) if command == "events" else None
        words = _words(trial, command, queue=len(plan) % 2 == 0)
        for kill in (each for each in plan if each.command == command):
            story.struck += _killed(trial, kill, words)
            if before is not None:
                story.in_flight = tally(trial).unanswered_since(before)
        ended = trial.run(*words, seconds=_PATIENCE)
        if before is not None:
            story.again = tally(trial).again - before.again
        if ended.code != 0:
            story.wrong.append(f"{command} ended with {ended.code}: {ended.err[-2000:]}")
            return story
    _judge(trial, story, truth)
    return story


def tried(once: Callable[[], Story]) -> Story:
    """What became of a plan that may be carried out up to three times, as long as nothing but a refusal is wrong.

    Windows last a second, and the machine is one that others use: a call may leave late because of them.
    """
    story = once()
    for number in range(2, _MOST_TRIES + 1):
        if not story.refused_at_most:
            break
        story = once()
        story.tries = number
    return story


def _kill(command: str, turn: int, chance: random.Random) -> Kill:
    names = points_of(command)
    name = names[turn % len(names)]
    return Kill(command, name, chance.randint(1, POINTS[name].often))


def _words(trial: Trial, command: str, *, queue: bool) -> tuple[str, ...]:
    """The command as it is typed; with a ``queue`` Scrapy keeps one of its own on the disk."""
    if command == "events" and queue:
        return "crawl", command, "-s", f"JOBDIR={trial.folder / 'jobdir'}"
    return ("submit",) if command == "submit" else ("crawl", command)


def _killed(trial: Trial, kill: Kill, words: tuple[str, ...]) -> bool:
    """Runs a command until its kill; False when it ended before that."""
    if kill.point:
        armed = replace(trial, settings={**trial.settings, KILLED_AT: f"{kill.point}:{kill.count}"})
        return armed.run(*words, seconds=_PATIENCE).code == -signal.SIGKILL
    running = trial.forked(*words)
    time.sleep(kill.after)
    return _dead(running).code == -signal.SIGKILL


def _dead(running: Forked) -> Ended:
    return running.send(signal.SIGKILL).end(_PATIENCE)


def _judge(trial: Trial, story: Story, truth: set[str]) -> None:
    """Adds what is wrong in the end: rows, submissions, refusals, pages fetched again."""
    score, after = trial.simulator.score(), tally(trial)
    spoilt = sum(score["faults"].values())
    stored = [row for (row,) in trial.rows("SELECT id::text FROM ingested_events")]
    seen = {
        "lost": len(truth - set(stored)),
        "unknown": len(set(stored) - truth),
        "double": len(stored) - len(set(stored)),
        "submissions beside the one": len(score["submissions"]) - 1,
        "submissions that are not exact": sum(not one["exact"] for one in score["submissions"]),
        f"{_REFUSALS} of announced pools": after.announced,
        f"{_REFUSALS} of the hidden pool beyond the one": max(0, after.hidden - 1),
        "pages fetched again beyond those in flight and those spoilt": max(0, story.again - story.in_flight - spoilt),
    }
    story.hidden = after.hidden
    story.wrong += [f"{what}: {figure}" for what, figure in seen.items() if figure]
