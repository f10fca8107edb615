"""Lists that begin with their oldest row: cut, walked and ended as the others are, while rows arrive at their end."""

from __future__ import annotations

import asyncio
import base64
import json
from bisect import bisect_right
from typing import Any

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.profile import Profile
from datasync_crawler.flow.answers import Answer
from tests.flow.drain import Drain, drain
from tests.flow.fake_clock import FakeClock, play
from tests.flow.fake_service import Served, Service, Visit, Way
from tests.flow.worlds import BY_HEADER, CHAIN, LIST, profile

LONGEST = 120.0
"""Seconds, of the drain's own clock, after which it will not end any more."""
OLDEST_FIRST = replace(LIST, descending=False)
BY_SINCE = replace(
    OLDEST_FIRST, cursor=None, cursor_param=None, since_param="since", since_inclusive=True, until_param=None
)
OPAQUE = replace(CHAIN, descending=False)


class Rising(Service):
    """The same service with its rows from old to new, ``short`` of each page; one comes every ``every`` seconds."""

    def __init__(self, count: int, *, every: float = float("inf"), opaque: bool = False, short: int = 0) -> None:
        super().__init__(FakeClock(), count=count, ways={"/list": Way(latency=0.3, chain=opaque)})
        self.every, self.short = every, short
        self.rising = sorted((time, int(number)) for time, number in self.rows)

    def page(self, visit: Visit, *, more: bool | None = None) -> Answer:
        rows = self.rising + self._come(visit.at)
        start = 0
        if "after" in visit.query:
            mark = _opened(visit.query["after"])
            start = bisect_right(rows, (mark["at"], int(mark["no"])))
        if "since" in visit.query:
            start = bisect_right(rows, (int(visit.query["since"]) - 1, 10**9))
        found = [(time, f"{number:08d}") for time, number in rows[start : start + self.cap - self.short]]
        left = start + self.cap < len(rows) if more is None else more
        shown = self._shown(found, left=left, at=visit.at, opaque=self.ways[visit.path].chain) | {"all": len(rows)}
        return Served(200, {}, json.dumps(shown).encode(), tuple(number for _, number in found))

    def _come(self, at: float) -> list[tuple[int, int]]:
        last = self.rising[-1]
        return [(last[0] + 1_000 * more, last[1] + more) for more in range(1, int(at / self.every) + 1)]


def _opened(cursor: str) -> dict[str, Any]:
    for text in (cursor, cursor[::-1]):
        try:
            mark: dict[str, Any] = json.loads(base64.b64decode(text, validate=True))
        except ValueError:
            continue
        return mark
    raise AssertionError(cursor)


def known(endpoint: Any, service: Rising) -> Profile:
    oldest, number = service.rising[0]
    return replace(
        profile(BY_HEADER, endpoints=(endpoint,)),
        newest=None,
        newest_id=None,
        oldest=oldest * 1_000,
        oldest_id=f"{number:08d}",
        totals=(("list", len(service.rising)),),
    )


def drained(endpoint: Any, service: Rising) -> Drain:
    return play(asyncio.wait_for(drain(service, known(endpoint, service)), LONGEST))


@pytest.mark.parametrize("endpoint", [OLDEST_FIRST, BY_SINCE], ids=["cursors", "since"])
def test_a_list_from_old_to_new_is_cut_and_drained_side_by_side(endpoint: Any) -> None:
    service = Rising(3_000)
    done = drained(endpoint, service)
    assert done.whole
    assert done.most_flying > 1
    assert len(done.book.shards) > 1
    assert len(done.asks) < 1.3 * 3_000 / 50
    assert max(shard.low for shard in done.book.shards.values() if shard.low is not None) < 0


def test_a_chain_from_old_to_new_is_walked_from_its_oldest_row() -> None:
    service = Rising(600, opaque=True)
    done = drained(OPAQUE, service)
    assert done.whole
    assert len(done.asks) <= 600 / 50 + 2


@pytest.mark.parametrize("endpoint", [OLDEST_FIRST, BY_SINCE, OPAQUE], ids=["cursors", "since", "chain"])
@pytest.mark.parametrize("every", [0.1, 2.0])
def test_rows_that_come_at_the_end_are_not_lost_and_do_not_keep_the_drain_from_ending(
    endpoint: Any, every: float
) -> None:
    service = Rising(900, every=every, opaque=endpoint is OPAQUE)
    done = drained(endpoint, service)
    assert done.run.failure is None
    assert {f"{number:08d}" for _, number in service.rising} <= done.book.rows
    assert all(shard.done for shard in done.book.shards.values())
    assert len(done.asks) < 3 * 900 / 50


def test_a_drain_that_was_killed_goes_on_from_where_its_shards_stood() -> None:
    service = Rising(3_000)

    async def interrupted() -> Drain:
        first = Drain(service, known(OLDEST_FIRST, service))
        async for call in first.dispatch.calls():
            first.pass_on(call)
            if len(first.asks) > 30:
                break
        first.kill()
        return await Drain(service, known(OLDEST_FIRST, service), book=first.book).carry_out()

    second = play(interrupted())
    assert second.whole
    assert len(second.asks) < 50


def test_short_pages_of_a_list_that_tells_no_end_are_no_end() -> None:
    silent = replace(LIST.shape, has_more=None, next_cursor=None, cursor_life=None, total=None, returned=None)
    service = Rising(1_000, short=5)
    untold = replace(known(replace(BY_SINCE, shape=silent), service), totals=())
    assert play(asyncio.wait_for(drain(service, untold), LONGEST)).whole
