from __future__ import annotations

import pytest

from datasync_crawler.domain.discovery.conclude import conclude
from datasync_crawler.domain.discovery.opening import Sightings, open_case
from datasync_crawler.domain.discovery.summary import summary
from datasync_crawler.domain.errors import KeyRefused, NotComplete, ServiceUnreachable
from datasync_crawler.domain.profile import Credential, Pool, Profile, Submission, read_profile
from tests.domain.discovery.answers import NEWEST_MS, NOW
from tests.domain.discovery.service import TOKEN, Service


def _profile(service: Service) -> Profile:
    return conclude(service.conversation()[0], "http://h", NOW)


def test_the_endpoints_are_as_the_answers_showed_them() -> None:
    events, live = _profile(Service()).endpoints
    assert (events.url, events.cap, events.limit_param, events.cursor_param) == (
        "http://h/api/events",
        500,
        "limit",
        "cursor",
    )
    assert events.descending
    assert events.cursor is not None
    assert live.grant is not None
    assert (live.grant.url, live.grant.header, live.grant.life_seconds) == (
        "http://h/internal/access",
        "X-Live-Token",
        300,
    )


def test_what_took_a_cursor_of_our_own_takes_cursors_though_its_page_was_the_last() -> None:
    profile = _profile(Service(rows=520, linked=True))
    assert [(it.cursor_param, it.positionable) for it in profile.endpoints] == [("cursor", True), ("cursor", True)]


def test_a_full_page_tells_the_density_and_a_short_one_tells_none() -> None:
    """Rows of the service lie a second apart."""
    assert _profile(Service()).density == pytest.approx(1e-6, rel=0.01)
    assert _profile(Service(cap=20, live_cap=500)).density == 0.0


def test_lanes_and_pools_are_told_apart() -> None:
    profile = _profile(Service())
    assert [(lane.name, lane.pool) for lane in profile.lanes] == [
        ("events-header", "events-header"),
        ("events-query", "events-query"),
        ("live-header", "live-header"),
    ]
    assert profile.lanes[1].credential == Credential("query", "access_key")
    assert profile.pools == (
        Pool("events-header", 10, 60.0, announced=True),
        Pool("events-query", 5, 60.0, announced=True),
        Pool("live-header"),
    )


def test_the_limit_on_calls_for_tokens_is_a_pool_s_where_it_is_announced() -> None:
    known = _profile(Service(tokens=2))
    live = known.endpoints[1]
    assert live.grant is not None
    assert known.pools[3:] == (Pool(live.grant.pool, 2, 20.0, announced=True),)
    assert any(f.subject == f"pool {live.grant.pool}" and "calls for tokens" in f.value for f in known.findings)


def test_credentials_that_are_counted_together_share_a_pool() -> None:
    profile = _profile(Service(shared=True))
    assert profile.lanes[1].pool == "events-header"
    assert len(profile.pools) == 2


def test_totals_are_ranked_the_collections_own_first() -> None:
    profile = _profile(Service())
    assert profile.totals == (("events", 4000), ("stats counts.events", 4000))
    assert profile.newest == NEWEST_MS * 1000


def test_cursors_that_cannot_be_made_are_not_promised() -> None:
    events, live = _profile(Service(signed=True)).endpoints
    assert events.cursor is None
    assert not events.positionable
    assert live.positionable


def test_filters_are_promised_as_they_showed_to_work() -> None:
    _, live = _profile(Service(signed=True)).endpoints
    assert (live.since_param, live.since_inclusive) == ("since", True)
    assert (live.until_param, live.until_inclusive) == ("until", False)


def test_filters_that_are_ignored_are_not_promised() -> None:
    _, live = _profile(Service(signed=True, ranged=False)).endpoints
    assert (live.since_param, live.until_param) == (None, None)


def test_a_cap_that_is_enforced_by_a_refusal_is_found() -> None:
    assert [endpoint.cap for endpoint in _profile(Service(over_cap="refuse")).endpoints] == [500, 500]


def test_an_unnamed_submission_falls_back_to_the_usual_with_a_warning() -> None:
    profile = _profile(Service())
    assert profile.submission == Submission(
        "http://h/api/submissions", "github_repo", Credential("header", "X-Access-Key")
    )
    assert any("submissions" in warning for warning in profile.warnings)


def test_every_finding_is_evidenced() -> None:
    for finding in _profile(Service()).findings:
        assert finding.evidence, finding.subject
        assert 0 < finding.confidence < 1.01


def test_neither_profile_nor_summary_holds_the_token() -> None:
    profile = _profile(Service())
    assert TOKEN.encode() not in profile.to_json()
    assert TOKEN not in summary(profile)
    assert read_profile(profile.to_json()) == profile


def test_the_summary_tells_what_matters() -> None:
    text = summary(_profile(Service()))
    for words in ("500 rows a page", "newest first", "10 calls in 60 s", "access_key", "4000"):
        assert words in text
    assert "since (inclusive)" in summary(_profile(Service(signed=True)))


def test_a_refused_key_is_told_as_such() -> None:
    with pytest.raises(KeyRefused):
        _profile(Service(refuses=True))


def test_silence_is_told_as_such() -> None:
    with pytest.raises(ServiceUnreachable):
        _profile(Service(silent=True))


def test_nothing_to_ask_is_told_as_such() -> None:
    with pytest.raises(NotComplete):
        conclude(open_case(Sightings("http://h/api", "http://h/")), "http://h", NOW)
