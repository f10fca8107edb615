"""What becomes of a run whose key is not taken any more, or never was."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.errors import KeyExpired, KeyRefused
from datasync_crawler.flow.answers import Answer
from tests.flow.drain import drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import Visit, failure
from tests.flow.worlds import FEED_ONLY, FREE, THREE_LANES, service, slow_service


def test_a_key_that_dies_in_the_middle_ends_the_run() -> None:
    asked = service(count=6_000)
    asked.key_dies_at = 3.0
    drained = play(drain(asked, FREE))
    assert isinstance(drained.run.failure, KeyExpired)
    assert 0 < len(drained.book.rows) < 6_000


def test_a_key_that_is_gone_before_the_first_row_but_is_said_to_have_expired_is_no_wrong_key() -> None:
    asked = service()
    asked.key_dies_at = 0.0
    drained = play(drain(asked, FREE))
    assert isinstance(drained.run.failure, KeyExpired)


def test_a_key_that_was_never_taken_is_refused() -> None:
    drained = play(drain(service(fault=lambda _: failure(401, "who are you?")), FREE))
    assert isinstance(drained.run.failure, KeyRefused)
    assert drained.service.calls.total() <= 8


def test_a_key_that_opens_no_token_is_refused() -> None:
    drained = play(drain(service(fault=lambda _: failure(401, "who are you?")), FEED_ONLY))
    assert isinstance(drained.run.failure, KeyRefused)
    assert drained.took < 30.0


def test_a_dead_key_costs_few_calls() -> None:
    asked = slow_service(pages=200)
    asked.key_dies_at = 60.0
    drained = play(drain(asked, THREE_LANES))
    assert isinstance(drained.run.failure, KeyExpired)
    assert drained.took < 60.0 + 60.0 + 10.0, "a window has to pass, and hardly more"


@pytest.mark.parametrize("status", [401, 403])
def test_one_answer_that_blames_the_key_is_not_the_end(status: int) -> None:
    def fault(visit: Visit) -> Answer | None:
        return failure(status, "busy") if visit.number in {5, 40} else None

    drained = play(drain(service(fault=fault), FREE))
    assert drained.whole
