"""What planning is told of a run."""

from __future__ import annotations

from msgspec.structs import replace

from tests.flow.drain import Drain
from tests.flow.fake_clock import play
from tests.flow.worlds import BY_HEADER, CURSOR, LIST, profile, service


def test_cuts_lie_on_the_coarsest_unit_of_rows_filters_and_cursors() -> None:
    async def unit() -> int:
        seconds = replace(LIST, cursor=replace(CURSOR, time_unit=1_000_000))
        return Drain(service(), profile(BY_HEADER, endpoints=(seconds,))).run.outlook.unit

    assert play(unit()) == 1_000_000
