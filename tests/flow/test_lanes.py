"""What a lane remembers of its failures, and what its calls carry."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.flight import Flight
from datasync_crawler.domain.profile import Credential
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.flow.lanes import LiveLane
from tests.flow.worlds import BY_FEED, BY_HEADER, BY_QUERY, FEED, LIST, SHAPE


@pytest.fixture
def lane() -> LiveLane:
    return LiveLane(BY_HEADER, LIST, PageReader(SHAPE), Flight(8, target=6))


def test_calls_that_were_under_way_together_are_one_failure_and_one_strike(lane: LiveLane) -> None:
    for moment in (5.0, 5.1, 5.2, 5.3):
        lane.failed("status 401", 4.0, moment, blamed=True)
    assert (lane.faults, lane.failures, lane.strikes) == (4, 1, 1)


def test_the_next_round_is_another_failure(lane: LiveLane) -> None:
    lane.failed("status 401", 4.0, 5.0, blamed=True)
    lane.failed("status 401", 6.0, 7.0, blamed=True)
    assert (lane.failures, lane.strikes) == (2, 2)


def test_a_failure_that_does_not_blame_the_key_clears_it(lane: LiveLane) -> None:
    lane.failed("status 401", 4.0, 5.0, blamed=True)
    lane.failed("status 500", 6.0, 7.0, blamed=False)
    assert lane.strikes == 0


def test_one_failure_alone_does_not_hold_the_lane_up(lane: LiveLane) -> None:
    lane.failed("status 500", 4.0, 5.0, blamed=False)
    assert lane.not_before < 5.0
    assert lane.room == 6


def test_a_lane_that_only_fails_pauses_longer_each_time_and_sends_one_call_at_a_time(lane: LiveLane) -> None:
    pauses = []
    for moment in range(100, 2_000, 100):
        lane.failed("status 500", moment - 1.0, float(moment), blamed=False)
        pauses.append(max(0.0, lane.not_before - moment))
    assert pauses == sorted(pauses)
    assert pauses[0] == 0.0
    assert 10.0 < pauses[-1] <= 60.0
    assert lane.room == 1


def test_a_page_makes_up_for_everything(lane: LiveLane) -> None:
    for moment in (5.0, 6.0, 7.0):
        lane.failed("status 403", moment - 0.1, moment, blamed=True)
    lane.succeeded()
    assert (lane.failures, lane.strikes, lane.trouble, lane.room, lane.pages) == (0, 0, "", 6, 1)


@pytest.mark.parametrize(
    ("credential", "header"),
    [
        (Credential("header", "X-Key"), ("X-Key", "{key}")),
        (Credential("header", "Authorization", "Bearer "), ("Authorization", "Bearer {key}")),
        (Credential("header", "Cookie", "session="), ("Cookie", "session={key}")),
    ],
    ids=["plain", "bearer", "cookie"],
)
def test_a_key_travels_in_the_form_that_was_found_out(
    lane: LiveLane, credential: Credential, header: tuple[str, str]
) -> None:
    lane.lane = replace(BY_HEADER, credential=credential)
    assert dict([header]).items() <= lane.headers.items()


def test_a_key_in_the_address_is_in_no_header(lane: LiveLane) -> None:
    lane.lane = BY_QUERY
    assert lane.headers == {}


def test_a_lane_behind_a_token_carries_it_under_a_word(lane: LiveLane) -> None:
    lane.lane, lane.endpoint = BY_FEED, replace(FEED, headers=(("Accept", "application/json"),))
    assert lane.headers == {"Accept": "application/json", "X-Key": "{key}", "X-Token": "{token:feed}"}


def test_pages_of_few_rows_leave_room_for_others(lane: LiveLane) -> None:
    for rows in (50, 50, 50, 50, 50, 20):
        lane.sent(rows)
    assert lane.room == pytest.approx(0.6)
    lane.sent(50)
    assert lane.room < 0
    lane.back(20)
    lane.back(50)
    assert (lane.room, lane.in_flight) == (1, 5)


def test_no_more_calls_are_in_flight_than_may_be_however_small(lane: LiveLane) -> None:
    for _ in range(lane.flight.most):
        lane.sent(1)
    assert lane.room == 0


def test_before_a_page_came_a_kilobyte_a_row_is_reckoned_with(lane: LiveLane) -> None:
    assert lane.bulk == lane.endpoint.cap * 1_024
    lane.largest = 7
    assert lane.bulk == 7
