"""Where no cursor can be made a time filter enters the set in the middle."""

from __future__ import annotations

from tests.flow.drain import drain
from tests.flow.fake_clock import play
from tests.flow.worlds import BY_HEADER, BY_TIME, profile, service

FILTERED = profile(BY_HEADER, endpoints=(BY_TIME,))


def test_the_whole_set_comes_through_a_time_filter() -> None:
    drained = play(drain(service(), FILTERED))
    assert drained.whole
    assert len(drained.book.shards) > 1


def test_the_total_of_what_a_filter_leaves_is_not_the_total_of_the_set() -> None:
    drained = play(drain(service(), FILTERED))
    assert drained.run.total == len(drained.service.rows)


def test_an_end_told_too_early_is_not_believed_through_a_filter_either() -> None:
    asked = service(fault=lambda visit: asked.page(visit, more=False) if visit.number in {9, 10} else None)
    assert play(drain(asked, FILTERED)).whole
