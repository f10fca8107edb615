from __future__ import annotations

import json

import pytest

from datasync_crawler.simulator.census import Census, Verdict
from datasync_crawler.simulator.routes import Call
from datasync_crawler.simulator.submissions import Submission
from tests.simulator.asking import KEY, NOON, Client, data

REPOSITORY = "https://git.example/a/b"


def ids(events: int = 1_000) -> list[str]:
    table, _ = data(events)
    return [table.event_id(row) for row in range(events)]


def census(text: str, step: int = 1_000_000) -> Census:
    found, raw = Census(), text.encode()
    for at in range(0, len(raw), step):
        found.add(raw[at : at + step])
    found.close()
    return found


def submit(client: Client, text: str, at: float = 0.0, repository: str = REPOSITORY) -> object:
    call = Call("POST", "/api/v1/submissions", {}, {"x-api-key": KEY}, NOON + at)
    admitted = client.service.answer(call)
    if admitted.status != 100:
        return admitted.status
    answer = client.service.submit(call, Submission(census(text), repository, "text"))
    return json.loads(answer.body)


@pytest.mark.parametrize("step", [1, 7, 36, 37, 38, 100_000])
def test_a_complete_list_is_exact_in_whatever_pieces_it_comes(step: int) -> None:
    verdict = census("\n".join(ids()), step).compare(data(1_000)[0])
    assert (verdict, verdict.exact) == (Verdict(1_000, 0, 0, 0), True)


def test_order_line_ends_and_blank_lines_do_not_matter() -> None:
    text = "\r\n\r\n".join(sorted(ids())) + "\r\n"
    assert census(text).compare(data(1_000)[0]).exact


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (ids()[1:], Verdict(999, 1, 0, 0)),
        ([*ids(), ids()[3]], Verdict(1_001, 0, 0, 1)),
        ([*ids(), "nobody", "zz", "nobody"], Verdict(1_003, 0, 2, 1)),
        ([ids()[0].upper(), *ids()[1:]], Verdict(1_000, 1, 1, 0)),
        ([f"{ids()[0]} ", *ids()[1:]], Verdict(1_000, 0, 0, 0)),
    ],
    ids=["missing", "double", "unknown", "other-case", "trailing-space"],
)
def test_every_difference_is_told(lines: list[str], verdict: Verdict) -> None:
    assert census("\n".join(lines)).compare(data(1_000)[0]) == verdict


def test_an_accepted_submission_says_what_was_received_and_how_long_it_took() -> None:
    client = Client()
    client.ask("/api/v1/events", at=0)
    said = submit(client, "\n".join(ids()), at=1_235)
    assert said["data"] | {"submissionId": "", "submittedAt": ""} == {
        "submissionId": "",
        "eventCount": 1_000,
        "githubRepoUrl": REPOSITORY,
        "submittedAt": "",
        "timeToSubmit": {"ms": 1_235_000, "seconds": 1_235, "minutes": 20.6, "formatted": "20m 35s"},
        "submissionNumber": 1,
        "remainingSubmissions": 4,
    }
    assert said["success"] is True
    assert said["message"] == "Submission #1 received with 1,000 event IDs. 4 submissions remaining."


def test_a_key_has_five_submissions_and_lists_them() -> None:
    client = Client()
    outcomes = [submit(client, "a") for _ in range(6)]
    assert [said["data"]["remainingSubmissions"] for said in outcomes[:5]] == [4, 3, 2, 1, 0]
    assert outcomes[5] == 429
    listed = client.ask("/api/v1/submissions").json["data"]
    assert ([entry["submissionNumber"] for entry in listed["submissions"]], listed["remainingSubmissions"]) == (
        [1, 2, 3, 4, 5],
        0,
    )


@pytest.mark.parametrize(
    ("text", "repository", "code"), [("a", "", "MISSING_GITHUB_REPO"), ("\n", "x", "NO_EVENT_IDS")]
)
def test_a_wrong_submission_costs_nothing(text: str, repository: str, code: str) -> None:
    client = Client()
    assert submit(client, text, repository=repository)["code"] == code
    assert client.ask("/api/v1/submissions").json["data"]["remainingSubmissions"] == 5


def test_the_json_form_holds_ids_as_one_text() -> None:
    read = Submission.from_json(json.dumps({"ids": "a\nb", "githubRepoUrl": REPOSITORY}).encode())
    assert (read.census.count, read.repository, read.form) == (2, REPOSITORY, "json")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"ids":["a"]}'])
def test_another_json_is_no_submission(body: bytes) -> None:
    assert Submission.from_json(body) is None


def test_a_world_may_refuse_submissions_or_not_list_them() -> None:
    client = Client(submission_fault="refused", submissions_listed=False)
    assert submit(client, "a") == 500
    assert client.ask("/api/v1/submissions").status == 404
