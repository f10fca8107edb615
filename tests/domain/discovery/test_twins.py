"""Further lists of the same records: found where they hold the same rows, or as many called the same."""

from __future__ import annotations

import json
from typing import Any

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.conclude import conclude
from datasync_crawler.domain.discovery.evidence import query_answer
from datasync_crawler.domain.discovery.exchange import Question
from datasync_crawler.domain.discovery.handout import twin_route
from datasync_crawler.domain.profile import Endpoint
from tests.domain.discovery.answers import NOW, answer_to, event, events, page, probe
from tests.domain.discovery.seen import HOME, KEY, case, main_answer, route

LIVE = route("/live", "limit", "cursor")
ALL = 100_000


def glancing(rows: list[dict[str, Any]], total: int = ALL) -> Case:
    """What is known when a look at another list showed these rows out of so many."""
    asked = probe(Question.GLANCE, "live", url=f"{HOME}/live?limit=1", credential=KEY)
    return case(LIVE, answers=(answer_to(asked, page(rows, total=total)),))


def test_a_list_whose_rows_are_known_is_a_twin() -> None:
    assert twin_route(glancing(events(0, 1), total=7)) is not None


def test_a_list_that_begins_at_the_other_end_is_a_twin_where_it_holds_as_many() -> None:
    assert twin_route(glancing(events(ALL - 1, 1))) is not None
    assert twin_route(glancing(events(ALL - 1, 1), total=ALL + 500)) is not None


def test_a_twin_becomes_a_lane_only_when_a_row_of_both_was_seen() -> None:
    known = glancing(events(ALL - 1, 1))
    for last, lanes in ((events(ALL - 3, 3), 1), (events(38, 3), 2)):
        asked = probe(Question.POSITION, "live", url=f"{HOME}/live?limit=500", credential=KEY)
        assert len(conclude(known.learned((answer_to(asked, page(last)),)), "http://h", NOW).lanes) == lanes


def test_a_list_of_fewer_or_of_other_records_is_none() -> None:
    assert twin_route(glancing(events(ALL - 1, 1), total=ALL // 2)) is None
    others = [{"id": event(n)["id"], "timestamp": event(n)["timestamp"]} for n in range(ALL - 3, ALL)]
    assert twin_route(glancing(others)) is None


def further(last: dict[str, Any]) -> Endpoint:
    """The twin, of which nothing but its last page was seen."""
    asked = probe(Question.POSITION, "live", url=f"{HOME}/live?limit=500&cursor=c", credential=KEY, high=1)
    known = glancing(events(0, 1))
    known = known.learned((answer_to(asked, last),))
    return conclude(known, "http://h", NOW).endpoints[-1]


def test_a_last_page_has_its_cursor_where_the_collection_has_it() -> None:
    found = further(page(events(ALL - 3, 3), more=False))
    assert found.name == "live"
    assert (found.shape.next_cursor, found.cursor_param) == (("pagination", "nextCursor"), "cursor")


def test_a_last_page_without_that_place_has_none() -> None:
    found = further(json.loads(json.dumps({"data": events(ALL - 3, 3)})))
    assert (found.shape.next_cursor, found.cursor_param) == (None, None)


def test_a_key_taken_in_the_query_of_another_list_says_nothing_of_this_one() -> None:
    asked = probe(Question.QUERY, "live", url=f"{HOME}/live?limit=1&key={{key}}")
    known = case(LIVE, main=main_answer(), answers=(answer_to(asked, page(events(0, 1))),))
    assert query_answer(known) is None
