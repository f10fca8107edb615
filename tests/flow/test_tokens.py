"""One token for all lanes of an endpoint, renewed before it dies, and once when it is refused."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.errors import KeyRefused
from datasync_crawler.domain.profile import Credential, Lane
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.tokens import TokenState
from tests.flow.drain import drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import Service, Torn, Visit, Way, failure
from tests.flow.worlds import BASE, BY_FEED, BY_HEADER, FEED, FEED_ONLY, LIST, profile, service

BY_FEED_QUERY = Lane("feed query", "feed", Credential("query", "k"), "feed query")


def short_lived(life: float, *, count: int = 6_000) -> Service:
    asked = service(count=count)
    asked.token_life = life
    asked.ways["/feed"] = Way(latency=1.0, token=True, rate=100.0)
    return asked


def test_one_token_is_enough_for_all_lanes() -> None:
    drained = play(drain(service(), profile(BY_FEED, BY_FEED_QUERY, endpoints=(FEED,))))
    assert drained.whole
    assert drained.service.calls["/token"] == 1
    assert len(drained.asked_through("feed query")) > 5


def test_a_token_is_renewed_before_it_dies() -> None:
    drained = play(drain(short_lived(20.0), FEED_ONLY))
    assert drained.whole
    assert drained.service.statuses["/feed", 403] == 0
    asked = [visit.at for visit in drained.service.visits if visit.path == "/token"]
    assert len(asked) > 3
    assert all(15.0 < late - early < 17.5 for early, late in pairwise(asked))


def test_a_late_word_against_an_old_token_leaves_the_new_one_alone() -> None:
    token = TokenState()
    token.granted(300.0, now=0.0)
    token.granted(300.0, now=240.0)
    token.refused(1)
    assert token.usable(250.0)
    token.refused(2)
    assert not token.usable(250.0)


def test_no_page_is_asked_for_without_a_token() -> None:
    drained = play(drain(service(count=500), FEED_ONLY))
    assert drained.service.visits[0].path == "/token"


class Revoking:
    """Takes back every token that was given, at the feed's calls of these numbers."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers
        self.service: Service | None = None

    def __call__(self, visit: Visit) -> None:
        if visit.path == "/feed" and visit.number in self.numbers and self.service is not None:
            self.service.tokens.clear()


@pytest.mark.parametrize("most_in_flight", [1, 12])
def test_a_token_taken_back_is_renewed_once_however_many_calls_it_failed(most_in_flight: int) -> None:
    revoking = Revoking(60, 90)
    asked = service(count=9_000, fault=revoking)
    asked.token_life = 100_000.0
    asked.ways["/feed"] = Way(latency=3.0, token=True)
    revoking.service = asked
    drained = play(drain(asked, FEED_ONLY, most_in_flight=most_in_flight))
    assert drained.whole
    assert drained.service.calls["/token"] == 3
    assert drained.service.statuses["/feed", 403] >= 2


def test_a_token_that_does_not_come_is_asked_for_again_later_each_time() -> None:
    def fault(visit: Visit) -> Answer | Exception | None:
        return None if visit.path != "/token" or visit.number > 4 else Torn() if visit.number == 1 else failure(502)

    drained = play(drain(service(count=500, fault=fault), FEED_ONLY))
    asked = [visit.at for visit in drained.service.visits if visit.path == "/token"]
    pauses = [late - early for early, late in pairwise(asked)]
    assert drained.whole
    assert pauses == sorted(pauses)
    assert pauses[-1] > 3.0


def test_an_answer_without_a_token_is_no_token() -> None:
    def fault(visit: Visit) -> Answer | None:
        return Answer(200, {}, b"null") if visit.path == "/token" and visit.number == 1 else None

    drained = play(drain(service(count=500, fault=fault), FEED_ONLY))
    assert drained.whole
    assert drained.service.calls["/token"] == 2


def test_pages_are_asked_for_where_the_token_says() -> None:
    elsewhere = replace(FEED, url=f"{BASE}/moved")
    drained = play(drain(service(count=500), profile(BY_FEED, endpoints=(elsewhere,))))
    assert drained.whole
    assert drained.service.calls["/moved"] == 0


def test_other_lanes_work_while_no_token_comes() -> None:
    def fault(visit: Visit) -> Answer | None:
        return failure(502) if visit.path == "/token" else None

    drained = play(drain(service(fault=fault), profile(BY_HEADER, BY_FEED, endpoints=(LIST, FEED))))
    assert drained.whole
    assert drained.service.calls["/feed"] == 0


def test_a_lane_whose_tokens_are_never_taken_leaves_the_work_to_others() -> None:
    def fault(visit: Visit) -> Answer | None:
        return failure(403, "no") if visit.path == "/feed" else None

    drained = play(drain(service(count=6_000, fault=fault), profile(BY_HEADER, BY_FEED, endpoints=(LIST, FEED))))
    assert drained.whole
    assert drained.service.calls["/feed"] < 12


def test_a_run_whose_only_lane_is_barred_ends() -> None:
    def fault(visit: Visit) -> Answer | None:
        return failure(403, "no") if visit.path == "/feed" else None

    drained = play(drain(service(fault=fault), FEED_ONLY))
    assert isinstance(drained.run.failure, KeyRefused)
    assert drained.service.calls["/feed"] < 15
