from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from datasync_crawler.domain.discovery.conclude import conclude
from datasync_crawler.domain.discovery.exchange import Question
from datasync_crawler.domain.discovery.keeping import beginnings, begun_by
from datasync_crawler.domain.discovery.plan import next_round
from tests.domain.discovery.answers import NEWEST_MS
from tests.domain.discovery.service import Service

if TYPE_CHECKING:
    from datasync_crawler.domain.discovery.keeping import Beginnings

EDGE = (NEWEST_MS - 499_000) * 1000 + 1000


def begun_from(service: Service, *, whole: bool = False) -> Beginnings | None:
    case, _ = service.conversation()
    if case.main is None:
        return beginnings(case, (), whole=whole)
    return begun_by(case, conclude(case, "http://h", 0.0), whole=whole)


def begun_early(service: Service) -> Beginnings | None:
    """What is kept once the first round's answers are there."""
    case = service.case()
    case = case.learned(tuple(service.answer(probe, 0) for probe in next_round(case)))
    return begun_by(case, conclude(case, "http://h", 0.0), settled=False)


@pytest.mark.parametrize("upwards", [False, True])
def test_the_first_page_is_kept_before_anything_else_is_known(upwards: bool) -> None:
    service = Service(upwards=upwards)
    early, settled = begun_early(service), begun_from(service)
    assert early is not None
    assert settled is not None
    assert len(early.pages) == 1
    assert settled.go_on_from(early)


def test_what_turns_out_to_be_one_chain_is_begun_anew() -> None:
    service = Service(signed=True)
    early, settled = begun_early(service), begun_from(service)
    assert early is not None
    assert early.bounds == ((EDGE, None), (None, EDGE))
    assert settled is None or not settled.go_on_from(early)


def test_the_newest_page_proves_its_range_and_the_next_goes_on_below() -> None:
    begun = begun_from(Service())
    assert begun is not None
    assert begun.bounds == ((EDGE, None), (None, EDGE))
    newest, following = begun.pages
    assert (newest.shard, newest.checkpoint.proof) == (0, "probe")
    assert (following.shard, following.checkpoint.proof) == (1, None)
    assert following.page.ids[0] == newest.page.ids[-1]
    assert following.checkpoint.position == following.page.oldest


def test_upwards_the_oldest_page_proves_its_range_and_the_next_goes_on_above() -> None:
    begun = begun_from(Service(upwards=True))
    assert begun is not None
    edge = -(NEWEST_MS - 3_500_000) * 1000
    assert begun.bounds == ((edge, None), (None, edge))
    oldest, following = begun.pages
    assert (oldest.checkpoint.proof, oldest.checkpoint.position) == ("probe", edge - 1)
    assert following.page.ids[0] == oldest.page.ids[-1]
    assert following.page.times[-1] == (NEWEST_MS - 3_001_000) * 1000


def test_a_page_that_does_not_go_on_from_the_newest_is_not_placed() -> None:
    begun = begun_from(Service(signed=True))
    assert begun is not None
    assert len(begun.pages) == 1


def test_whole_events_are_kept_when_asked_for() -> None:
    begun = begun_from(Service(), whole=True)
    assert begun is not None
    assert begun.pages[0].page.types == ["click"] * 500


@pytest.mark.parametrize("untold", [False, True])
@pytest.mark.parametrize("later", [0.0, 10.0])
def test_the_newest_page_is_left_when_only_a_later_count_tells_of_the_whole(untold: bool, later: float) -> None:
    case, _ = Service(untold=untold).conversation()
    answers = [replace(it, at=it.at + later * (it.probe.question is Question.FIGURES)) for it in case.answers]
    begun = beginnings(replace(case, answers=tuple(answers)), conclude(case, "http://h", 0.0).endpoints)
    assert (begun is None) is (untold and later > 0)


class Forgetful(Service):
    """Leaves the id out of one row of every page."""

    def _page(self, query: dict[str, str], *, ranged: bool, cap: int) -> tuple[int, Any]:
        status, document = super()._page(query, ranged=ranged, cap=cap)
        for row in document["data"][3:4]:
            del row["id"]
        return status, document


def test_a_page_with_rows_that_cannot_be_stored_is_asked_for_again() -> None:
    case, _ = Forgetful().conversation()
    assert case.main is not None
    assert case.main.shown.page.rejected
    assert begun_from(Forgetful()) is None


def test_nothing_is_kept_of_a_case_without_a_page() -> None:
    assert begun_from(Service(refuses=True)) is None
