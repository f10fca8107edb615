"""Large answers: no more of them are under way than memory should hold."""

from __future__ import annotations

import pytest

from tests.flow.drain import Drain
from tests.flow.fake_clock import play
from tests.flow.worlds import FREE, service


async def largest_number_under_way(most_bytes: float) -> tuple[bool, int]:
    """Whether the set was drained, and how many calls at most were under way once the size of answers was known."""
    drain = Drain(service(count=3_000), FREE)
    drain.dispatch._most_bytes = most_bytes
    most = 0
    async for call in drain.dispatch.calls():
        drain.pass_on(call)
        if all(lane.largest for lane in drain.run.lanes.values()):
            most = max(most, sum(lane.in_flight for lane in drain.run.lanes.values()))
    return drain.whole, most


@pytest.mark.parametrize(("most_bytes", "fewest", "most"), [(1.0, 1, 1), (1e9, 2, 99)])
def test_answers_under_way_are_bounded_by_their_bytes_and_one_may_always_come(
    most_bytes: float, fewest: int, most: int
) -> None:
    whole, under_way = play(largest_number_under_way(most_bytes))
    assert whole
    assert fewest <= under_way <= most
