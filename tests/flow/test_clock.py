"""The machine's clock, the bell, and the clock that stands in for both in these tests."""

from __future__ import annotations

import asyncio
import time

import pytest

from datasync_crawler.flow.clock import Bell, SystemClock
from tests.flow.fake_clock import FakeClock, Standstill, play


async def test_waiting_ends_with_the_event() -> None:
    event = asyncio.Event()
    asyncio.get_running_loop().call_soon(event.set)
    await SystemClock().wait(event, None)
    assert event.is_set()


async def test_waiting_ends_when_the_seconds_are_over() -> None:
    event = asyncio.Event()
    await SystemClock().wait(event, 0.001)
    assert not event.is_set()


async def test_no_time_to_wait_is_no_wait() -> None:
    await SystemClock().wait(asyncio.Event(), -1.0)


def test_the_machine_tells_both_times() -> None:
    clock = SystemClock()
    assert abs(clock.wall() - time.time()) < 1.0
    assert abs(clock.monotonic() - time.monotonic()) < 1.0


@pytest.mark.parametrize("step", [3_600.0, -3_600.0])
def test_a_run_sees_no_step_of_the_wall_clock(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    clock, told = SystemClock(), time.time()
    monkeypatch.setattr(time, "time", lambda: told + step)
    assert abs(clock.wall() - told) < 1.0
    assert abs(clock.stamp() - told) < 1.0


def test_processes_that_know_the_same_beginning_stamp_alike_whatever_the_wall_clock_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = SystemClock(beginning=1_000.0)
    monkeypatch.setattr(time, "time", lambda: 5e9)
    later = SystemClock(beginning=1_000.0)
    assert abs(later.stamp() - first.stamp()) < 1.0
    assert later.wall() - first.wall() > 1e9


def test_a_bell_wakes_those_who_wait_and_not_those_who_come_later() -> None:
    async def scene() -> tuple[bool, bool]:
        bell = Bell()
        before = bell.event
        bell.ring()
        return before.is_set(), bell.event.is_set()

    assert play(scene()) == (True, False)


def test_an_hour_of_the_fake_clock_passes_at_once() -> None:
    async def scene() -> float:
        await FakeClock().wait(asyncio.Event(), 3_600.0)
        return FakeClock().monotonic()

    begun = time.monotonic()
    assert play(scene()) == pytest.approx(3_600.0)
    assert time.monotonic() - begun < 1.0


def test_the_fake_clock_says_when_nothing_can_ever_go_on() -> None:
    async def scene() -> None:
        await FakeClock().wait(asyncio.Event(), None)

    with pytest.raises(Standstill):
        play(scene())
