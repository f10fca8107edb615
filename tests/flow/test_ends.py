"""An end is believed only when it is proven."""

from __future__ import annotations

import base64
import json
import re

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.errors import LedgerError
from datasync_crawler.domain.profile import Profile
from datasync_crawler.flow.answers import Answer
from tests.flow.drain import Book, drain
from tests.flow.fake_clock import FakeClock, play
from tests.flow.fake_service import Fault, Service, Visit, failure
from tests.flow.worlds import BY_HEADER, BY_QUERY, FREE, ONE_CHAIN, SHAPE, THREE_LANES, profile, service, slow_service


class Liar:
    """Says at the calls of these numbers that nothing comes after, or answers as told."""

    def __init__(self, *numbers: int, instead: Answer | None = None) -> None:
        self.numbers = numbers
        self.instead = instead
        self.service: Service | None = None

    def __call__(self, visit: Visit) -> Answer | None:
        if visit.number not in self.numbers or self.service is None:
            return None
        return self.instead or self.service.page(visit, more=False)


def lied_to(liar: Liar, *, count: int = 3_000) -> Service:
    asked = service(count=count, fault=liar)
    liar.service = asked
    return asked


@pytest.mark.parametrize("world", [FREE, ONE_CHAIN, profile(BY_HEADER, BY_QUERY)], ids=["cut", "chain", "two lanes"])
@pytest.mark.parametrize("numbers", [(1,), (9,), (9, 10), (9, 10, 11), (5, 6, 20, 21, 22)], ids=str)
def test_an_end_told_too_early_is_not_believed(world: Profile, numbers: tuple[int, ...]) -> None:
    drained = play(drain(lied_to(Liar(*numbers)), world))
    assert drained.whole


@pytest.mark.parametrize("world", [FREE, ONE_CHAIN], ids=["cut", "chain"])
@pytest.mark.parametrize("status", [418, 416])
@pytest.mark.parametrize("numbers", [(7,), (7, 8), (1, 2)], ids=str)
def test_a_status_that_means_outside_is_no_end_inside(world: Profile, status: int, numbers: tuple[int, ...]) -> None:
    drained = play(drain(lied_to(Liar(*numbers, instead=failure(status))), world))
    assert drained.whole


def empty(*, more: bool) -> Answer:
    told = b"true" if more else b"false"
    return Answer(200, {}, b'{"rows":[],"more":' + told + b',"after":null,"lives":120,"all":3000,"here":0}')


def place(visit: Visit) -> tuple[int, str]:
    """The row behind which a page was asked for."""
    mark = json.loads(base64.b64decode(visit.query["after"])) if "after" in visit.query else {"at": 0, "no": ""}
    return mark["at"], mark["no"]


def test_an_empty_page_behind_rows_is_looked_at_again_while_others_are_on_their_way() -> None:
    drained = play(drain(lied_to(Liar(60, instead=empty(more=False)), count=20_000), FREE))
    slip, *again = [it for it in drained.service.visits[59:] if place(it) == place(drained.service.visits[59])]
    assert again[0].at - slip.at < 1.0 < drained.took - slip.at


@pytest.mark.parametrize("more", [True, False])
@pytest.mark.parametrize("numbers", [(6,), (6, 7)], ids=str)
def test_an_empty_page_is_no_end(numbers: tuple[int, ...], more: bool) -> None:
    drained = play(drain(lied_to(Liar(*numbers, instead=empty(more=more))), FREE))
    assert drained.whole


def below_the_oldest(status: int) -> Fault:
    """A service that answers so where nothing is left."""
    asked = service(count=400)

    def fault(visit: Visit) -> Answer | None:
        page = asked.page(visit) if "after" in visit.query else None
        return failure(status) if page is not None and not getattr(page, "ids", True) else None

    return fault


@pytest.mark.parametrize("status", [418, 416])
def test_a_status_below_the_oldest_row_ends_the_set(status: int) -> None:
    drained = play(drain(service(count=400, fault=below_the_oldest(status)), FREE))
    assert drained.whole


