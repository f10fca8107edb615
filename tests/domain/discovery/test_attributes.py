"""Records that hold little but their id: their time and type stand in objects of theirs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec

from datasync_crawler.domain.discovery.wholes import read_whole
from datasync_crawler.domain.profile import RowShape, read_profile
from datasync_crawler.domain.reading import PageReader
from tests.domain.discovery.answers import answer_to, events, listing_of, page, probe
from tests.domain.test_profile import PROFILE

DEEP = RowShape(("data",), "id", "timestamp", "kind", time_under=("attributes",), type_under=("attributes",))


def record(event: dict[str, Any]) -> dict[str, Any]:
    """An event as JSON:API has it."""
    attributes = {name: value for name, value in event.items() if name != "id"} | {"tags": ["a"], "kind": "click"}
    return {"type": "event", "id": event["id"], "attributes": attributes, "links": {"self": "/x"}}


def records(count: int = 30) -> list[dict[str, Any]]:
    found = [record(event) for event in events(0, count)]
    found[1]["attributes"]["kind"] = "scroll"
    return found


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return page(events(0, len(rows))) | {"data": rows}


def test_time_and_type_are_found_in_the_attributes_of_records() -> None:
    listing = listing_of(told(records()))
    shape = listing.shape
    assert (shape.id, shape.time, shape.time_under) == ("id", "timestamp", ("attributes",))
    assert (shape.type, shape.type_under) == ("kind", ("attributes",))
    assert listing.descending is True
    assert listing.numeric


def test_a_cursor_is_held_against_the_time_in_the_attributes() -> None:
    cursor = listing_of(told(records())).cursor
    assert cursor is not None
    assert (cursor.id, cursor.time) == ("id", "ts")


def test_a_time_may_stand_two_objects_deep() -> None:
    rows = [{"id": row["id"], "event": {"meta": {"at": row["timestamp"]}, "name": "x"}} for row in events(0, 20)]
    rows = [row | {"rank": 1} for row in rows]
    assert listing_of({"rows": rows}).shape.time_under == ("event", "meta")


def test_a_time_of_the_record_itself_is_preferred() -> None:
    rows = [row | {"session": {"started": row["timestamp"]}} for row in events(0, 20)]
    assert listing_of({"rows": rows}).shape.time_under == ()


def test_the_kind_of_records_is_their_type_where_nothing_tells_more() -> None:
    rows = records()
    for row in rows:
        del row["attributes"]["kind"]
    shape = listing_of(told(rows)).shape
    assert (shape.type, shape.type_under) == ("type", ())


def test_times_in_attributes_are_read_by_the_shape() -> None:
    body, known = json.dumps(told(records(5))).encode(), events(0, 5)
    ends = PageReader(DEEP, ends_only=True).read(body)
    assert ends.ids == [row["id"] for row in known]
    assert ends.times == [known[0]["timestamp"] * 1000, None, None, None, known[4]["timestamp"] * 1000]
    whole = PageReader(DEEP, whole=True).read(body)
    assert whole.types == ["click", "scroll", "click", "click", "click"]
    assert whole.payloads is not None
    assert json.loads(whole.payloads[1])["attributes"]["kind"] == "scroll"


def test_a_record_without_attributes_has_no_time() -> None:
    rows = [*records(2), {"type": "event", "id": "x", "attributes": None}, {"type": "event", "id": "y"}]
    page_read = PageReader(DEEP).read(json.dumps({"data": rows}).encode())
    assert page_read.ids[2:] == ["x", "y"]
    assert page_read.times[2:] == [None, None]


def test_everything_at_once_may_hold_records_with_attributes() -> None:
    main, lines = answer_to(probe(), told(records())), "\n".join(json.dumps(row) for row in records())
    whole = read_whole(replace(main, body=lines.encode() + b"\n"), main)
    assert whole is not None
    assert (whole.shape.time, whole.shape.time_under) == ("timestamp", ("attributes",))


def test_a_profile_of_times_in_the_record_itself_reads_as_before() -> None:
    document = json.loads(PROFILE.to_json())
    for endpoint in document["endpoints"]:
        del endpoint["shape"]["time_under"], endpoint["shape"]["type_under"]
    assert read_profile(msgspec.json.encode(document)) == PROFILE
