"""The gate: nothing leaves unwritten, and nothing is spent by waiting."""

from __future__ import annotations

import asyncio

import pytest

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.flow.clock import Bell
from datasync_crawler.flow.gate import Gate
from tests.flow.fake_clock import EPOCH, FakeClock, play


class Log:
    def __init__(self) -> None:
        self.calls: list[tuple[str, float]] = []
        self.jotted: list[tuple[str, float]] = []

    async def note(self, pool: str, at: float) -> None:
        await asyncio.sleep(0.001)
        self.calls.append((pool, at))

    def jot(self, pool: str, at: float) -> None:
        self.jotted.append((pool, at))


def gate(log: Log | None = None, *, calls: int = 2, window: float = 10.0, bell: Bell | None = None) -> Gate:
    return Gate({"pool": Budget(Limit(calls, window))}, FakeClock(), log or Log(), bell or Bell())


async def pass_through(gate: Gate) -> float:
    async with gate.turn("pool") as leave:
        return await leave()


def test_the_call_above_the_limit_waits_for_the_window() -> None:
    async def scene() -> list[float]:
        passage = gate()
        return [await pass_through(passage) for _ in range(5)]

    moments = play(scene())
    assert [round(moment) for moment in moments] == [0, 0, 10, 10, 20]


def test_a_call_is_written_down_before_it_leaves() -> None:
    async def scene() -> tuple[list[tuple[str, float]], float]:
        log = Log()
        return log.calls, await pass_through(gate(log))

    calls, left = play(scene())
    assert calls == [("pool", EPOCH)]
    assert left > 0.0


def test_the_ledger_is_waited_for_until_a_pool_of_no_known_limit_let_a_call_pass() -> None:
    async def scene() -> Log:
        log = Log()
        passage = Gate({"pool": Budget()}, FakeClock(), log, Bell())
        for _ in range(3):
            await pass_through(passage)
        passage.budgets["pool"].limit = Limit(9, 10.0)
        await pass_through(passage)
        return log

    log = play(scene())
    assert (len(log.calls), len(log.jotted)) == (2, 2)


def test_a_refusal_of_all_calls_together_holds_back_a_call_that_is_being_decided_on() -> None:
    async def scene() -> float:
        passage = gate(calls=100)
        await pass_through(passage)
        async with passage.turn("pool") as leave:
            passage.refuse_in_common(30.0, 5.0, 4.0)
            return await leave()

    assert play(scene()) >= 35.0


def test_a_refusal_that_is_heard_while_the_ledger_is_waited_for_holds_the_call_back() -> None:
    class Slow(Log):
        async def note(self, pool: str, at: float) -> None:
            await asyncio.sleep(2.0)
            self.calls.append((pool, at))

    async def scene() -> tuple[float, list[float]]:
        log = Slow()
        passage = gate(log, calls=100)
        asyncio.get_running_loop().call_later(1.0, lambda: passage.refuse("pool", 30.0, 1.0, 0.5))
        left = await pass_through(passage)
        return left, [at - EPOCH for _, at in log.calls]

    left, noted = play(scene())
    assert left >= 31.0
    assert noted[-1] >= 31.0


def test_a_place_not_used_costs_nothing() -> None:
    async def scene() -> tuple[float, list[tuple[str, float]]]:
        log = Log()
        passage = gate(log, calls=1)
        for _ in range(3):
            async with passage.turn("pool"):
                pass
        return await pass_through(passage), log.calls

    left, calls = play(scene())
    assert left < 0.1
    assert len(calls) == 1


def test_waiting_can_be_given_up() -> None:
    async def scene() -> float:
        passage = gate(calls=1)
        await pass_through(passage)
        waiting = asyncio.ensure_future(pass_through(passage))
        await asyncio.sleep(1.0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return await pass_through(passage)

    assert 10.0 < play(scene()) < 11.0


def test_a_call_that_could_not_be_written_down_does_not_leave() -> None:
    class Broken(Log):
        async def note(self, pool: str, at: float) -> None:
            raise RuntimeError(pool, at)

    async def scene() -> float:
        passage = gate(Broken(), calls=1)
        with pytest.raises(RuntimeError):
            await pass_through(passage)
        return passage.opens_in("pool")

    assert play(scene()) == 0.0


def test_a_ring_makes_the_waiting_look_again() -> None:
    async def scene() -> float:
        bell = Bell()
        passage = gate(calls=1, bell=bell)
        await pass_through(passage)
        waiting = asyncio.ensure_future(pass_through(passage))
        await asyncio.sleep(1.0)
        passage.budgets["pool"].limit = Limit(2, 10.0)
        bell.ring()
        return await waiting

    assert play(scene()) < 2.0


def test_calls_of_one_pool_pass_in_the_order_they_came() -> None:
    async def scene() -> list[int]:
        passage, order = gate(calls=1), []

        async def caller(number: int) -> None:
            await pass_through(passage)
            order.append(number)

        await asyncio.gather(*(caller(number) for number in range(4)))
        return order

    assert play(scene()) == [0, 1, 2, 3]


def test_how_long_a_pool_stays_closed_can_be_told() -> None:
    async def scene() -> tuple[float, float]:
        passage = gate(calls=1)
        before = passage.opens_in("pool")
        await pass_through(passage)
        return before, passage.opens_in("pool")

    before, after = play(scene())
    assert before == 0.0
    assert 9.0 < after < 11.0
