from __future__ import annotations

import json

import msgspec
import pytest

from datasync_crawler.domain.profile import (
    Credential,
    CursorShape,
    Endpoint,
    Evidence,
    Finding,
    Lane,
    Pool,
    Profile,
    RowShape,
    Submission,
    TokenGrant,
    read_profile,
)

CURSOR = CursorShape("urlsafe", False, ("t", "i"), "i", "t", time_unit=1, constants={"v": '"ü"'}, id_number=True)
GRANT = TokenGrant("POST", "http://h.test/access", (("Accept", "*/*"),), ("a", "token"), "X-Token", life=("a", "ttl"))
ROWS = RowShape(("data",), "id", "at", has_more=("more",))
FEED = Endpoint("feed", "http://h.test/feed", ROWS, 5000, until_param="until", until_inclusive=False, grant=GRANT)
LIST = Endpoint("list", "http://h.test/list", ROWS, 100, cursor_param="after", cursor=CURSOR)
PROFILE = Profile(
    origin="http://h.test",
    api_base="http://h.test/api",
    endpoints=(FEED, LIST),
    pools=(Pool("hidden"), Pool("told", 10, 60.0, announced=True)),
    lanes=(Lane("feed", "feed", Credential("header", "X-Key"), "hidden"),),
    submission=Submission("http://h.test/in", "repo", Credential("query", "key")),
    newest=1_769_541_612_369_000,
    totals=(("list", 3), ("stats", 4)),
    findings=(Finding("cap", "5000", 0.9, (Evidence("probe", "http://h.test/list?n=9999", "5000 rows"),)),),
    warnings=("no stats",),
)


def test_a_profile_survives_its_document() -> None:
    assert read_profile(PROFILE.to_json()) == PROFILE


def test_the_document_is_made_to_be_read_by_people_too() -> None:
    text = PROFILE.to_json().decode()
    assert json.loads(text)["endpoints"][0]["name"] == "feed"
    assert '\n  "origin": "http://h.test",\n' in text


def test_parts_are_found_by_name() -> None:
    assert PROFILE.endpoint("list") is LIST
    assert PROFILE.pool("told").limit == 10
    with pytest.raises(KeyError):
        PROFILE.endpoint("told")
    with pytest.raises(KeyError):
        PROFILE.pool("list")


@pytest.mark.parametrize(
    ("endpoint", "can"),
    [
        (FEED, True),
        (LIST, True),
        (msgspec.structs.replace(FEED, until_inclusive=None), False),
        (msgspec.structs.replace(LIST, cursor=None), False),
        (msgspec.structs.replace(LIST, descending=False), True),
        (msgspec.structs.replace(FEED, descending=False), False),
    ],
)
def test_a_position_can_be_asked_for_by_cursor_or_by_the_filter_that_moves_the_first_row(
    endpoint: Endpoint, can: bool
) -> None:
    assert endpoint.positionable is can


@pytest.mark.parametrize("text", [b"", b"{}", b"null", PROFILE.to_json()[:-9], b'{"origin": 5}'])
def test_what_is_no_profile_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_profile(text)


def test_a_document_from_before_a_field_was_known_is_still_read() -> None:
    document = json.loads(PROFILE.to_json())
    del document["endpoints"][1]["cursor"]["id_number"]
    del document["echo"]
    document["endpoints"][0]["unheard_of"] = 1
    profile = read_profile(json.dumps(document).encode())
    assert profile.endpoint("list").cursor == msgspec.structs.replace(CURSOR, id_number=False)
