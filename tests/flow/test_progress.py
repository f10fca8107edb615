"""The line that tells how far a run is."""

from __future__ import annotations

from datasync_crawler.flow.progress import Pace, describe
from tests.flow.drain import Drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import Torn
from tests.flow.worlds import THREE_LANES, slow_service


async def half_way() -> tuple[str, str]:
    """The lines at the first page and half a minute later."""
    drained = Drain(
        slow_service(fault=lambda visit: Torn() if visit.path == "/feed" and visit.number == 3 else None), THREE_LANES
    )
    pace, first, line = Pace(), describe(drained.run, Pace()), ""
    pace.mark(0.0, 0)
    async for call in drained.dispatch.calls():
        drained.pass_on(call)
        if drained.clock.monotonic() > 30.0:
            line = describe(drained.run, pace)
            break
    return first, line


def test_a_run_that_has_nothing_yet_says_so() -> None:
    first, _ = play(half_way())
    assert first.startswith("0 events, 0 events/s, 1 of 1 shards open | header: 0 pages, 10/10 calls left")


def test_a_line_tells_events_share_pace_time_left_and_every_lane() -> None:
    _, line = play(half_way())
    assert " % of" not in line
    for words in (
        "events, ",
        " %, ",
        "events/s, about ",
        " s left, ",
        "shards open | header: ",
        " | query: ",
        " | feed: ",
    ):
        assert words in line
    assert "no known limit" in line
    assert "1 faults" in line


def test_the_pace_is_that_of_the_last_minutes() -> None:
    pace = Pace()
    pace.mark(0.0, 0)
    for second in range(1, 400):
        pace.mark(float(second), 1_000_000 + 10 * second)
    assert round(pace.mark(400.0, 1_004_000)) == 10


def test_one_look_is_no_pace() -> None:
    assert Pace().mark(5.0, 100) == 0.0
