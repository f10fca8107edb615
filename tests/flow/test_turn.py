"""Of two crawlers that wait for the shards one is quicker; the other waits on."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.errors import ConfigurationError, StateBusy
from datasync_crawler.flow.turn import in_turn
from tests.flow.fake_clock import FakeClock, play


class Shards:
    """Somebody else's until a moment."""

    def __init__(self, clock: FakeClock, until: float) -> None:
        self.tries = 0
        self._clock = clock
        self._until = until

    async def take(self) -> float:
        self.tries += 1
        if self._clock.monotonic() < self._until:
            raise StateBusy("another crawler drains this ledger")
        return self._clock.monotonic()


def test_whoever_comes_too_late_waits_until_it_is_its_turn() -> None:
    clock = FakeClock()
    assert play(in_turn(Shards(clock, 9.0).take, clock, 60.0)) == pytest.approx(10.0)


def test_waiting_for_a_turn_has_an_end() -> None:
    clock = FakeClock()
    shards = Shards(clock, 900.0)
    with pytest.raises(StateBusy):
        play(in_turn(shards.take, clock, 60.0))
    assert shards.tries == 31


def test_what_is_no_question_of_turns_is_not_waited_for() -> None:
    clock = FakeClock()

    async def take() -> None:
        raise ConfigurationError("no profile")

    with pytest.raises(ConfigurationError):
        play(in_turn(take, clock, 60.0))
