from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from datasync_crawler.domain.errors import ConfigurationError
from datasync_crawler.domain.receipts import Listing
from datasync_crawler.domain.submission import (
    IdSet,
    accepted,
    counted,
    listing_json,
    open_questions,
    read_kept_listing,
    repository,
)

REPO = "https://example.org/someone/work"


@dataclass(frozen=True)
class Sent:
    count: int = 20
    digest: str = "abc"
    key: str = "k1"
    repo: str = REPO


@dataclass(frozen=True)
class Record:
    outcome: str
    intent: Sent = field(default_factory=Sent)


def body(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [
        (Listing(5, ()), Listing(4, ({"eventCount": 20, "url": REPO + "/"},)), True),
        (Listing(5, None), Listing(4, None), True),
        (Listing(5, None), Listing(5, None), False),
        (Listing(4, ({"at": 1},)), Listing(3, ({"at": 2},)), True),  # a list that shows the last one only
        (Listing(None, ()), Listing(None, ({"at": "now"},)), True),
        (Listing(None, ({"eventCount": 20},)), Listing(None, ({"eventCount": 20},)), False),
        (Listing(None, ({"eventCount": 20},)), Listing(None, ({"eventCount": 20}, {"eventCount": 20})), True),
        (Listing(5, ()), Listing(4, ({"eventCount": 7},)), None),  # something counted, but not what was sent
        (Listing(5, None), Listing(None, ()), None),  # nothing to compare
        (None, Listing(None, ({"eventCount": 20, "repo": REPO},)), True),
        (None, Listing(None, ({"eventCount": 20, "repo": "https://example.org/other"},)), False),
        (None, Listing(None, ()), False),
        (None, Listing(4, None), None),
        (None, Listing(4, ({"at": "now"},)), None),
    ],
)
def test_whether_it_counted_is_seen_in_what_changed(
    before: Listing | None, after: Listing, answer: bool | None
) -> None:
    assert counted(before, after, Sent()) is answer


def test_what_others_handed_in_meanwhile_is_not_taken_for_ours() -> None:
    before, after = Listing(5, ()), Listing(4, ({"eventCount": 7},))
    assert counted(before, after, Sent(), others=1) is False
    twin = Listing(4, ({"eventCount": 20},))
    assert counted(before, twin, Sent(), others=1, twins=1) is False
    assert counted(None, twin, Sent(), others=1, twins=1) is False


def test_a_set_is_known_again_by_count_and_digest_whatever_the_key() -> None:
    past = [Record("refused"), Record("accepted", Sent(digest="other")), Record("accepted", Sent(key="k2"))]
    assert accepted(past, IdSet(20, "abc")) is past[2]
    assert accepted(past, IdSet(21, "abc")) is None


def test_pending_and_unknown_submissions_are_open_questions() -> None:
    assert open_questions([Record("accepted"), Record("pending"), Record("refused"), Record("unknown")]) == [1, 3]


def test_a_listing_is_kept_as_it_was() -> None:
    listing = Listing(4, ({"eventCount": 20, "nested": {"a": [1]}},))
    assert read_kept_listing(listing_json(listing)) == listing
    assert read_kept_listing(listing_json(None)) is None
    assert read_kept_listing(None) is None


@pytest.mark.parametrize("address", [REPO, "http://example.org/a/b.git"])
def test_a_repository_is_an_http_address(address: str) -> None:
    assert repository(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "someone/work",
        "git@example.org:a/b",
        "ftp://example.org/a",
        "https://",
        "https://[x",
        "https://a b/c",
    ],
)
def test_anything_else_is_no_repository(address: str | None) -> None:
    with pytest.raises(ConfigurationError):
        repository(address)


def test_a_password_in_a_repository_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        repository("https://me:hunter2@example.org/a")
    assert "hunter2" not in str(caught.value)
