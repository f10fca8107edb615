"""Points at which a command can be made to kill itself with -9, without a word of that in what is killed."""

from __future__ import annotations

import functools
import importlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

KILLED_AT = "DATASYNC_BENCH_KILLED_AT"
"""The variable by which a forked command is told its point, as ``name:count``; ``name:count:stall`` only stalls it."""
_STALLED = 60.0
"""Seconds that a stalled command stands still."""


@dataclass(frozen=True, slots=True)
class Point:
    """A moment in a command: before or after a function (``module:name``) does its work.

    ``often`` is how many times a small drain comes there at the least.
    """

    command: str
    place: str
    after: bool = False
    often: int = 1


_ADAPTERS = "datasync_crawler.adapters"
POINTS = {
    "before the rows are copied": Point("events", f"{_ADAPTERS}.page_store:insert", often=5),
    "between the copy and the commit": Point(
        "events", f"{_ADAPTERS}.page_store:_move_checkpoints", after=True, often=5
    ),
    "after the commit": Point("events", f"{_ADAPTERS}.page_store:PageStore.store_all", after=True, often=5),
    "before a call is written down": Point("events", f"{_ADAPTERS}.call_book:CallBook.note_calls", often=5),
    "after a call was written down": Point(
        "events", f"{_ADAPTERS}.call_book:CallBook.note_calls", after=True, often=5
    ),
    "as a call goes onto the wire": Point("events", "datasync_crawler.flow.run:Run.sent", after=True, often=5),
    "when a page came": Point("events", "datasync_crawler.flow.reception:Reception.answered", after=True, often=5),
    "when a token came": Point("events", "datasync_crawler.flow.reception:Reception.granted", after=True),
    "before a cut": Point("events", f"{_ADAPTERS}.shard_book:ShardBook.split"),
    "after a cut": Point("events", f"{_ADAPTERS}.shard_book:ShardBook.split", after=True),
    "before a limit is kept": Point("events", "datasync_crawler.pipelines:note_limits"),
    "before an end is kept": Point("events", f"{_ADAPTERS}.shard_book:ShardBook.finish"),
    "during shutdown": Point("events", "datasync_crawler.pipelines:LedgerPipeline.close_spider"),
    "during the proof": Point("events", "datasync_crawler.pipelines:judge_set"),
    "after the proof": Point("events", "datasync_crawler.pipelines:judge_set", after=True),
    "as the ledger is closed": Point("events", f"{_ADAPTERS}.worker:LedgerWorker.close"),
    "before the profile is concluded": Point("discover", "datasync_crawler.spiders.discover:conclude"),
    "before the probes' rows are kept": Point("discover", "datasync_crawler.spiders.discover:_store"),
    "after the probes' rows were kept": Point("discover", "datasync_crawler.spiders.discover:_store", after=True),
    "before the profile's file is written": Point("discover", "datasync_crawler.spiders.discover:write_profile_file"),
    "before a probe leaves": Point("discover", f"{_ADAPTERS}.call_book:CallBook.note_calls", after=True, often=5),
    "before the intent": Point("submit", f"{_ADAPTERS}.submission_book:SubmissionBook.intend"),
    "between the intent and the call": Point("submit", f"{_ADAPTERS}.submission:SubmissionDesk.hand_in"),
    "within the upload": Point("submit", f"{_ADAPTERS}.submission:SubmissionDesk._answer"),
    "between the answer and its record": Point("submit", f"{_ADAPTERS}.submission:SubmissionDesk.hand_in", after=True),
    "after the outcome was written down": Point(
        "submit", f"{_ADAPTERS}.submission_book:SubmissionBook.settle", after=True
    ),
}
"""All points by name."""


def points_of(command: str) -> list[str]:
    """The names of a command's points."""
    return [name for name, point in POINTS.items() if point.command == command]


def arm(told: str) -> None:
    """Lets this process kill itself (or stand still) at a point, the ``count``-th time it comes there.

    Raises AttributeError when there is no such function any more.
    """
    name, count, *how = told.split(":")
    point, end = POINTS[name], _stall if how else _die
    module, _, path = point.place.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, inner = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    plain = vars(owner).get(inner)
    if plain is None:
        raise AttributeError(f"{point.place} is gone: where is {name!r} now?")
    if isinstance(plain, staticmethod):
        setattr(owner, inner, staticmethod(_deadly(plain.__func__, int(count), end, after=point.after)))
    else:
        setattr(owner, inner, _deadly(plain, int(count), end, after=point.after))


def _deadly(plain: Callable[..., Any], count: int, end: Callable[[], None], *, after: bool) -> Callable[..., Any]:
    """The function, which ends its process when it was called so often."""
    left = count

    @functools.wraps(plain)
    def called(*given: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and not after:
            end()
        outcome = plain(*given, **named)
        if left == 0 and after:
            end()
        return outcome

    return called


def _stall() -> None:
    time.sleep(_STALLED)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a process outlived its kill")
