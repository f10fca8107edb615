from __future__ import annotations

import json
from typing import Any

import pytest

from datasync_crawler.domain.discovery.wholes import (
    ask_whole,
    linked,
    may_be_whole,
    read_whole,
    whole_answer,
    whole_endpoint,
)
from tests.domain.discovery.answers import answer_to, events, page, probe
from tests.domain.discovery.seen import HOME, case, main_answer, route, whole

ROWS = events(0, 30)
OLDEST_FIRST = events(90_000, 30)[::-1]


def lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def table(rows: list[Any], *, named: bool = True) -> bytes:
    text = "id,kind,timestamp\r\n" if named else ""
    return (text + "".join(f"{row['id']},{row['kind']},{row['timestamp']}\r\n" for row in rows)).encode()


def stream(rows: list[Any]) -> bytes:
    return b"event: hi\ndata: {}\n\n" + b"".join(b"data: " + json.dumps(row).encode() + b"\n\n" for row in rows)


BODIES = {
    "ndjson": lines(ROWS),
    "csv": table(ROWS),
    "sse": stream(ROWS),
    "array": json.dumps({"count": 100_000, "data": ROWS}).encode(),
}


@pytest.mark.parametrize("form", BODIES)
@pytest.mark.parametrize("cut", [0, 17])
def test_a_form_is_told_from_how_the_body_begins(form: str, cut: int) -> None:
    found = read_whole(whole(BODIES[form][: len(BODIES[form]) - cut]), main_answer())
    assert found is not None
    assert (found.form, found.shape.id, found.shape.time, found.descending) == (form, "id", "timestamp", True)
    assert found.shape.rows == (("data",) if form == "array" else ())


def test_ids_alone_are_known_from_the_newest_page() -> None:
    body = "".join(f"{row['id']}\n" for row in ROWS).encode()
    found = read_whole(whole(body), main_answer())
    assert found is not None
    assert (found.form, found.shape.id, found.shape.time) == ("lines", "", None)


def test_ids_of_another_collection_are_not_taken() -> None:
    assert read_whole(whole(b"".join(b"%08d-other\n" % i for i in range(40))), main_answer()) is None


def test_columns_without_names_are_known_by_their_values() -> None:
    found = read_whole(whole(table(ROWS, named=False)), main_answer())
    assert found is not None
    assert (found.shape.id, found.shape.time) == ("0", "2")


def test_rows_from_old_to_new_are_taken_when_they_have_the_same_members() -> None:
    found = read_whole(whole(lines(OLDEST_FIRST)), main_answer())
    assert found is not None
    assert not found.descending


def test_a_stream_may_run_against_a_list_or_with_it() -> None:
    rising = answer_to(probe(), page(events(99_000, 30)[::-1]))
    along, against = (read_whole(whole(lines(rows)), rising) for rows in (events(99_000, 30)[::-1], ROWS))
    assert along is not None
    assert not along.descending
    assert against is not None
    assert against.descending
    assert read_whole(whole(lines(OLDEST_FIRST)), rising) is None


def test_other_rows_from_new_to_old_are_of_another_collection() -> None:
    assert read_whole(whole(lines(events(50_000, 30))), main_answer()) is None
    renamed = [{"no": row["id"], "since": row["timestamp"]} for row in OLDEST_FIRST]
    assert read_whole(whole(lines(renamed)), main_answer()) is None


@pytest.mark.parametrize("body", [b"", b"<!doctype html><html>", b'{"url":"http://h/files/7"}', b'{"error":"no"}\n'])
def test_what_holds_no_rows_is_no_way(body: bytes) -> None:
    assert read_whole(whole(body), main_answer()) is None


def test_a_refused_call_shows_nothing() -> None:
    assert read_whole(whole(BODIES["csv"], status=403), main_answer()) is None


@pytest.mark.parametrize("path", ["/export", "/reports/full", "/all-ids", "/events/stream", "/download.csv"])
def test_names_speak_of_everything_at_once(path: str) -> None:
    assert may_be_whole(route(path))


def test_what_is_accepted_speaks_of_it_too() -> None:
    assert may_be_whole(route("/rows", headers=(("accept", "application/x-ndjson"),)))
    assert not may_be_whole(route("/rows", headers=(("accept", "application/json"),)))


@pytest.mark.parametrize(
    "other", [route("/export", method="POST"), route("/export/{id}"), route("/export", "limit", "cursor")]
)
def test_what_takes_a_page_a_body_or_an_id_is_not_everything(other: Any) -> None:
    assert not may_be_whole(other)


def test_a_link_header_names_another_form_of_a_list() -> None:
    link = '</api/events?cursor=x>; rel="next"; type="text/csv", </api/full>; rel="alternate"; type="text/csv"'
    found = list(linked(main_answer(Link=link)))
    assert [each.url for each in found] == ["http://h/api/full"]
    assert found[0].headers == (("Accept", "text/csv"),)


@pytest.mark.parametrize(
    "link", ['<http://elsewhere/full>; rel="alternate"; type="text/csv"', '</help>; rel="help"; type="text/html"']
)
def test_links_that_lead_elsewhere_are_left(link: str) -> None:
    assert list(linked(main_answer(Link=link))) == []


def test_the_beginning_is_asked_for_once_with_what_callers_accept() -> None:
    known = case(route("/export", headers=(("Accept", "text/csv"),)))
    (sent,) = ask_whole(known, main_answer())
    assert sent.url == f"{HOME}/export"
    assert dict(sent.headers) == {"Accept": "text/csv", "Accept-Encoding": "identity"}
    assert list(ask_whole(case(answers=[whole(BODIES["csv"])]), main_answer())) == []


def test_another_address_is_tried_when_the_first_shows_nothing_but_no_third() -> None:
    routes = [route(path) for path in ("/export", "/dump", "/backup")]
    first = case(*routes, answers=[whole(b"{}")])
    assert [sent.url for sent in ask_whole(first, main_answer())] == [f"{HOME}/dump"]
    second = case(*routes, answers=[whole(b"{}"), whole(b"{}", path="/dump")])
    assert list(ask_whole(second, main_answer())) == []


def test_the_endpoint_holds_all_that_is_needed_to_read_it() -> None:
    known = case(answers=[whole(BODIES["csv"])])
    found = whole_answer(known)
    assert found is not None
    endpoint = whole_endpoint(found, main_answer())
    assert endpoint.streamed
    assert (endpoint.format, endpoint.url, endpoint.headers) == ("csv", f"{HOME}/export", (("Accept", "text/csv"),))
    assert endpoint.shape.time_unit == 1_000
