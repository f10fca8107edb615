from __future__ import annotations

import pytest

from datasync_crawler.simulator.sharing import SharedRate


def ends(rate: float, arrivals: list[tuple[float, int]]) -> list[float]:
    """When each page ends, in the order of arrival."""
    shared, found, waiting = SharedRate(rate), {}, list(arrivals)
    while waiting or shared.next_end() is not None:
        end = shared.next_end()
        if waiting and (end is None or waiting[0][0] < end):
            shared.arrive(*waiting.pop(0))
        elif end is not None:
            found |= dict.fromkeys(shared.ended(end), end)
    return [found[ticket] for ticket in sorted(found)]


def test_a_page_alone_has_the_whole_rate() -> None:
    assert ends(4_200, [(10, 4_200)]) == [11]


@pytest.mark.parametrize("pages", [5, 10, 20])
def test_pages_that_come_together_share_evenly(pages: int) -> None:
    assert ends(4_200, [(0, 5_000)] * pages) == pytest.approx([pages * 5_000 / 4_200] * pages)


def test_a_page_that_comes_later_slows_the_one_before() -> None:
    # 50 rows alone, then both at half the rate: 50 more rows each take one second.
    assert ends(100, [(0, 100), (0.5, 100)]) == pytest.approx([1.5, 2.0])


def test_a_small_page_overtakes_a_large_one() -> None:
    assert ends(100, [(0, 300), (0, 50)]) == pytest.approx([3.5, 1.0])


def test_an_idle_time_gives_nobody_an_advantage() -> None:
    assert ends(100, [(0, 100), (50, 100)]) == pytest.approx([1, 51])


def test_nothing_under_way_never_ends() -> None:
    assert SharedRate(100).next_end() is None
