from __future__ import annotations

from dataclasses import replace

import pytest

from datasync_crawler.domain.discovery.exchange import Answer
from datasync_crawler.domain.discovery.pools import counts_in, read_pool, shares
from datasync_crawler.domain.profile import Pool
from tests.domain.discovery.answers import NOW, answer_to, probe


def _told(limit: int, remaining: int, reset: int = 60) -> dict[str, str]:
    return {
        "X_RateLimit_Limit": str(limit),
        "X_RateLimit_Remaining": str(remaining),
        "X_RateLimit_Reset": str(reset),
    }


def test_the_first_call_of_a_window_tells_its_length() -> None:
    pool = read_pool("p", [answer_to(probe(), {}, **_told(10, 9, 30))])
    assert pool == Pool("p", 10, 30.0, announced=True)


def test_the_window_is_not_read_from_a_reset_that_began_earlier() -> None:
    pool = read_pool("p", [answer_to(probe(), {}, **_told(10, 4, 12))])
    assert pool == Pool("p", 10, 60.0, announced=True)


@pytest.mark.parametrize(
    ("reset", "window"),
    [
        (1, 1.0),
        (6, 6.0),
        (9, 10.0),
        (23, 60.0),
        (59, 60.0),
        (60, 60.0),
        (300, 300.0),
        (400, 600.0),
        (86_400, 86_400.0),
    ],
)
def test_the_rest_of_a_window_is_taken_for_no_window(reset: int, window: float) -> None:
    assert read_pool("p", [answer_to(probe(), {}, **_told(10, 9, reset))]).window == window


def test_a_failed_call_before_counts_as_well() -> None:
    lost = replace(answer_to(probe(), {}, status=502), at=NOW - 3)
    assert read_pool("p", [lost, answer_to(probe(), {}, **_told(10, 8, 57))]).window == 60.0


def test_a_call_whose_credential_was_refused_counts_nowhere() -> None:
    barred = replace(answer_to(probe(), {}, status=401), at=NOW - 3)
    assert read_pool("p", [barred, answer_to(probe(), {}, **_told(10, 9, 2))]).window == 2.0


def test_a_pool_that_nothing_announces_has_no_limit() -> None:
    assert read_pool("p", [answer_to(probe(), {})]) == Pool("p")


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        pytest.param(_told(10, 9), _told(5, 4), False, id="limits-differ"),
        pytest.param(_told(10, 9), _told(10, 9), False, id="counted-apart"),
        pytest.param(_told(10, 9), _told(10, 8), True, id="counted-together"),
        pytest.param(_told(10, 9), {}, False, id="one-announces-nothing"),
        pytest.param({}, {}, None, id="nothing-is-announced"),
    ],
)
def test_shared_pools_are_told_from_separate_ones(first: dict, second: dict, shared: bool | None) -> None:
    assert shares([answer_to(probe(), {}, **first)], [answer_to(probe(), {}, **second)]) is shared


@pytest.mark.parametrize(("last", "counted"), [(7, True), (8, False)])
def test_a_lane_that_announces_nothing_counts_where_the_rest_falls_by_more_than_the_calls_made(
    last: int, counted: bool
) -> None:
    def at(moment: float, **told: str) -> Answer:
        return replace(answer_to(probe(), {}, **told), at=NOW + moment)

    told = [at(0.0, **_told(10, 9)), at(20.0, **_told(10, last))]
    assert counts_in(told, [at(10.0)]) is counted
    assert not counts_in(told, [at(30.0)])
    assert not counts_in(told, [at(10.0, **_told(200, 199))])
    assert not counts_in(told[1:], [at(10.0)])


@pytest.mark.parametrize(("last", "counted"), [(6, False), (5, True)])
def test_calls_of_the_same_round_are_told_apart_from_those_of_the_other_lane(last: int, *, counted: bool) -> None:
    def left_at(moment: float, **told: str) -> Answer:
        return replace(answer_to(probe(), {}, **told), at=NOW + moment, seconds=0.0)

    told = [
        left_at(0.0, **_told(10, 9)),
        left_at(1.0, **_told(10, 8)),
        left_at(1.4, **_told(10, last)),
        left_at(1.01, **_told(10, 7)),
    ]
    assert counts_in(told, [left_at(1.005)]) is counted
