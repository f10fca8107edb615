from __future__ import annotations

import math

import pytest

from datasync_crawler.domain.flight import Flight


def fly(flight: Flight, pages: int, *, alone: float, rate: float, rows: int = 5000) -> list[int]:
    """Targets after each page of a service that needs ``alone`` seconds a page and shares ``rate`` rows a second."""
    now = 0.0
    targets: list[int] = []
    flying: list[list[float]] = []  # when it left, seconds of work left
    least = alone
    while len(targets) < pages:
        while len(flying) < flight.target:
            flying.append([now, 1.0])
        # A page alone takes its latency; more at once than the rate carries slow each other down evenly.
        speed = min(1 / least, rate / rows / len(flying))
        step = min(work for _, work in flying) / speed
        now += step
        for page in flying:
            page[1] -= step * speed
        for page in [page for page in flying if page[1] <= 1e-9]:
            flying.remove(page)
            flight.landed(now - page[0])
            targets.append(flight.target)
    return targets


@pytest.mark.parametrize(
    ("alone", "rate"),
    [(3.5, 4200.0), (3.1, 4200.0), (3.5, 12_000.0), (0.35, 42_000.0), (1.0, 100_000.0), (8.0, 8000.0)],
)
def test_the_target_settles_where_the_service_is_just_full(alone: float, rate: float) -> None:
    targets = fly(Flight(64), 1500, alone=alone, rate=rate)
    full = alone * rate / 5000
    settled = targets[700:]
    assert math.ceil(full) <= min(settled)
    assert max(settled) <= math.ceil(full) + 3


def test_the_target_grows_while_more_calls_take_no_longer() -> None:
    assert fly(Flight(16), 1000, alone=1.0, rate=1e9)[-1] == 16


def test_the_target_shrinks_when_calls_queue() -> None:
    flight = Flight(64, target=40)
    for _ in range(40):
        flight.landed(1.0)
    for _ in range(2000):
        flight.landed(10.0)
    assert flight.target < 10


def test_it_moves_by_at_most_one_a_round() -> None:
    flight = Flight(32, target=4)
    seen = [flight.target]
    for _ in range(9):
        flight.landed(1.0)
        seen.append(flight.target)
    assert seen == [4, 4, 4, 4, 5, 5, 5, 5, 5, 6]


@pytest.mark.parametrize(("most", "target"), [(1, 1), (2, 2), (0, 1), (5, 3)])
def test_the_bounds_hold_from_the_start(most: int, target: int) -> None:
    flight = Flight(most)
    assert flight.target == target
    for latency in [1.0] * 50 + [90.0] * 500:
        flight.landed(latency)
        assert 1 <= flight.target <= max(1, most)


def test_an_answer_that_took_no_time_is_no_error() -> None:
    flight = Flight(8)
    for _ in range(50):
        flight.landed(0.0)
    assert flight.target == 8


def test_one_answer_from_a_cache_does_not_slow_the_lane_down() -> None:
    flight = Flight(32, target=3)
    flight.landed(0.02)
    assert fly(flight, 1500, alone=3.5, rate=12_000.0)[-1] >= 9


def test_patience_is_a_multiple_of_what_is_typical() -> None:
    flight = Flight(8)
    assert flight.patience == 120.0
    flight.landed(1.0)
    assert flight.patience == 20.0
    for _ in range(200):
        flight.landed(9.0)
    assert flight.patience == pytest.approx(90.0, rel=0.01)
