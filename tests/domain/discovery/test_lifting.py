from __future__ import annotations

from dataclasses import replace

import pytest

from datasync_crawler.domain.discovery.conclude import conclude
from datasync_crawler.domain.discovery.exchange import Answer, Question
from datasync_crawler.domain.discovery.lifting import ask_lift, ask_sparse, lifting_headers, sparse_params
from datasync_crawler.domain.discovery.mentions import told_headers
from datasync_crawler.domain.discovery.plan import next_round
from tests.domain.discovery.answers import NOW, answer_to, events, page, probe
from tests.domain.discovery.seen import HOME, KEY, LIST, case, main_answer, route

LIFT = (("X-Mode", "bulk"),)
BULK = route("/events", "limit", headers=(*LIFT, ("Accept", "*/*"), ("X-Key", "{key}")))
SEEN = replace(LIST, leads=LIST.leads + BULK.leads)


def rate(limit: int, left: int) -> dict[str, str]:
    return {"RateLimit_Limit": str(limit), "RateLimit_Remaining": str(left), "RateLimit_Reset": "60"}


def lifted(count: int, **headers: str) -> Answer:
    asked = probe(Question.LIFT, url=f"{HOME}/events?limit=10000", credential=KEY, headers=LIFT, pool="events-lifted")
    return answer_to(replace(asked, asked=10_000), page(events(0, count)), **headers)


def test_headers_with_a_fixed_value_may_lift_something() -> None:
    assert lifting_headers(case(), SEEN) == LIFT


def test_headers_that_texts_tell_to_send_may_too() -> None:
    assert lifting_headers(case(spoken_headers=(("X-Tier", "gold"), ("X-Key", "abc"))), LIST) == (("X-Tier", "gold"),)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Send `X-Mode: bulk` for bulk reading.", (("X-Mode", "bulk"),)),
        ("Clients that set the header `X-Tier: gold plus` get more.", (("X-Tier", "gold plus"),)),
        ("Answers carry `X-Cache: HIT`.", ()),
        ("Send your key in the `X-API-Key` header.", ()),
    ],
)
def test_only_what_is_to_be_sent_is_heard(text: str, found: tuple[tuple[str, str], ...]) -> None:
    assert told_headers(text) == found


def test_a_lift_is_tried_once_and_beside_other_probes() -> None:
    before = replace(case(), routes=(SEEN,))
    (sent,) = ask_lift(before, main_answer())
    assert (sent.headers, sent.asked) == (LIFT, 10_000)
    assert sent in next_round(before)
    assert list(ask_lift(case(answers=[lifted(40)]), main_answer())) == []


def test_nothing_is_tried_where_nothing_is_named() -> None:
    assert list(ask_lift(case(), main_answer())) == []


def test_a_larger_page_makes_the_header_part_of_the_endpoint() -> None:
    found = conclude(replace(case(answers=[lifted(400)]), routes=(SEEN,)), "http://h", NOW)
    assert (found.endpoints[0].cap, found.endpoints[0].headers) == (400, LIFT)


def test_a_header_that_changes_nothing_is_left() -> None:
    found = conclude(replace(case(answers=[lifted(40)]), routes=(SEEN,)), "http://h", NOW)
    assert (found.endpoints[0].cap, found.endpoints[0].headers) == (40, ())


def test_a_larger_limit_is_a_pool_of_its_own() -> None:
    main = main_answer(**rate(10, 9))
    found = conclude(replace(case(main=main, answers=[lifted(40, **rate(40, 39))]), routes=(SEEN,)), "http://h", NOW)
    pool = found.pool(found.lanes[0].pool)
    assert (pool.limit, pool.counted, found.endpoints[0].headers) == (40, (), LIFT)


def test_calls_without_the_header_count_where_the_cap_alone_is_lifted() -> None:
    main = main_answer(**rate(10, 9))
    found = conclude(replace(case(main=main, answers=[lifted(400, **rate(10, 8))]), routes=(SEEN,)), "http://h", NOW)
    pool = found.pool(found.lanes[0].pool)
    assert (pool.limit, pool.counted) == (10, ("events-header",))


FIELDED = route("/events", "limit", "cursor", "fields")


def sparse(names: tuple[str, ...]) -> Answer:
    rows = [{name: row[name] for name in names} for row in events(0, 10)]
    asked = probe(Question.SPARSE, url=f"{HOME}/events?limit=10&fields=id,timestamp", credential=KEY)
    return answer_to(asked, page(rows))


def rich() -> Answer:
    rows = [row | {"payload": "x" * 200} for row in events(0, 40)]
    return answer_to(probe(url=f"{HOME}/events?limit=10000", credential=KEY, asked=10_000), page(rows))


def test_few_fields_are_asked_for_where_code_can() -> None:
    (sent,) = ask_sparse(replace(case(), routes=(FIELDED,)), main_answer())
    assert "fields=id%2Ctimestamp" in sent.url
    assert list(ask_sparse(case(), main_answer())) == []


def test_smaller_rows_are_asked_for_from_then_on() -> None:
    seen = replace(case(main=rich(), answers=[sparse(("id", "timestamp"))]), routes=(FIELDED,))
    assert sparse_params(seen, rich()) == (("fields", "id,timestamp"),)
    assert conclude(seen, "http://h", NOW).endpoints[0].sparse_params == (("fields", "id,timestamp"),)


def test_rows_that_do_not_shrink_are_left_as_they_are() -> None:
    main = main_answer()
    seen = replace(case(main=main, answers=[sparse(("id", "kind", "timestamp"))]), routes=(FIELDED,))
    assert sparse_params(seen, main) == ()


def test_a_profile_says_which_ways_are_taken_and_why() -> None:
    found = conclude(replace(case(answers=[lifted(400)]), routes=(SEEN,)), "http://h", NOW)
    facts = {finding.subject: finding.value for finding in found.findings}
    assert facts["way events-lifted"].startswith("one chain from the newest row, ")
    assert facts["events header"] == "X-Mode: bulk"
