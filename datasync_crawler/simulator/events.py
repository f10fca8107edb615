"""The seeded event set, streamed newest first without ever holding it whole."""

from __future__ import annotations

import random
from collections.abc import Iterator
from operator import add

from datasync_crawler.simulator.sessions import LONGEST, NEWEST, OLDEST, Sessions, uuids

TYPES = ("page_view", "click", "api_call", "form_submit", "scroll", "purchase", "error", "video_play")
TYPE_WEIGHTS = (1_050_459, 749_415, 300_487, 299_557, 150_594, 150_087, 149_884, 149_517)

_SESSIONS_A_BLOCK = 300
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TRIPLES = [a + b + c for a in _LETTERS for b in _LETTERS for c in _LETTERS]


Event = tuple[int, str, int, int, str]
"""Time in ms since 1970, id, row of the session, index into TYPES, name. Events compare as the service orders them."""


def stream(sessions: Sessions, seed: int, tie_rate: float) -> Iterator[list[Event]]:
    """All events in blocks, newest first, equal times by id descending.

    A session's events lie between its start and its end, and no session lasts longer than LONGEST, so that everything
    later than the newest session still to come plus LONGEST can leave at once.
    """
    source = random.Random(f"events {seed}")
    held: list[Event] = []
    for low in range(0, len(sessions), _SESSIONS_A_BLOCK):
        high = min(low + _SESSIONS_A_BLOCK, len(sessions))
        held.extend(_block(source, sessions, range(low, high), tie_rate))
        held.sort(reverse=True)
        if high == len(sessions):
            break
        settled = _count_after(held, sessions.starts[high] + LONGEST * 1000)
        yield held[:settled]
        del held[:settled]
    yield held


def _block(source: random.Random, sessions: Sessions, rows: range, tie_rate: float) -> list[Event]:
    owners = [row for row in rows for _ in range(sessions.counts[row])]
    stamps = _stamps(source, sessions, rows, tie_rate)
    kinds = source.choices(range(len(TYPES)), TYPE_WEIGHTS, k=len(owners))
    heads = source.choices(_TRIPLES, k=len(owners))
    tails = source.choices(_TRIPLES, k=len(owners))
    ids = uuids(source, len(owners))
    return list(zip(stamps, ids, owners, kinds, map(add, heads, tails), strict=True))


def _stamps(source: random.Random, sessions: Sessions, rows: range, tie_rate: float) -> list[int]:
    draw = source.random
    stamps: list[int] = []
    for row in rows:
        first = len(stamps)
        start, length = sessions.starts[row], sessions.lengths[row] * 1000
        stamps.extend(start + int(draw() * length) for _ in range(sessions.counts[row]))
        _tie(source, stamps, first, tie_rate)
        # The set begins and ends exactly where the real one does.
        if row == len(sessions) - 1 and first < len(stamps):
            stamps[-1] = OLDEST
        if row == 0 and stamps:
            stamps[0] = NEWEST
    return [min(stamp, NEWEST) for stamp in stamps]


def _tie(source: random.Random, stamps: list[int], first: int, tie_rate: float) -> None:
    for at in range(first + 1, len(stamps)):
        if source.random() < tie_rate:
            stamps[at] = stamps[at - 1]


def _count_after(events: list[Event], stamp: int) -> int:
    """How many of the events, newest first, are later than a time."""
    low, high = 0, len(events)
    while low < high:
        middle = (low + high) // 2
        if events[middle][0] > stamp:
            low = middle + 1
        else:
            high = middle
    return low
