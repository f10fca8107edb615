"""Hearing: what answers and refusals tell of the budgets."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from math import inf

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.bridging import Lifetime
from datasync_crawler.domain.ratelimit import RateWord, read_rate, read_refusal
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.domain.telling import span
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.gate import EVERY_CALL
from datasync_crawler.flow.run import Call, Flying, Run

logger = logging.getLogger(__name__)


def listen(run: Run, call: Call, headers: Mapping[str, str]) -> None:
    """A call was answered, and not refused: its pool follows what the headers tell."""
    now, left_at = run.clock.monotonic(), run.flying[call].left_at
    own, *common = run.gate.counting(run.pool_of(call))
    own.heard(read_rate(headers, run.clock.wall()), now, left_at)
    for budget in common:
        budget.heard(RateWord(), now, left_at)
    run.bell.ring()


def cursor_came(run: Run, ask: Ask, flying: Flying, after: Checkpoint, rows: int) -> None:
    """A page of so many rows came with another cursor, and the one in its call, if there was one, was taken."""
    live, lifetime = run.shards[ask.shard], run.lifetimes.setdefault(run.lanes[ask.lane].endpoint.name, Lifetime())
    lifetime.told = None if after.cursor_expires is None else after.cursor_expires - run.clock.wall()
    if ask.chained and live.came_at > -inf:
        lifetime.took(flying.left_at - live.came_at)
    live.came_at, live.walked = run.clock.monotonic(), rows + (live.walked if ask.chained else 0)


def cursor_refused(run: Run, ask: Ask, flying: Flying) -> None:
    """A call was not understood, at its first try perhaps for the server's own cursor in it."""
    live, lifetime = run.shards[ask.shard], run.lifetimes.get(run.lanes[ask.lane].endpoint.name)
    if ask.chained and lifetime is not None and not ask.attempt and live.came_at > -inf:
        lifetime.refuse(flying.left_at - live.came_at)
    live.forget_cursor()


def refused(run: Run, call: Call, answer: Answer, flying: Flying) -> None:
    """A call was refused: by its own pool, or by one that counts all calls together where its own has room."""
    now, wall = run.clock.monotonic(), run.clock.wall()
    word = read_rate(answer.headers, wall)
    wait = read_refusal(answer.body, wall) if word.retry_after is None else word.retry_after
    pool = run.pool_of(call)
    if run.gate.budgets[pool].has_room(flying.left_at) and word.remaining != 0:
        pool, learned = EVERY_CALL, run.gate.refuse_in_common(wait, now, flying.left_at)
    else:
        learned = run.gate.refuse(pool, wait, now, flying.left_at)
    if isinstance(call, Ask):
        run.lanes[call.lane].refused += 1
    if learned is not None:
        run.lessons[pool] = learned
    run.refused_in_vain += 1
    told = "" if wait is None else f", to wait {wait:.0f} s"
    told += "" if learned is None else f"; learned: {learned.calls} calls in {span(learned.window)}"
    logger.warning("pool %s refused a call%s", pool, told)
    run.bell.ring()
