"""Answers that are no pages: asked again, later each time, in smaller pieces, and named when nothing helps."""

from __future__ import annotations

from itertools import pairwise

import pytest

from datasync_crawler.domain.errors import NotComplete
from datasync_crawler.domain.profile import Pool
from datasync_crawler.flow.answers import Answer
from tests.flow.drain import Drain, drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import Fault, Meter, Service, Torn, Visit, failure
from tests.flow.worlds import BY_FEED, BY_HEADER, FEED, FREE, LIST, THREE_LANES, profile, service

TRUNCATED = Answer(200, {}, b'{"rows":[{"no":"00000001","at":17990')


@pytest.mark.parametrize(
    "answer",
    [
        failure(500),
        failure(503),
        failure(404),
        Answer(502, {}, b"<html>Bad Gateway</html>"),
        Answer(302, {"Location": "/login"}, b""),
        TRUNCATED,
        Answer(200, {}, b"null"),
        Answer(200, {}, b""),
        Answer(200, {}, b"[]"),
        Answer(200, {}, b'{"rows":[]}'),
        Answer(200, {}, b'{"rows":null,"more":true}'),
        Torn(),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:12]!r}" if isinstance(answer, Answer) else "torn",
)
def test_what_is_no_page_is_asked_for_again(answer: Answer | Exception) -> None:
    drained = play(drain(service(fault=lambda visit: answer if visit.number % 9 == 4 else None), FREE))
    assert drained.whole
    assert drained.run.lanes["header"].faults >= 6


def test_a_refused_cursor_costs_one_call() -> None:
    asked = service(fault=lambda visit: failure(400, "expired") if visit.number == 9 else None)
    drained = play(drain(asked, FREE, most_at_once=1))
    assert drained.whole
    assert len(drained.asks) <= 60 + 1 + 3


def heavy(limit: int) -> tuple[Service, list[Visit]]:
    """A service that fails on every page of more than ``limit`` rows with a certain one, and the calls it failed."""

    def fault(visit: Visit) -> Answer | None:
        page = asked.page(visit)
        if b'"00001200"' not in page.body or len(getattr(page, "ids", ())) <= limit:
            return None
        failed.append(visit)
        return failure(500)

    failed: list[Visit] = []
    asked = service(count=1_500, fault=fault)
    return asked, failed


def test_a_page_that_keeps_failing_is_asked_for_in_smaller_pieces() -> None:
    asked, failed = heavy(12)
    drained = play(drain(asked, FREE, most_at_once=1))
    assert drained.whole
    assert [int(visit.query["size"]) for visit in failed] == [50, 50, 50, 25]
    assert [visit.query["size"] for visit in asked.visits].count("12") == 1


def test_pauses_grow_with_every_failure_of_a_page() -> None:
    asked, failed = heavy(12)
    play(drain(asked, FREE, most_at_once=1))
    moments = [visit.at for visit in failed]
    pauses = [late - early for early, late in pairwise(moments)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 2.5 * pauses[0]


def outage(path: str, begin: float, end: float) -> Fault:
    return lambda visit: failure(503) if visit.path == path and begin <= visit.at < end else None


def test_an_outage_is_waited_out() -> None:
    drained = play(drain(service(fault=outage("/list", 1.0, 90.0)), FREE))
    assert drained.whole
    assert 90.0 < drained.took < 130.0


def test_an_outage_of_one_lane_does_not_cut_the_pages_of_another_short() -> None:
    world = profile(BY_HEADER, BY_FEED, endpoints=(LIST, FEED))
    asked = service(count=20_000, fault=outage("/feed", 2.0, 60.0))
    drained = play(drain(asked, world))
    sizes = [int(visit.query["size"]) for visit in drained.service.visits if visit.path == "/list"]
    assert drained.whole
    assert sum(size < 50 for size in sizes) <= 0.02 * len(sizes)


def test_an_outage_costs_few_calls() -> None:
    drained = play(drain(service(fault=outage("/list", 1.0, 90.0)), FREE))
    assert sum(count for (_, status), count in drained.service.statuses.items() if status == 503) < 60


def test_without_a_row_for_long_the_run_ends_and_says_what_blocks() -> None:
    drained = play(
        drain(service(fault=lambda visit: failure(503) if visit.at > 1.0 else None), FREE, give_up_after=300)
    )
    assert isinstance(drained.run.failure, NotComplete)
    assert "header: status 503" in str(drained.run.failure)
    assert 300.0 < drained.took < 340.0


def test_a_run_that_goes_on_slowly_is_not_given_up() -> None:
    drained = play(drain(service(count=500, fault=outage("/list", 1.0, 50.0)), FREE, give_up_after=80))
    assert drained.whole


def test_a_run_that_is_held_back_by_its_budget_is_not_given_up() -> None:
    told = profile(BY_HEADER, pools=(Pool("list header", 10, 60.0, announced=True),))
    drained = play(drain(service(meters={"/list header": Meter(10, 60.0)}), told, give_up_after=100))
    assert drained.whole
    assert drained.took > 300.0


@pytest.mark.parametrize(("failed_through", "limit"), [("feed", 50), ("header", 12)])
def test_a_page_is_asked_for_whole_by_a_lane_that_has_not_failed_at_it(failed_through: str, limit: int) -> None:
    async def scene() -> Drain:
        begun = Drain(service(count=500), FREE)
        begun.run.shards[1].attempt = 4
        begun.run.shards[1].failed_through.add(failed_through)
        return await begun.carry_out()

    assert play(scene()).asks[0].limit == limit


def test_a_page_above_its_position_is_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    def fault(visit: Visit) -> Answer | None:
        start = Visit(visit.path, visit.number, {"size": visit.query["size"]}, visit.headers, visit.at)
        return asked.page(start) if visit.number in {4, 5, 30} else None

    asked = service(fault=fault)
    drained = play(drain(asked, FREE))
    assert drained.whole
    assert caplog.text.count("the page starts above the position") == 3


def nameless(*, times: int) -> Service:
    """A service with one row whose id is missing the first so many times."""

    def fault(visit: Visit) -> Answer | None:
        page = asked.page(visit)
        if page.status != 200 or b'"00000777"' not in page.body or len(spoiled) == times:
            return None
        spoiled.append(visit)
        return Answer(200, {}, page.body.replace(b'"00000777"', b"null"))

    spoiled: list[Visit] = []
    asked = service(count=1_500, fault=fault)
    return asked


def test_a_row_without_an_id_is_asked_for_again() -> None:
    drained = play(drain(nameless(times=2), FREE))
    assert drained.whole
    assert drained.book.rejected == []


def test_a_row_that_never_has_an_id_is_kept_apart() -> None:
    drained = play(drain(nameless(times=1_000), FREE))
    assert drained.run.failure is None
    assert len(drained.book.rows) == 1_499
    assert {row.reason for row in drained.book.rejected} == {"no id"}


def test_faults_under_real_limits_are_no_refusals() -> None:
    drained: Drain = play(drain(service(fault=lambda visit: Torn() if visit.number % 20 == 3 else None), THREE_LANES))
    assert drained.whole
    assert all(lane.refused == 0 for lane in drained.run.lanes.values())
