from __future__ import annotations

import json
from typing import Any

import pytest

from datasync_crawler.domain.granting import Granted, read_grant
from datasync_crawler.domain.profile import TokenGrant

GRANT = TokenGrant(
    "POST",
    "http://h.test/access",
    (),
    token=("access", "token"),
    header="X-Token",
    endpoint=("access", "endpoint"),
    life=("access", "expiresIn"),
)


def granted(document: Any, grant: TokenGrant = GRANT) -> Granted | None:
    return read_grant(grant, json.dumps(document).encode())


def test_a_grant_is_read_where_its_paths_say() -> None:
    answer = {"access": {"token": "t", "expiresIn": 120, "endpoint": "/feed"}}
    assert granted(answer) == Granted("t", 120.0, "/feed")


def test_what_has_no_path_is_what_was_found_out_before() -> None:
    grant = TokenGrant("GET", "http://h.test/t", (), token=("t",), header="X-Token", life_seconds=90.0)
    assert granted({"t": "x"}, grant) == Granted("x", 90.0, None)


@pytest.mark.parametrize("life", [None, "120", 0, -5, True, 1_769_541_612_369, {}])
def test_a_life_that_makes_no_sense_is_the_usual_one(life: Any) -> None:
    assert granted({"access": {"token": "t", "expiresIn": life}}) == Granted("t", 300.0, None)


def test_an_address_that_is_no_text_is_none() -> None:
    answer = {"access": {"token": "t", "expiresIn": 1.5, "endpoint": {"path": "/feed"}}}
    assert granted(answer) == Granted("t", 1.5, None)


@pytest.mark.parametrize(
    "document",
    [None, [], 7, {}, {"access": None}, {"access": "t"}, {"access": {"token": ""}}, {"access": {"token": 5}}],
)
def test_an_answer_without_a_token_grants_nothing(document: Any) -> None:
    assert granted(document) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"access":{"token":"t"', b'{"access":{"token":"\xff"}}'])
def test_what_is_no_json_grants_nothing(body: bytes) -> None:
    assert read_grant(GRANT, body) is None
