from __future__ import annotations

import pytest

from datasync_crawler.domain.discovery.granting import may_grant, read_grant
from datasync_crawler.domain.discovery.routes import Lead, Route
from datasync_crawler.domain.profile import Evidence
from tests.domain.discovery.answers import NOW

HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
BASE = "http://h:8080/api"


def test_all_parts_of_a_nested_grant_are_found() -> None:
    document = {
        "streamAccess": {"endpoint": "/api/x/feed", "token": HEX, "expiresIn": 300, "tokenHeader": "X-Stream-Token"},
        "meta": {"generatedAt": "2026-02-19T20:38:33.323Z", "note": "Token is required in X-Stream-Token header"},
    }
    grant = read_grant(document, BASE, NOW)
    assert grant is not None
    assert (grant.token_path, grant.token) == (("streamAccess", "token"), HEX)
    assert (grant.header_path, grant.header) == (("streamAccess", "tokenHeader"), "X-Stream-Token")
    assert (grant.endpoint_path, grant.endpoint) == (("streamAccess", "endpoint"), "http://h:8080/api/x/feed")
    assert (grant.life_path, grant.life) == (("streamAccess", "expiresIn"), 300)


def test_other_names_are_found_as_well() -> None:
    document = {"ticket": {"value": "Zk3vQ9xW1mB7tR5yU2pL8sD4", "send_as": "X-Replay-Ticket", "valid_for": 60}}
    grant = read_grant(document | {"replay": "/v3/replay/77"}, BASE, NOW)
    assert grant is not None
    assert (grant.token, grant.header, grant.life) == ("Zk3vQ9xW1mB7tR5yU2pL8sD4", "X-Replay-Ticket", 60)
    assert grant.endpoint == "http://h:8080/v3/replay/77"


def test_a_moment_of_expiry_is_as_good_as_a_life() -> None:
    grant = read_grant({"access_token": HEX, "expires_at": int(NOW) + 600}, BASE, NOW)
    assert grant is not None
    assert grant.life == 600
    assert grant.life_path is None


def test_a_uuid_under_a_tokens_name_is_a_token() -> None:
    grant = read_grant({"token": "0b0c7d1e-1111-4222-8333-444455556666"}, BASE, NOW)
    assert grant is not None


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"counts": {"users": 3}, "at": "2026-02-19T20:38:33.323Z"},
        {"requestId": "0b0c7d1e-1111-4222-8333-444455556666"},
        {"note": "Token is required in the header"},
    ],
)
def test_an_answer_without_a_token_grants_nothing(document: object) -> None:
    assert read_grant(document, BASE, NOW) is None


def test_an_endpoint_of_another_origin_is_not_believed() -> None:
    grant = read_grant({"token": HEX, "endpoint": "http://elsewhere/feed"}, BASE, NOW)
    assert grant is not None
    assert grant.endpoint is None


def _route(method: str, path: str, body: tuple[str, ...] = (), source: str = "bundle") -> Route:
    evidence = Evidence(source, "here")  # type: ignore[arg-type]
    return Route(method, f"http://h{path}", (Lead(method, f"http://h{path}", (), evidence, (), body),))


@pytest.mark.parametrize(
    ("route", "allowed"),
    [
        pytest.param(_route("POST", "/internal/stream-access"), True, id="a-post-that-takes-nothing"),
        pytest.param(_route("GET", "/tickets"), False, id="a-name-that-says-nothing-of-access"),
        pytest.param(_route("POST", "/token", ("ids",)), False, id="takes-a-body"),
        pytest.param(_route("POST", "/submissions/token"), False, id="spends-a-submission"),
        pytest.param(_route("DELETE", "/token"), False, id="deletes"),
        pytest.param(_route("POST", "/{x}/token"), False, id="not-fully-known"),
        pytest.param(_route("POST", "/token", source="document"), False, id="known-from-documents-alone"),
    ],
)
def test_only_calls_that_cost_nothing_are_made_for_a_token(route: Route, allowed: bool) -> None:
    assert may_grant(route) is allowed
