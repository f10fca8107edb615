from __future__ import annotations

import json
from typing import Any

import pytest

from datasync_crawler.domain.errors import KeyExpired, KeyRefused, SubmissionRefused, SubmissionTooSoon
from datasync_crawler.domain.receipts import Verdict, explain, judge, read_listing, read_receipt, refusal

REPO = "https://example.org/someone/work"
README_ANSWER = {
    "success": True,
    "data": {
        "submissionId": "sub-77",
        "eventCount": 3_000_000,
        "githubRepoUrl": REPO,
        "submittedAt": "2026-01-27T19:20:12.000Z",
        "timeToSubmit": {"ms": 1234567, "seconds": 1235, "minutes": 20.6, "formatted": "20m 35s"},
        "submissionNumber": 1,
        "remainingSubmissions": 4,
    },
    "message": "Submission #1 received with 3,000,000 event IDs. 4 submissions remaining.",
}


def body(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("status", "answer", "verdict"),
    [
        (200, README_ANSWER, Verdict.ACCEPTED),
        (201, {"result": {"id": 9, "lines": 20}}, Verdict.ACCEPTED),  # an id is enough
        (200, {"status": "ok"}, Verdict.ACCEPTED),
        (202, {"total_ids": 20}, Verdict.ACCEPTED),  # our own count, told back
        (200, {"success": False, "message": "late"}, Verdict.REFUSED),
        (200, {"error": {"code": "NO"}}, Verdict.REFUSED),
        (200, {"success": True, "errors": []}, Verdict.ACCEPTED),
        (200, {"submissionId": 7, "count": 20, "errors": ["12 unknown ids"]}, Verdict.DOUBTFUL),
        (200, {"success": True, "submissionId": "s1", "counted": 8, "errors": 12}, Verdict.DOUBTFUL),
        (200, {"data": {"received": 20}, "checks": "failed"}, Verdict.DOUBTFUL),  # counted, and not liked
        (200, {"weather": "fine"}, Verdict.DOUBTFUL),
        (200, None, Verdict.DOUBTFUL),
        (200, [1, 2], Verdict.DOUBTFUL),
        (302, {}, Verdict.DOUBTFUL),  # may lead to the result of what was counted
        (303, {}, Verdict.DOUBTFUL),
        (307, {}, Verdict.REFUSED),
        (408, {}, Verdict.DOUBTFUL),
        (413, {}, Verdict.REFUSED),
        (429, {"success": True}, Verdict.REFUSED),
        (500, {"success": False}, Verdict.DOUBTFUL),
        (502, README_ANSWER, Verdict.DOUBTFUL),
        (503, {"message": "Rate limit exceeded. Try again in 2 seconds."}, Verdict.REFUSED),
        (503, {"message": "The upstream did not answer."}, Verdict.DOUBTFUL),
    ],
)
def test_an_answer_is_judged_by_status_and_words(status: int, answer: Any, verdict: Verdict) -> None:
    assert judge(status, body(answer), 20) is verdict


@pytest.mark.parametrize("text", [b"", b"<html>ok</html>", b"\xff\xfe", b'{"success": tr'])
def test_a_2xx_that_is_no_json_is_doubtful(text: bytes) -> None:
    assert judge(200, text, 20) is Verdict.DOUBTFUL


def test_a_receipt_tells_id_count_remaining_and_time() -> None:
    receipt = read_receipt(body(README_ANSWER), 3_000_000)
    assert (receipt.submission, receipt.count, receipt.remaining, receipt.elapsed) == (
        "sub-77",
        3_000_000,
        4,
        "20m 35s",
    )


def test_a_receipt_with_other_names_is_read_as_well() -> None:
    answer = {"id": 12, "ids_received": "19", "submissions_left": 2, "duration_seconds": 61}
    receipt = read_receipt(body(answer), 20)
    assert (receipt.submission, receipt.count, receipt.remaining, receipt.elapsed) == (
        "12",
        19,
        2,
        "duration_seconds 61",
    )


def test_a_flag_is_no_id() -> None:
    assert read_receipt(body({"id": True, "submissionId": False}), 20).submission is None


@pytest.mark.parametrize(
    ("answer", "remaining", "entries"),
    [
        ({"data": {"submissions": [], "remainingSubmissions": 5}}, 5, 0),
        ({"data": [], "remaining": 5}, 5, 0),
        ([{"id": 1}, {"id": 2}], None, 2),
        (
            {"items": [{"eventCount": 5, "remainingSubmissions": 3}, {"eventCount": 5, "remainingSubmissions": 4}]},
            3,
            2,
        ),
        ({"rateLimit": {"remaining": 9}, "submissions": {"made": 1, "left": "4"}}, 4, None),
        ({"rateLimit": {"remaining": 0}, "list": []}, None, 0),
        ({"keyTimeRemaining": 900, "warnings": ["a"], "list": [{"id": 1}]}, None, 1),
    ],
)
def test_a_listing_is_found_wherever_it_sits(answer: Any, remaining: int | None, entries: int | None) -> None:
    listing = read_listing(body(answer))
    assert listing is not None
    assert listing.remaining == remaining
    assert (None if listing.entries is None else len(listing.entries)) == entries


@pytest.mark.parametrize("text", [b"", b"null", b"<html>", b"7", b'{"a": "b"}', b'{"success": false, "remaining": 3}'])
def test_an_answer_that_tells_nothing_is_no_listing(text: bytes) -> None:
    assert read_listing(text) is None


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (401, {"error": "API key expired"}, KeyExpired),
        (403, {"message": "Your key has expired"}, KeyExpired),
        (401, {"error": "Invalid key"}, KeyRefused),
        (403, {"error": "Forbidden"}, KeyRefused),
        (403, {"error": "Submission limit reached for this key"}, SubmissionRefused),
        (400, {"error": "bad id in line 3"}, SubmissionRefused),
        (429, {"error": "slow down"}, SubmissionTooSoon),
        (429, {"error": "no submission left"}, SubmissionRefused),
        (302, {}, SubmissionRefused),
    ],
)
def test_a_refusal_is_of_the_key_only_when_it_says_so(status: int, answer: Any, kind: type[Exception]) -> None:
    assert type(refusal(status, body(answer))) is kind


def test_a_refusal_is_told_in_one_short_line_of_the_services_words() -> None:
    assert explain(400, body({"error": {"code": "X1", "message": "line 3:\n bad \x1b[31m id"}})).startswith(
        "status 400: line 3: bad"
    )
    assert explain(502, b"<html><h1>502 Bad Gateway</h1></html>") == "status 502: 502 Bad Gateway"
    assert "\x1b" not in explain(500, b"\x1b[2J")
    assert len(explain(500, b"x" * 10_000)) < 300


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b'{"remaining":"' + b"9" * 5_000 + b'"}'])
def test_what_is_absurd_is_read_as_nothing(text: bytes) -> None:
    assert judge(200, text, 20) is Verdict.DOUBTFUL
    assert read_listing(text) is None
    assert explain(500, text).startswith("status 500")
