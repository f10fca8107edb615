"""What a run learned is written down once, and not forgotten when that fails."""

from __future__ import annotations

import asyncio

import pytest

from datasync_crawler.domain.errors import LedgerError
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.profile import Pool
from datasync_crawler.flow.remembering import Remembering
from datasync_crawler.flow.run import Run
from tests.flow.drain import Drain
from tests.flow.fake_clock import play
from tests.flow.worlds import THREE_LANES, service


class Book:
    """Keeps what it is given; while ``broken`` it cannot."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.profiles: list[bytes] = []
        self.limits: list[Pool] = []

    async def save_profile(self, document: bytes) -> None:
        await self._written()
        self.profiles.append(document)

    async def note_limits(self, pools: list[Pool]) -> None:
        await self._written()
        self.limits += pools

    async def _written(self) -> None:
        await asyncio.sleep(0.1)
        if self.broken:
            raise LedgerError("the disk is full")


def learned() -> Run:
    run = Drain(service(count=10), THREE_LANES).run
    run.lessons["feed"] = Limit(200, 300.0)
    run.profile_changed = True
    return run


def test_what_was_learned_is_written_down_once() -> None:
    async def twice() -> Book:
        run, book = learned(), Book()
        memory = Remembering(run, book)
        await memory.write()
        await memory.write()
        return book

    book = play(twice())
    assert book.limits == [Pool("feed", 200, 300.0)]
    assert len(book.profiles) == 1


def test_what_could_not_be_written_down_is_written_the_next_time() -> None:
    async def at_the_third_try() -> Book:
        run, book = learned(), Book(broken=True)
        memory = Remembering(run, book)
        for profile_changed in (True, False):
            run.profile_changed = profile_changed
            with pytest.raises(LedgerError):
                await memory.write()
            assert run.profile_changed is profile_changed
        run.profile_changed, book.broken = True, False
        await memory.write()
        return book

    book = play(at_the_third_try())
    assert book.limits == [Pool("feed", 200, 300.0)]
    assert len(book.profiles) == 1


def test_what_is_learned_while_another_lesson_is_written_is_not_lost() -> None:
    async def meanwhile() -> Book:
        run, book = learned(), Book()
        memory = Remembering(run, book)
        writing = asyncio.ensure_future(memory.write())
        await asyncio.sleep(0.15)
        run.lessons["feed"] = Limit(100, 300.0)
        await writing
        await memory.write()
        return book

    assert play(meanwhile()).limits == [Pool("feed", 200, 300.0), Pool("feed", 100, 300.0)]


def test_a_ledger_that_takes_no_lessons_stops_the_run_and_says_why() -> None:
    async def kept() -> Run:
        run = learned()
        await Remembering(run, Book(broken=True)).keep()
        return run

    run = play(kept())
    assert run.stopped
    assert str(run.failure) == "the disk is full"
