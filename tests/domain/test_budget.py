from __future__ import annotations

import math

import pytest

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.ratelimit import RateWord


def spend(budget: Budget, now: float, calls: int) -> None:
    for _ in range(calls):
        budget.leave(now)


def test_a_full_pool_opens_when_its_oldest_call_leaves_the_window() -> None:
    budget = Budget(Limit(3, 60.0), margin=0.5)
    for now in (0.0, 1.0, 2.0):
        assert budget.free_at(now) <= now
        budget.leave(now)
    assert budget.free_at(3.0) == 60.5
    assert budget.left(3.0) == 0
    assert budget.left(61.0) == 2


def test_the_reserve_is_left_unused_but_one_call_always_goes() -> None:
    budget = Budget(Limit(3, 60.0), reserve=2)
    budget.leave(0.0)
    assert budget.free_at(1.0) > 60
    greedy = Budget(Limit(3, 60.0), reserve=9)
    assert (greedy.left(0.0), greedy.free_at(0.0)) == (1, -math.inf)


def test_a_call_that_was_sent_late_counts_from_then_and_makes_the_next_careful() -> None:
    budget = Budget(Limit(1, 60.0), margin=0.0)
    budget.leave(0.0)
    budget.sent(0.0, 5.0)
    assert budget.free_at(6.0) == 75.0
    budget.leave(75.0)
    budget.sent(75.0, 75.0)
    assert 135.0 < budget.free_at(80.0) < 145.0


def test_a_call_that_is_not_in_the_account_changes_nothing_when_sent() -> None:
    budget = Budget(Limit(1, 60.0), margin=0.0)
    budget.leave(1.0)
    budget.sent(0.5, 0.5)
    assert budget.free_at(2.0) == 61.0


def unanswered_after(answers: int) -> int:
    """How many calls a pool of unknown size lets leave at a time after so many answers."""
    budget = Budget(echo=0.2)
    for _ in range(answers):
        budget.leave(1.0)
        budget.heard(RateWord(), 1.0)
    left = 0
    while budget.free_at(2.0) <= 2.0 and left < 100:
        budget.leave(2.0)
        left += 1
    return left


def test_answers_without_a_refusal_double_what_may_be_unanswered_of_a_pool_of_unknown_size() -> None:
    assert [unanswered_after(answers) for answers in (0, 255, 256, 512, 768, 1024)] == [1, 1, 2, 4, 8, 16]


def test_a_pool_of_unknown_size_waits_for_the_answer_or_the_echo() -> None:
    budget = Budget(echo=0.2)
    assert budget.left(0.0) is None
    budget.leave(0.0)
    assert budget.free_at(0.1) == 0.2
    budget.heard(RateWord(), 0.1)
    assert budget.free_at(0.1) <= 0.1
    budget.leave(0.1)
    budget.failed()
    assert budget.free_at(0.1) <= 0.1


@pytest.mark.parametrize("outcome", ["heard", "failed"])
def test_one_outcome_does_not_speak_for_two_calls(outcome: str) -> None:
    budget = Budget(echo=0.2)
    spend(budget, 0.0, 2)
    budget.heard(RateWord(), 0.1) if outcome == "heard" else budget.failed()
    assert budget.free_at(0.1) == 0.2


def test_restored_calls_count_and_a_stamp_in_the_future_counts_as_now() -> None:
    budget = Budget(Limit(2, 60.0), margin=0.0)
    budget.restore([-10.0, 500.0], now=0.0)
    assert budget.free_at(0.0) == 50.0
    budget.leave(50.0)
    assert budget.free_at(50.0) == 60.0


def test_an_announced_limit_goes_down_at_once_and_up_at_the_next_window() -> None:
    budget = Budget(Limit(10, 60.0))
    budget.heard(RateWord(limit=4), 0.0)
    assert budget.limit == Limit(4, 60.0)
    budget.heard(RateWord(limit=20), 1.0)
    budget.free_at(60.0)
    assert budget.limit == Limit(4, 60.0)
    budget.free_at(61.0)
    assert budget.limit == Limit(20, 60.0)


