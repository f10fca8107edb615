from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import ClassVar

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question
from datasync_crawler.domain.discovery.keyways import KeyWay
from datasync_crawler.domain.discovery.plan import MOST_CALLS, MOST_IN_VAIN, MOST_ROUNDS, next_round, pause_before
from datasync_crawler.domain.profile import Credential, Evidence
from tests.domain.discovery.answers import NEWEST_MS, NOW, answer_to, probe
from tests.domain.discovery.service import Service

WORLDS = (
    Service(),
    Service(signed=True),
    Service(over_cap="refuse"),
    Service(query_name=None),
    Service(fails_first=True),
    Service(refuses=True),
    Service(silent=True),
    Service(rows=3),
    Service(ranged=False, signed=True, query_name=None, over_cap="refuse"),
)


def test_no_conversation_takes_more_rounds_or_calls_than_allowed() -> None:
    for world in WORLDS:
        case, rounds = world.conversation()
        assert len(rounds) <= MOST_ROUNDS
        in_vain = sum(answer.refused for answer in case.answers)
        assert len(case.answers) <= MOST_CALLS + min(MOST_IN_VAIN, in_vain)


def test_a_plain_service_is_found_out_in_two_rounds_of_seven_calls() -> None:
    case, rounds = Service().conversation()
    assert len(rounds) == 2
    assert Counter(answer.probe.question for answer in case.answers) == {
        Question.ROWS: 1,
        Question.GLANCE: 1,
        Question.FIGURES: 1,
        Question.GRANT: 1,
        Question.QUERY: 1,
        Question.POSITION: 1,
        Question.SHARE: 1,
    }
    assert next_round(case) == ()


def test_whether_pools_are_shared_is_asked_a_moment_after_the_call_that_would_tell() -> None:
    _, rounds = Service().conversation()
    delays = {probe.question: probe.delay for probe in rounds[1]}
    assert delays[Question.SHARE] > delays[Question.POSITION] == 0


def test_filters_by_time_are_tried_where_no_cursor_can_be_made() -> None:
    assert not Service().conversation()[0].asked(Question.RANGE)
    assert Service(signed=True).conversation()[0].asked(Question.RANGE, "live")


def test_where_a_page_is_too_small_to_ask_between_its_rows_another_list_s_are_taken() -> None:
    case, _ = Service(signed=True, live_cap=2).conversation()
    bounds = case.asked(Question.RANGE, "live")
    assert bounds
    assert NEWEST_MS * 1000 - 500 * 1_000_000 < bounds[0].probe.low < bounds[0].probe.high < NEWEST_MS * 1000


def test_a_pool_of_unknown_size_never_gets_two_calls_at_once() -> None:
    for world in WORLDS:
        _, rounds = world.conversation()
        first = Counter(probe.pool for probe in rounds[0])
        assert set(first.values()) == {1}
        unannounced = [probe.pool for probes in rounds for probe in probes if probe.pool.startswith("live")]
        per_round = [Counter(probe.pool for probe in probes) for probes in rounds]
        assert all(count[pool] <= 1 for count in per_round for pool in unannounced)


def test_no_probe_holds_the_key_or_the_token() -> None:
    case, rounds = Service().conversation()
    feed = next(probe for probes in rounds for probe in probes if probe.endpoint == "live")
    assert feed.headers[-1] == ("X-Live-Token", "{token:live}")
    grant = next(probe for probe in rounds[0] if probe.question is Question.GRANT)
    assert ("X-Access-Key", "{key}") in grant.headers
    assert case.granted is not None
    assert case.granted[1].token not in repr(rounds)


class QueryOnly(Service):
    """Takes the key in the query and nowhere else."""

    def answer(self, probe: Probe, round_number: int) -> Answer:
        if probe.credential is None or probe.credential.place == "header":
            return answer_to(probe, {"error": "Unauthorized"}, status=401)
        return super().answer(probe, round_number)


def test_a_key_that_no_header_takes_is_tried_in_the_query_with_one_call() -> None:
    case, rounds = QueryOnly(query_name="access_key").conversation()
    assert [probe.question for probe in rounds[1]] == [Question.ROWS]
    assert case.way is not None
    assert case.way.credential == Credential("query", "access_key")
    assert {Question.GLANCE, Question.FIGURES} <= {probe.question for probe in rounds[2]}
    assert case.main is not None


class Reserved(QueryOnly):
    """The same, and several headers are tried before."""

    def case(self) -> Case:
        headers = (Credential("header", name) for name in ("X-Key", "Api-Key", "X-Token"))
        tried = tuple(KeyWay(header, Evidence("default", "usual names")) for header in headers)
        return replace(super().case(), ways=tried)


