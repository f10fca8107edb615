from __future__ import annotations

import pytest

from datasync_crawler.simulator.world import UnknownSwitch, World


def test_switches_are_read_as_what_they_are() -> None:
    world = World().with_switches({"feed_limit": "7", "speed": "2.5", "limits": "no", "teapot": "below"})
    assert (world.feed_limit, world.speed, world.limits, world.teapot) == (7, 2.5, False, "below")


@pytest.mark.parametrize(
    "switches", [{"feed_limits": "7"}, {"feed_limit": "7.5"}, {"speed": "fast"}, {"limits": "perhaps"}]
)
def test_an_unfit_switch_is_named(switches: dict[str, str]) -> None:
    with pytest.raises(UnknownSwitch, match=next(iter(switches))):
        World().with_switches(switches)


def test_there_are_four_levels_of_faults() -> None:
    assert World().with_faults("high").fault_truncated == pytest.approx(0.05)
    with pytest.raises(UnknownSwitch, match="severe"):
        World().with_faults("severe")


def test_seconds_shrink_with_speed_and_headers_round_up() -> None:
    world = World(speed=7)
    assert (world.span(60), world.whole(world.span(60)), world.whole(0.1), world.whole(-1)) == (60 / 7, 9, 1, 0)
    assert World(speed=10).whole(World(speed=10).span(60)) == 6
