"""Work in the ledger's thread: a lost database is waited for where somebody says how; what hangs can be ended."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.adapters.ledger import Ledger, LedgerAway
from datasync_crawler.adapters.worker import CallNotes, LedgerWorker
from datasync_crawler.domain.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def worker(postgres_url: str) -> AsyncIterator[LedgerWorker]:
    opened = LedgerWorker(postgres_url)
    await opened.do(Ledger.shards)
    yield opened
    await opened.close()


class Patience:
    """Waits so often; what it is told is written down."""

    def __init__(self, tries: int, seconds: float = 0.0) -> None:
        self.told: list[str] = []
        self._left = tries
        self._seconds = seconds

    async def lasts(self, error: LedgerError) -> bool:
        self.told.append(str(error))
        self._left -= 1
        await asyncio.sleep(self._seconds)
        return self._left >= 0

    def over(self) -> None:
        self.told.append("over")


def lose(ledger: Ledger) -> None:
    ledger.cut()


async def test_without_patience_a_lost_database_is_an_error_and_the_next_work_connects_anew(
    worker: LedgerWorker,
) -> None:
    await worker.do(lose)
    with pytest.raises(LedgerAway):
        await worker.do(Ledger.shards)
    assert await worker.do(Ledger.shards) == []


async def test_with_patience_the_work_is_done_again(worker: LedgerWorker) -> None:
    worker.outage = patience = Patience(3)
    await worker.do(lose)
    assert await worker.do(Ledger.shards) == []
    lost, *rest = patience.told[1:]
    assert lost.startswith("PostgreSQL failed: ")
    assert rest == ["over"]


async def test_patience_may_end(worker: LedgerWorker) -> None:
    worker.outage = patience = Patience(2)

    def away(_: Ledger) -> None:
        raise LedgerAway("gone")

    with pytest.raises(LedgerAway, match="gone"):
        await worker.do(away)
    assert patience.told == ["gone"] * 3


async def test_other_errors_are_nobody_s_to_wait_for(worker: LedgerWorker) -> None:
    await worker.do(lambda ledger: ledger._run("drop_event_table"))
    worker.outage = patience = Patience(2)
    with pytest.raises(LedgerError, match="does not exist"):
        await worker.do(Ledger.count)
    assert patience.told == []


async def test_work_that_hangs_can_be_ended_from_outside(worker: LedgerWorker) -> None:
    begun = threading.Event()

    def hang(ledger: Ledger) -> None:
        begun.set()
        with ledger.transaction() as cursor:
            cursor.execute("SELECT pg_sleep(600)")

    hanging = asyncio.ensure_future(worker.do(hang))
    await asyncio.to_thread(begun.wait, 10)
    assert worker.busy_for > 0
    worker.give_up()
    with pytest.raises(LedgerAway):
        await asyncio.wait_for(hanging, 5)
    assert worker.busy_for == 0
    with pytest.raises(LedgerAway, match="not waited for any more"):
        await worker.do(Ledger.shards)


async def test_who_is_given_up_while_connecting_anew_does_not_begin(
    worker: LedgerWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(_: Ledger) -> None:
        worker.give_up()

    monkeypatch.setattr(Ledger, "reconnect", slowly)
    done: list[Ledger] = []

    def lost(_: Ledger) -> None:
        raise LedgerAway("gone")

    for work in (lost, done.append):
        with pytest.raises(LedgerAway):
            await worker.do(work)
    assert done == []


async def test_a_call_that_had_to_wait_counts_from_when_it_could_leave(worker: LedgerWorker) -> None:
    worker.outage = Patience(5, seconds=0.3)
    notes = CallNotes(worker, "key")
    await worker.do(lose)
    await notes.note("pool", 1000.0)
    (call,) = await worker.do(lambda ledger: ledger.calls("key", 0.0))
    assert 1000.3 <= call.at < 1010