def test_ways_for_the_key_that_were_refused_are_no_tries_at_the_list() -> None:
    case, _ = Reserved(query_name="access_key", over_cap="refuse").conversation()
    assert case.main is not None
    assert case.main.probe.endpoint == "events"


class Hollow(QueryOnly):
    """Has nothing at one of the addresses that the code names, whoever asks."""

    def answer(self, probe: Probe, round_number: int) -> Answer:
        if "/api/users" in probe.url:
            return answer_to(probe, {"error": "not here"}, status=404)
        return super().answer(probe, round_number)


def test_an_address_that_is_not_there_says_nothing_of_the_key() -> None:
    case, rounds = Hollow(query_name="access_key").conversation()
    assert [probe.question for probe in rounds[1]] == [Question.ROWS]
    assert case.main is not None


class Stumbling(Service):
    """Is out of order at the first call for every question."""

    met: ClassVar[set[Question]] = set()

    def answer(self, probe: Probe, round_number: int) -> Answer:
        if round_number and probe.question not in self.met:
            self.met.add(probe.question)
            return answer_to(probe, {"error": "upstream"}, status=502)
        return super().answer(probe, round_number)


def test_a_question_that_failed_once_is_asked_again() -> None:
    Stumbling.met.clear()
    case, _ = Stumbling().conversation()
    for question in (Question.QUERY, Question.POSITION):
        failed, *further = case.asked(question)
        assert failed.failed
        assert any(answer.listing for answer in further)


def test_a_key_that_travels_in_the_query_alone_does_so_everywhere() -> None:
    case = replace(Service().case(), ways=(KeyWay(Credential("query", "access_key"), Evidence("capture", "c")),))
    opened = next_round(case)
    grant = next(probe for probe in opened if probe.question is Question.GRANT)
    assert grant.url.endswith("/internal/access?access_key={key}")
    assert all(probe.credential == Credential("query", "access_key") for probe in opened if probe is not grant)


def test_a_refused_size_is_asked_again_as_the_refusal_tells() -> None:
    case, _ = Service(over_cap="refuse").conversation()
    asked = [answer.probe.asked for answer in case.asked(Question.ROWS)]
    assert asked == [10_000, 500]


def test_a_failed_first_page_is_asked_again() -> None:
    case, _ = Service(fails_first=True).conversation()
    assert [answer.status for answer in case.asked(Question.ROWS)] == [502, 200]


def test_a_refused_query_name_leads_to_the_next_and_then_to_no_more() -> None:
    case, _ = Service(query_name=None).conversation()
    names = [answer.probe.credential.name for answer in case.asked(Question.QUERY) if answer.probe.credential]
    assert len(names) == len(set(names)) == 2


def test_a_disliked_cursor_is_not_made_again() -> None:
    case, rounds = Service(signed=True).conversation()
    later = [probe for probes in rounds[2:] for probe in probes]
    assert all(probe.high is None or probe.low is not None for probe in later)
    assert any(answer.listing for answer in case.asked(Question.POSITION, "live"))


def test_a_collection_that_holds_more_is_taken_instead() -> None:
    case, _ = Service(users=90_000).conversation()
    assert [answer.probe.endpoint for answer in case.asked(Question.ROWS)] == ["events", "users"]


def test_a_collection_that_holds_hardly_more_is_the_same_a_moment_later() -> None:
    case, _ = Service(users=4_020).conversation()
    assert [answer.probe.endpoint for answer in case.asked(Question.ROWS)] == ["events"]


def test_filters_are_tried_in_seconds_only_when_they_were_not_liked_in_milliseconds() -> None:
    case, _ = Service(signed=True).conversation()
    asked = case.asked(Question.RANGE, "live")[0]
    before = tuple(answer for answer in case.answers if answer not in case.asked(Question.RANGE, "live"))
    for status, unit in ((502, 1000), (400, 1_000_000)):
        failed = answer_to(asked.probe, {}, status=status)
        (again,) = (p for p in next_round(replace(case, answers=(*before, failed))) if p.endpoint == "live")
        assert again.unit == unit


def test_a_pool_known_to_be_empty_is_waited_for() -> None:
    empty = answer_to(probe(), {}, X_RateLimit_Limit="3", X_RateLimit_Remaining="0", X_RateLimit_Reset="20")
    case = Service().case().learned((empty,))
    assert pause_before(case, [probe()], NOW + 5) == 16
    assert pause_before(case, [probe(endpoint="other")], NOW + 5) == 0


def test_a_refusal_is_waited_for_as_it_tells() -> None:
    refused = answer_to(probe(), {"rateLimit": {"retryAfter": 9}}, status=429)
    assert pause_before(Service().case().learned((refused,)), [probe()], NOW) == 10
