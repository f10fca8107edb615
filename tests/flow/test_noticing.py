"""What answers tell beside their rows: addresses that move, addresses that are new, refusals in other words."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.profile import LEAD
from datasync_crawler.flow.answers import Answer
from tests.flow.drain import Drain, drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import Fault, Torn, Visit, Way, failure
from tests.flow.worlds import FREE, service

ELSEWHERE = "/v2/list"


def redirect(to: str, status: int = 308) -> Answer:
    return Answer(status, {"Location": to}, b"")


def drained_with(fault: Fault) -> Drain:
    return play(drain(service(fault=fault, others={ELSEWHERE: Way(latency=0.3)}), FREE))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("to", [ELSEWHERE, f"http://service.test{ELSEWHERE}?k=secret&size=50"])
def test_a_list_that_moves_is_followed_and_found_there_by_later_runs(to: str, status: int) -> None:
    def gone(visit: Visit) -> Answer | None:
        return redirect(to, status) if visit.path == "/list" and visit.number >= 5 else None

    drained = drained_with(gone)
    assert drained.whole
    assert drained.service.calls["/list"] <= 5 + 8
    (endpoint,) = drained.run.profile.endpoints
    assert endpoint.url == "http://service.test/v2/list"
    assert drained.run.profile_changed
    (finding,) = [each for each in drained.run.profile.findings if each.subject == "moved"]
    assert "secret" not in repr(finding)


@pytest.mark.parametrize(
    "mishap", [failure(503), Torn(), Answer(200, {}, b'{"rows":[{"no":')], ids=["5xx", "torn", "cut"]
)
def test_a_new_address_that_stumbles_at_first_is_stayed_at(mishap: Answer | Exception) -> None:
    def gone(visit: Visit) -> Answer | Exception | None:
        if visit.path == ELSEWHERE:
            return mishap if visit.number <= 2 else None
        return redirect(ELSEWHERE) if visit.number >= 5 else None

    drained = drained_with(gone)
    assert drained.whole
    assert drained.run.profile.endpoints[0].url == "http://service.test/v2/list"


def test_a_new_address_that_only_fails_is_left() -> None:
    def gone(visit: Visit) -> Answer | None:
        if visit.path == ELSEWHERE:
            return failure(503)
        return redirect(ELSEWHERE) if visit.number == 5 else None

    drained = drained_with(gone)
    assert drained.whole
    assert drained.run.profile.endpoints[0].url == "http://service.test/list"


def test_whoever_is_sent_where_no_page_is_comes_back_and_goes_there_no_more() -> None:
    drained = drained_with(lambda visit: redirect("/login", 302) if visit.number % 9 == 4 else None)
    assert drained.whole
    assert drained.service.calls["/login"] <= 8
    assert drained.run.profile.endpoints[0].url == "http://service.test/list"
    assert not drained.run.profile_changed


def test_addresses_that_lead_in_a_circle_are_left() -> None:
    others = {"/list": ELSEWHERE, ELSEWHERE: "/list"}
    drained = drained_with(lambda visit: redirect(others[visit.path]) if 4 < visit.number < 20 else None)
    assert drained.whole


def test_the_key_is_never_sent_elsewhere() -> None:
    drained = drained_with(lambda visit: redirect("http://other.test/list") if 4 <= visit.number < 9 else None)
    assert drained.whole
    assert all(ask.url.startswith("http://service.test/") for ask in drained.asks)


def told_in(headers: dict[str, str]) -> list[str]:
    """The leads of a drain one of whose pages has further headers."""
    served = service()
    asked = service(fault=lambda visit: Answer(200, headers, served.page(visit).body) if visit.number == 7 else None)
    drained = play(drain(asked, FREE))
    return [each.value for each in drained.run.profile.findings if each.subject == LEAD]


def test_an_address_that_turns_up_in_a_header_is_a_lead_for_the_next_discovery() -> None:
    assert told_in({"X-Bulk-Export": "/api/export?k=secret"}) == ["http://service.test/api/export"]
    assert told_in({"Link": '</api/all.ndjson>; rel="alternate"; type="application/x-ndjson"'}) == [
        "http://service.test/api/all.ndjson"
    ]


def test_addresses_of_others_and_of_pages_are_no_leads() -> None:
    assert told_in({"Link": '<http://service.test/list/next>; rel="next", <http://other.test/a/b>; rel="help"'}) == []
    assert told_in({"ETag": 'W/"a4/DQckDrtJ/nv1"', "X-Body-Digest": "/DQckDrtJ/nv1rZU", "X-Note": "see /a/b"}) == []
    assert told_in({"Server": "nginx/1.2", "Date": "Thu, 19 Feb 2026 20:39:21 GMT", "Location": "/a/b"}) == []


@pytest.mark.parametrize(
    "answer",
    [failure(403, "API rate limit exceeded"), failure(503, "too many requests"), Answer(200, {}, b"Rate limit hit")],
)
def test_a_refusal_in_other_words_is_one(answer: Answer) -> None:
    drained = play(drain(service(fault=lambda visit: answer if visit.number == 20 else None), FREE))
    assert drained.whole
    assert drained.run.lanes["header"].refused == 1
    assert drained.run.lanes["header"].faults == 0


@pytest.mark.parametrize("told", ["http://[bad", "https://[docs]/x/y"])
def test_an_address_that_is_none_leads_nowhere(told: str) -> None:
    drained = drained_with(lambda visit: redirect(told) if visit.number == 4 else None)
    assert drained.whole
    assert drained.run.lanes["header"].faults == 1
    assert told_in({"X-Docs": told, "Link": f"<{told}/a/b>; rel=alternate"}) == []


@pytest.mark.parametrize("body", [b'{"rows":[{"no":"1","kind":"quota_exceeded"', b'{"rows":null,"plan":"quota"}'])
def test_a_page_that_broke_off_is_no_refusal_whatever_its_rows_speak_of(body: bytes) -> None:
    drained = play(drain(service(fault=lambda visit: Answer(200, {}, body) if visit.number == 20 else None), FREE))
    assert drained.whole
    assert drained.run.lanes["header"].refused == 0


def test_partial_content_is_a_page() -> None:
    page = service().page
    drained = play(drain(service(fault=lambda visit: Answer(206, {}, page(visit).body)), FREE))
    assert drained.whole
    assert drained.run.lanes["header"].faults == 0