def test_what_was_told_last_is_what_the_limit_goes_up_to() -> None:
    budget = Budget(Limit(4, 60.0))
    budget.heard(RateWord(limit=20), 0.0)
    budget.heard(RateWord(limit=7), 1.0)
    budget.free_at(60.0)
    assert budget.limit == Limit(7, 60.0)
    budget.heard(RateWord(limit=20), 61.0)
    budget.heard(RateWord(limit=7), 62.0)
    budget.free_at(500.0)
    assert budget.limit == Limit(7, 60.0)


def test_a_longer_window_is_believed_at_once_and_a_shorter_one_later() -> None:
    budget = Budget(Limit(10, 60.0))
    budget.heard(RateWord(limit=10, window=300.0), 0.0)
    assert budget.limit == Limit(10, 300.0)
    budget.heard(RateWord(limit=10, window=30.0), 0.0)
    assert budget.limit == Limit(10, 300.0)
    budget.free_at(300.0)
    assert budget.limit == Limit(10, 30.0)


@pytest.mark.parametrize(
    ("word", "limit"),
    [
        (RateWord(limit=10), None),
        (RateWord(limit=10, remaining=9, reset=300.0), Limit(10, 300.0)),  # first call of a window: all of it
        (RateWord(limit=10, remaining=4, reset=12.0), Limit(10, 60.0)),  # others came before: it is longer
        (RateWord(limit=10, remaining=4, reset=120.0), Limit(10, 120.0)),
        (RateWord(limit=10, window=6.0), Limit(10, 6.0)),
        (RateWord(remaining=4, reset=12.0), None),
    ],
)
def test_a_window_is_unknown_until_it_is_told(word: RateWord, limit: Limit | None) -> None:
    budget = Budget()
    budget.leave(0.0)
    budget.heard(word, 0.1)
    assert budget.limit == limit


def test_a_reset_beyond_the_window_tells_that_it_is_longer() -> None:
    budget = Budget(Limit(10, 25.0))
    budget.heard(RateWord(limit=10, remaining=9, reset=60.0), 0.0)
    assert budget.limit == Limit(10, 60.0)


def test_calls_of_others_fill_the_account() -> None:
    budget = Budget(Limit(10, 60.0))
    budget.leave(0.0)
    budget.heard(RateWord(limit=10, remaining=2, reset=60), 1.0, 0.0)
    assert budget.left(1.0) == 2
    assert budget.left(62.0) == 10


def test_own_calls_that_grow_old_under_way_are_not_taken_for_others() -> None:
    budget = Budget(Limit(10, 60.0))
    spend(budget, 0.0, 7)
    budget.leave(58.0)
    # The service counted eight; when the answer comes the seven have left the window.
    budget.heard(RateWord(limit=10, remaining=2), 61.0, 58.0)
    assert budget.left(61.0) == 9


@pytest.mark.parametrize(("wait", "opens"), [(5.0, 61.0), (100.0, 101.0), (None, 61.0)])
def test_a_refusal_that_the_account_does_not_explain_closes_for_a_window_and_halves_the_limit(
    wait: float | None, opens: float
) -> None:
    budget = Budget(Limit(10, 60.0), margin=0.0)
    budget.leave(1.0)
    assert budget.refuse(wait, 1.0, 1.0) == Limit(5, 60.0)
    assert budget.free_at(1.0) == opens
    assert budget.refused == 1


def test_a_later_refusal_never_opens_a_pool_earlier() -> None:
    budget = Budget(Limit(2, 60.0), margin=0.0)
    spend(budget, 0.0, 4)
    budget.refuse(90.0, 0.0, 0.0)
    budget.refuse(1.0, 0.5, 0.0)
    assert budget.free_at(1.0) == 90.0


def test_a_refused_call_counts_too() -> None:
    budget = Budget(Limit(2, 60.0), margin=0.0)
    for now in (0.0, 30.0):
        budget.leave(now)
    budget.leave(40.0)
    budget.refuse(20.0, 40.0, 40.0)
    assert budget.free_at(40.0) == 90.0


def test_a_long_drain_does_not_grow_the_account() -> None:
    budget = Budget(Limit(10, 60.0))
    now = 0.0
    for _ in range(2000):
        now = max(now, budget.free_at(now))
        budget.leave(now)
    assert len(budget._log) <= 4 * 10 + 65
