from __future__ import annotations

from dataclasses import fields, is_dataclass

import pytest

from datasync_crawler.simulator.switches import standing, words
from datasync_crawler.simulator.world import UnknownSwitch, World


def test_switches_are_read_as_what_they_are() -> None:
    world = World().with_switches({"feed_limit": "7", "speed": "2.5", "limits": "no", "teapot": "below"})
    assert (world.feed_limit, world.speed, world.limits, world.teapot) == (7, 2.5, False, "below")


@pytest.mark.parametrize(
    "switches",
    [
        {"feed_limits": "7"},
        {"feed_limit": "7.5"},
        {"speed": "fast"},
        {"limits": "perhaps"},
        {"time_form": "days"},
        {"window_kind": "leaky"},
    ],
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


def test_switches_of_parts_are_set_by_their_own_names() -> None:
    world = World().with_switches({"id_field": "key", "cursor_padding": "9", "feed": "no", "loop_at": 0.5})
    assert (world.names.id_field, world.cursors.cursor_padding, world.ways.feed, world.truth.loop_at) == (
        "key",
        9,
        False,
        0.5,
    )


def test_no_two_switches_share_a_name_and_words_begin_with_the_default() -> None:
    def count(value: object) -> int:
        return sum(
            count(getattr(value, each.name)) if is_dataclass(getattr(value, each.name)) else 1
            for each in fields(value)
        )

    assert count(World()) == len(standing(World())) > 120
    assert all(known[0] == standing(World())[name] for name, known in words(World()).items())
