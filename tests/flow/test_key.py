"""What becomes of a run whose key is not taken any more, or never was."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.errors import KeyExpired, KeyRefused
from datasync_crawler.domain.profile import Profile
from datasync_crawler.flow.answers import Answer
from tests.flow.drain import drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import Visit, failure
from tests.flow.streams import ALONE, Stream, StreamDrain, with_export
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


def read(stream: Stream, found: Profile) -> StreamDrain:
    async def carry_out() -> StreamDrain:
        done = StreamDrain(stream, found)
        await done.carry_out()
        return done

    return play(carry_out())


def test_a_key_that_opens_no_stream_is_refused_where_nothing_else_is() -> None:
    done = read(Stream(service(), status=(401,)), ALONE)
    assert isinstance(done.run.failure, KeyRefused)
    assert done.stream.readings == 4


def test_a_key_that_dies_while_a_stream_is_read_has_expired() -> None:
    done = read(Stream(service(), status=(200, 401), breaks=lambda _: 1_200), ALONE)
    assert isinstance(done.run.failure, KeyExpired)
    assert len(done.book.rows) == 1_200


def test_a_fault_among_refusals_of_a_stream_hides_no_refused_key() -> None:
    done = read(Stream(service(), status=(500, 401)), ALONE)
    assert isinstance(done.run.failure, KeyRefused)
    assert done.stream.readings == 5


def test_a_key_that_pages_refuse_is_good_while_a_stream_flows() -> None:
    asked = service(fault=lambda _: failure(401, "not here"))
    done = read(Stream(asked, rate=100.0), with_export(total=3_000))
    assert done.whole
    assert done.service.calls.total() >= 4, "the pages are refused as often as would end a run without the stream"


def test_pages_do_not_wait_for_a_stream_that_the_key_does_not_open() -> None:
    done = read(Stream(service(count=300), status=(401,)), with_export(total=300))
    assert done.whole
    assert done.stream.readings < 4


def test_a_key_that_neither_pages_nor_a_stream_take_is_refused() -> None:
    asked = service(fault=lambda _: failure(403, "nor here"))
    assert isinstance(read(Stream(asked, status=(403,)), with_export(total=3_000)).run.failure, KeyRefused)


def test_a_stream_that_other_faults_ended_keeps_no_run_alive_whose_key_is_refused() -> None:
    asked = service(fault=lambda _: failure(401, "who are you?"))
    assert isinstance(read(Stream(asked, status=(500,)), with_export(total=3_000)).run.failure, KeyRefused)


@pytest.mark.parametrize("status", [401, 403])
def test_one_answer_that_blames_the_key_is_not_the_end(status: int) -> None:
    def fault(visit: Visit) -> Answer | None:
        return failure(status, "busy") if visit.number in {5, 40} else None

    drained = play(drain(service(fault=fault), FREE))
    assert drained.whole
