from __future__ import annotations

import pytest

from datasync_crawler.simulator.limits import FixedWindow, SlidingLog, TokenBucket, make_limiter


def test_a_sliding_log_allows_its_limit_and_no_more() -> None:
    log = SlidingLog(10, 60)
    assert [log.arrive(0.1 * n).allowed for n in range(11)] == [True] * 10 + [False]


def test_a_sliding_log_tells_what_is_left_and_when_the_oldest_call_leaves() -> None:
    log = SlidingLog(10, 60)
    assert (log.arrive(0).remaining, log.arrive(4).remaining) == (9, 8)
    assert log.arrive(6).reset == 54


def test_a_refused_call_counts_too() -> None:
    log = SlidingLog(2, 60)
    log.arrive(0)
    log.arrive(30)
    assert not log.arrive(59).allowed
    assert not log.arrive(61).allowed
    assert not log.arrive(100).allowed


def test_a_refused_call_does_not_count_where_only_accepted_ones_do() -> None:
    log = SlidingLog(2, 60, refused_count=False)
    log.arrive(0)
    log.arrive(30)
    assert not log.arrive(59).allowed
    assert log.arrive(61).allowed


def test_a_call_leaves_the_log_exactly_one_window_after_it_came() -> None:
    log = SlidingLog(1, 60, refused_count=False)
    log.arrive(0)
    assert [log.arrive(at).allowed for at in (59.999, 60)] == [False, True]


def test_asking_without_calling_leaves_no_trace() -> None:
    log = SlidingLog(2, 60)
    log.arrive(0)
    assert [log.look(1).remaining for _ in range(3)] == [1, 1, 1]


def test_a_fixed_window_forgets_everything_when_it_closes() -> None:
    window = FixedWindow(2, 60)
    assert [window.arrive(at).allowed for at in (0, 1, 2, 59, 60, 61, 62)] == [
        True,
        True,
        False,
        False,
        True,
        True,
        False,
    ]


def test_a_bucket_refills_evenly_and_a_refusal_takes_nothing() -> None:
    bucket = TokenBucket(6, 60)
    assert [bucket.arrive(100).allowed for _ in range(7)] == [True] * 6 + [False]
    assert not bucket.arrive(109).allowed
    assert bucket.arrive(110).allowed
    assert bucket.look(115).reset == pytest.approx(5)


def test_there_is_no_other_limiter() -> None:
    with pytest.raises(ValueError, match="leaky"):
        make_limiter("leaky", 1, 1, refused_count=True)