def test_a_shard_ends_where_its_lower_bound_was_passed() -> None:
    drained = play(drain(service(count=3_000), FREE))
    inner = [shard for shard in drained.book.shards.values() if shard.low is not None]
    assert inner
    assert {shard.checkpoint.proof for shard in inner} == {"passed"}


def test_a_total_never_reached_does_not_keep_the_drain_going() -> None:
    drained = play(drain(telling_too_much(), FREE))
    assert drained.run.failure is None
    assert drained.run.total == 900
    assert len(drained.asks) < 20


def test_a_chain_that_begins_again_at_each_look_ends_as_well() -> None:
    drained = play(drain(telling_too_much(lives=b"1"), ONE_CHAIN))
    assert drained.run.failure is None
    assert len(drained.asks) < 60


def telling_too_much(*, lives: bytes = b"") -> Service:
    def fault(visit: Visit) -> Answer | None:
        page = asked.page(visit)
        body = page.body.replace(b'"all": 300', b'"all": 900')
        body = re.sub(rb'(?<="lives": )\d+', lives, body) if lives else body
        return Answer(200, {}, body) if page.status == 200 else None

    asked = service(count=300, fault=fault)
    return asked


def test_an_end_that_was_told_is_proven_by_an_exact_count_without_another_call() -> None:
    drained = play(drain(service(count=500), FREE, most_at_once=1))
    assert drained.whole
    assert len(drained.asks) == 10
    assert drained.book.shards[1].checkpoint.proof == "told, and the total is reached"


def test_an_end_is_asked_about_again_where_more_rows_are_stored_than_told_of() -> None:
    page = service(count=500).page
    drained = play(drain(service(count=500, fault=lambda visit: _with_total(page(visit), 480)), FREE, most_at_once=1))
    assert drained.whole
    assert len(drained.asks) == 11
    assert {shard.checkpoint.proof for shard in drained.book.shards.values()} == {"second look"}


def test_rows_that_came_meanwhile_do_not_stand_in_for_others_at_an_end() -> None:
    page = service(count=500).page

    def told(visit: Visit) -> Answer:
        return _with_total(page(visit, more=False if visit.number == 7 else None), 500)

    known = replace(FREE, totals=(("list", 350),))
    drained = play(drain(service(count=500, fault=told), known, most_at_once=1))
    assert drained.whole


def _with_total(answer: Answer, total: int) -> Answer:
    return Answer(200, {}, re.sub(rb'"all": ?\d+', b'"all":%d' % total, answer.body))


def test_where_pages_tell_no_total_one_told_end_is_not_believed_though_the_count_is_reached() -> None:
    """Three rows came since the total was told, and the end is told where as many rows are stored as that says."""
    untold = replace(SHAPE, total=None)
    world = replace(
        FREE, totals=(("stats", 500),), endpoints=tuple(replace(each, shape=untold) for each in FREE.endpoints)
    )

    def fault(visit: Visit) -> Answer | None:
        page = asked.page(visit)
        shown = json.loads(page.body)
        shown.pop("all", None)
        if visit.number == 10:
            shown |= {"more": False, "after": None}
        return Answer(page.status, page.headers, json.dumps(shown).encode())

    asked = service(count=503, fault=fault)
    assert play(drain(asked, world, most_at_once=1)).whole


class Fencing(Book):
    """A ledger that somebody else has taken over when an end is to be proven."""

    async def finish(self, shard: int, generation: int, proof: str) -> None:  # noqa: ARG002 - as the ledger has it
        raise LedgerError(f"shard {shard} is no longer held by generation {generation}")


def test_an_end_that_cannot_be_written_down_ends_the_run() -> None:
    clock = FakeClock()
    drained = play(drain(slow_service(pages=12), THREE_LANES, book=Fencing(clock), clock=clock))
    assert isinstance(drained.run.failure, LedgerError)
