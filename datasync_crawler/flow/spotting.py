"""A spot check: rows from random places of the service, held against what is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from random import Random

from datasync_crawler.domain.asking import page_url
from datasync_crawler.domain.errors import NotComplete, PageError
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.shard import Shard
from datasync_crawler.domain.strip import ends_of
from datasync_crawler.flow.answers import BLAME, Answer, Meaning, meaning
from datasync_crawler.flow.barring import fault_of_key
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.run import Run

_MOST_PAGES = 5
# A call that fails for the moment is carried out so often.
_TRIES = 3
_NONE = "no spot check: "

Send = Callable[[str, Mapping[str, str]], Awaitable[Answer]]
"""Sends a page's call, address and headers with words where secrets belong."""

Stored = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Which of the ids are stored."""


@dataclass(frozen=True, slots=True)
class Spots:
    """So many rows were looked at, of which those with these ids are not stored."""

    looked_at: int
    missing: tuple[str, ...]


async def spot_check(run: Run, rows: int, send: Send, stored: Stored, dice: Random) -> Spots:
    """Looks at that many rows of up to five pages; every call waits for its budget.

    Raises NotComplete when no lane leads to random places, or the service does not answer with rows, and KeyRefused or
    KeyExpired when it blames the key.
    """
    lanes = [lane for lane in run.lanes.values() if lane.token is None and lane.endpoint.positionable]
    ends = ends_of(run.shards.values, run.outlook) if lanes else None
    if ends is None:
        raise NotComplete("no spot check: nothing that is known leads to random places of the set")
    lane = min(lanes, key=lambda one: run.gate.opens_in(one.lane.pool))
    looked_at: list[str] = []
    for pages_left in range(_MOST_PAGES, 0, -1):
        wanted = -(-(rows - len(looked_at)) // pages_left)
        # From the uppermost tenth down, so that there are rows below.
        page = await _page_below(run, lane, dice.randint(ends[1] + (ends[0] - ends[1]) // 10, ends[0]), wanted, send)
        looked_at += dice.sample(page.ids, min(wanted, len(page.ids)))
        if len(looked_at) >= rows:
            break
    if not looked_at:
        raise NotComplete("no spot check: the service showed no row")
    known = await stored(looked_at)
    return Spots(len(looked_at), tuple(id_ for id_ in looked_at if id_ not in known))


async def _page_below(run: Run, lane: LiveLane, place: int, rows: int, send: Send) -> Page:
    """A page from a place down; a call that fails for the moment is tried again, each within its budget."""
    trouble = ""
    for _ in range(_TRIES):
        try:
            answer = await _asked(run, lane, place, rows, send)
            if (means := meaning(answer)) is Meaning.PAGE:
                return lane.reader.read(answer.body)
        except (PageError, NotComplete) as error:
            trouble = str(error).removeprefix(_NONE)
            continue
        if means in BLAME:
            raise fault_of_key(answer, worked=run.key_worked)
        trouble = f"the service answered with status {answer.status}"
        if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            break
    raise NotComplete(_NONE + trouble)


async def _asked(run: Run, lane: LiveLane, place: int, rows: int, send: Send) -> Answer:
    limit = min(lane.endpoint.cap, 4 * rows)
    shard, sample = Shard(0, None, place), run.profile.sample_id or "0"
    url = page_url(lane.endpoint, lane.lane.credential, shard, limit, run.clock.wall(), sample)
    async with run.gate.turn(lane.lane.pool) as leave:
        await leave()
    return await send(url, lane.headers)
