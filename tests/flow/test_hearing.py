"""What a refusal teaches: the pool's own limit, or one that all calls share and nothing tells."""

from __future__ import annotations

import asyncio

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.flow.clock import Bell
from datasync_crawler.flow.gate import Gate
from tests.flow.fake_clock import FakeClock, play


class Log:
    def __init__(self) -> None:
        self.calls: list[tuple[str, float]] = []

    async def note(self, pool: str, at: float) -> None:
        await asyncio.sleep(0)
        self.calls.append((pool, at))

    def jot(self, pool: str, at: float) -> None:
        self.calls.append((pool, at))


def two_pools(*, limit: Limit | None = None) -> Gate:
    return Gate({"one": Budget(limit), "other": Budget(limit)}, FakeClock(), Log(), Bell())


async def leave(gate: Gate, pool: str) -> float:
    async with gate.turn(pool) as depart:
        return await depart()


def test_a_limit_on_all_calls_is_learned_from_all_calls_and_kept_by_all_pools() -> None:
    async def scene() -> tuple[Limit | None, float]:
        gate = two_pools(limit=Limit(10, 60.0))
        for pool in ("one", "other") * 3:
            last = await leave(gate, pool)
        learned = gate.refuse_in_common(60.0, last, last)
        return learned, await leave(gate, "one")

    learned, left = play(scene())
    assert learned == Limit(5, 60.0)
    assert left >= 60.0


def test_calls_in_the_air_at_a_refusal_teach_nothing_of_the_limit_on_all_calls() -> None:
    async def scene() -> Limit | None:
        gate, left_at = two_pools(limit=Limit(10, 60.0)), []
        for pool in ("one", "other") * 3:
            left_at.append(await leave(gate, pool))
            await asyncio.sleep(1.0)
        return gate.refuse_in_common(57.0, 6.0, left_at[3])

    assert play(scene()) == Limit(3, 60.0)


def test_an_untold_window_is_shared_by_pools_that_guess() -> None:
    async def scene() -> tuple[float, float]:
        gate = two_pools()
        first = await leave(gate, "one")
        gate.refuse("one", None, first, first)
        second = await leave(gate, "other")
        gate.refuse("other", None, second, second)
        again = await leave(gate, "one")
        gate.refuse("one", None, again, again)
        limits = [budget.limit for budget in gate.budgets.values()]
        assert all(limit is not None and limit.window == 60.0 for limit in limits)
        return again, await leave(gate, "other")

    again, left = play(scene())
    assert left >= again + 60.0


def test_a_pool_with_room_left_is_known_by_its_own_account() -> None:
    budget = Budget(Limit(2, 60.0))
    for now in (1.0, 2.0, 3.0):
        budget.leave(now)
    assert budget.has_room(1.0)
    assert budget.has_room(2.0)
    assert not budget.has_room(3.0)
