"""A run holds on to its ledger: the lease is renewed, an outage is bounded, what hangs does not hold up the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.domain.errors import LedgerError, NotComplete
from datasync_crawler.flow.holding import Holding
from datasync_crawler.flow.outage import DatabaseOutage
from tests.flow.drain import Drain
from tests.flow.fake_clock import EPOCH, play
from tests.flow.worlds import THREE_LANES, service

if TYPE_CHECKING:
    from datasync_crawler.flow.run import Run

GONE = LedgerError("the server closed the connection")


def a_run() -> Run:
    return Drain(service(count=10), THREE_LANES).run


async def outage_of(seconds: float, give_up_after: float) -> tuple[Run, list[float]]:
    """A run whose database was away for so long, and when it was tried to reach it."""
    run, tries = a_run(), []
    outage = DatabaseOutage(run, give_up_after, "pages")
    while (now := run.clock.monotonic()) < seconds and await outage.lasts(GONE):
        tries.append(run.clock.monotonic())
        assert run.waits_for == {"pages": str(GONE)}
    if now >= seconds:
        outage.over()
    return run, tries


def test_the_pauses_grow_up_to_a_few_seconds() -> None:
    run, tries = play(outage_of(60.0, give_up_after=300.0))
    pauses = [later - before for before, later in zip([0.0, *tries], tries, strict=False)]
    assert pauses[0] == pytest.approx(0.25)
    assert pauses == sorted(pauses)
    assert max(pauses) == pytest.approx(5.0)
    assert (run.stopped, run.waits_for) == (False, {})


def test_an_outage_that_lasts_too_long_stops_the_run_and_says_why() -> None:
    run, tries = play(outage_of(1e6, give_up_after=300.0))
    assert 300 < tries[-1] + 5 < 310
    assert isinstance(run.failure, NotComplete)
    assert str(run.failure).startswith("the database was away for 30")
    assert str(GONE) in str(run.failure)


def test_who_waits_is_told_at_once_that_the_run_is_stopped() -> None:
    async def stopped_while_waiting() -> tuple[bool, float]:
        run = a_run()
        outage = DatabaseOutage(run, 300.0)
        for _ in range(10):
            await outage.lasts(GONE)
        begun = run.clock.monotonic()
        asyncio.get_running_loop().call_later(0.5, run.stop)
        return await outage.lasts(GONE), run.clock.monotonic() - begun

    assert play(stopped_while_waiting()) == (False, pytest.approx(0.5))


async def away(drain: Drain, since: float, seconds: float) -> None:
    """As if the database were away for so long."""
    await drain.clock.sleep(since)
    drain.run.waits_for["pages"] = str(GONE)
    await drain.clock.sleep(seconds)
    drain.run.waits_for.clear()
    drain.run.bell.ring()


def test_no_call_is_decided_on_while_the_database_is_away_and_then_the_drain_goes_on() -> None:
    async def interrupted() -> Drain:
        drain = Drain(service(count=2_000), THREE_LANES)
        await asyncio.gather(drain.carry_out(), away(drain, 1.0, 100.0))
        return drain

    drain = play(interrupted())
    left_at = [at - EPOCH for _, at in drain.book.calls]
    assert drain.whole
    assert [at for at in left_at if 1.1 < at < 101.0] == []
    assert max(left_at) > 101.0


def test_a_drain_whose_database_stays_away_is_given_up_and_says_what_blocks_it() -> None:
    async def given_up() -> Drain:
        drain = Drain(service(count=2_000), THREE_LANES, give_up_after=60.0)
        await asyncio.gather(drain.carry_out(), away(drain, 1.0, 200.0))
        return drain

    assert str(GONE) in str(play(given_up()).run.failure)


class Books:
    """Leases of which the third renewal comes too late."""

    def __init__(self, run: Run) -> None:
        self.renewed: list[float] = []
        self._run = run

    async def renew(self, generation: int) -> float:
        assert generation == self._run.generation
        self.renewed.append(self._run.clock.monotonic())
        if len(self.renewed) > 2:
            raise LedgerError("another crawler has taken over")
        return 60.0


def test_the_lease_is_renewed_until_another_crawler_has_taken_over() -> None:
    async def renewing() -> tuple[Run, list[float]]:
        run = a_run()
        books = Books(run)
        await Holding(run, books, (), 300.0).renew()
        return run, books.renewed

    run, renewed = play(renewing())
    assert renewed == [0.0, 15.0, 30.0]
    assert "taken over" in str(run.failure)


class Frozen(Books):
    """Leases for 20 s whose second renewal takes very long, as if the crawler had been frozen meanwhile."""

    async def renew(self, generation: int) -> float:
        assert generation == self._run.generation
        self.renewed.append(self._run.clock.monotonic())
        if len(self.renewed) == 2:
            await self._run.clock.wait(asyncio.Event(), 300.0)
        return 20.0


def test_no_call_leaves_while_it_is_not_known_that_the_lease_runs() -> None:
    async def calls_left() -> tuple[list[float], list[float]]:
        drain = Drain(service(count=20_000), THREE_LANES)
        books = Frozen(drain.run)
        renewing = asyncio.ensure_future(Holding(drain.run, books, (), 300.0).renew())
        await drain.carry_out()
        renewing.cancel()
        return books.renewed, [at - EPOCH for _, at in drain.book.calls]

    renewed, left_at = play(calls_left())
    assert renewed[:3] == [0.0, 15.0, 315.0]
    assert [at for at in left_at if 20.5 < at < 315.0] == []
    assert max(left_at) > 315.0


class Hanging:
    """A connection whose work began at a time and never ends by itself; ``deaf`` it goes on when it is given up."""

    def __init__(self, run: Run, since: float | None, *, deaf: bool = False) -> None:
        self.given_up_at: list[float] = []
        self._run = run
        self._since = since
        self._deaf = deaf

    @property
    def busy_for(self) -> float:
        since = self._since
        if since is None or (self.given_up_at and not self._deaf):
            return 0.0
        return max(0.0, self._run.clock.monotonic() - since)

    def give_up(self) -> None:
        self.given_up_at.append(self._run.clock.monotonic())


async def watched(run: Run, *connections: Hanging, until: float, give_up_after: float = 300.0) -> None:
    watching = asyncio.ensure_future(Holding(run, Books(run), connections, give_up_after).watch())
    await asyncio.sleep(until)
    watching.cancel()


def test_work_that_hangs_is_ended_within_seconds_of_the_stop() -> None:
    async def stopped() -> list[list[float]]:
        run = a_run()
        hanging, idle = Hanging(run, 5.0), Hanging(run, None)
        asyncio.get_running_loop().call_later(60.0, run.stop)
        await watched(run, hanging, idle, until=100.0)
        return [hanging.given_up_at, idle.given_up_at]

    (hung,), idle = play(stopped())
    assert 62.0 <= hung <= 64.0
    assert idle == []


def test_a_commit_that_was_begun_just_before_the_stop_may_still_come_to_its_end() -> None:
    async def stopped() -> list[float]:
        run = a_run()
        run.stop()
        connection = Hanging(run, 1.0)
        await watched(run, connection, until=50.0)
        return connection.given_up_at

    assert play(stopped()) == []


def test_a_database_that_hangs_after_the_stop_is_not_waited_for_for_ever() -> None:
    async def stopped() -> list[float]:
        run = a_run()
        run.stop()
        connection = Hanging(run, 10.0)
        await watched(run, connection, until=400.0)
        return connection.given_up_at

    (ended,) = play(stopped())
    assert 310.0 < ended < 313.0


def test_a_connection_that_was_made_anew_meanwhile_is_broken_once_more() -> None:
    async def stopped() -> list[float]:
        run = a_run()
        run.stop()
        connection = Hanging(run, -5.0, deaf=True)
        await watched(run, connection, until=4.5)
        return connection.given_up_at

    assert len(play(stopped())) == 3


def test_a_database_that_never_answers_ends_the_run() -> None:
    async def hung() -> Run:
        run = a_run()
        await watched(run, Hanging(run, 0.0), until=70.0, give_up_after=60.0)
        return run

    assert str(play(hung()).failure) == "the database has not answered for 61 s"
