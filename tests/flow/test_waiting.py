"""What a run stands still for while nothing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasync_crawler.flow.waiting import waits
from tests.flow.fake_clock import play
from tests.flow.streams import ALONE, Stream, StreamDrain
from tests.flow.worlds import service

if TYPE_CHECKING:
    from collections.abc import Callable


def waits_of(change: Callable[[StreamDrain], object] = lambda _: None) -> list[str]:
    """What a run waits for whose one way is a stream, and whose pool is closed for half a minute."""

    async def scene() -> list[str]:
        drained = StreamDrain(Stream(service(count=10)), ALONE)
        now = drained.clock.monotonic()
        drained.run.gate.budgets["export"].refuse(30.0, now, now)
        change(drained)
        return list(waits(drained.run))

    return play(scene())


def prove_all(drained: StreamDrain) -> None:
    for live in list(drained.run.shards.open):
        live.prove("everything at once")


def test_a_stream_that_waits_for_its_pool_is_such_a_wait() -> None:
    assert waits_of() == ["pool export opens in 30 s"]


def test_a_run_that_is_done_waits_for_nothing() -> None:
    assert waits_of(prove_all) == []


def test_being_refused_again_and_again_is_no_wait() -> None:
    assert waits_of(lambda drained: setattr(drained.run, "refused_in_vain", 11)) == []


def test_a_run_that_is_blocked_does_not_wait_for_a_window() -> None:
    assert waits_of(lambda drained: drained.run.waits_for.update(database="the database is away")) == []
