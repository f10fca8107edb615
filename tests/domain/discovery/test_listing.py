from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from datasync_crawler.domain.discovery.listing import read_listing
from tests.domain.discovery.answers import NOW, events, listing_of, page

MICROS = 1_000_000


def snake(count: int = 3) -> dict[str, Any]:
    """Whole numbers for ids, ISO times only, everything under other names and deeper."""
    rows = [
        {"entry_no": 9000 - i, "berth": i % 2, "recorded": f"2026-03-01T11:59:{59 - i:02}.000Z", "note": f"n{i}"}
        for i in range(count)
    ]
    token = base64.urlsafe_b64encode(json.dumps({"no": rows[-1]["entry_no"]}).encode()).decode().rstrip("=")
    return {
        "result": {"items": rows, "page": {"more_available": True, "continuation_token": token}},
        "counts": {"all_matched": 71_000, "items_count": count},
        "trace_id": "0b0c7d1e-1111-4222-8333-444455556666",
    }


def test_rows_and_paging_are_found_in_a_nested_answer() -> None:
    shape = listing_of(page(events(0, 30))).shape
    assert (shape.rows, shape.id, shape.time, shape.type) == (("data",), "id", "timestamp", "kind")
    assert shape.has_more == ("pagination", "hasMore")
    assert shape.next_cursor == ("pagination", "nextCursor")
    assert shape.cursor_life == ("pagination", "cursorExpiresIn")
    assert shape.total == ("meta", "total")
    assert shape.returned == ("meta", "returned")
    assert shape.limit == ("pagination", "limit")


def test_other_names_and_deeper_paging_are_found_as_well() -> None:
    listing = listing_of(snake())
    assert (listing.shape.rows, listing.shape.id, listing.shape.time) == (("result", "items"), "entry_no", "recorded")
    assert listing.shape.has_more == ("result", "page", "more_available")
    assert listing.shape.next_cursor == ("result", "page", "continuation_token")
    assert listing.shape.total == ("counts", "all_matched")
    assert listing.shape.returned == ("counts", "items_count")
    assert listing.page.ids == ["9000", "8999", "8998"]


def test_a_flat_answer_is_a_page() -> None:
    document = {"events": events(0, 5), "has_next": False, "total": 5}
    listing = listing_of(document)
    assert listing.shape.rows == ("events",)
    assert listing.shape.has_more == ("has_next",)
    assert listing.page.total == 5


def test_a_bare_list_is_a_page_without_paging() -> None:
    listing = listing_of(events(0, 5))
    assert listing.shape.rows == ()
    assert listing.shape.total is None
    assert len(listing.page.ids) == 5


def test_a_list_beside_the_rows_is_not_taken_for_them() -> None:
    document = page(events(0, 8)) | {"facets": [{"name": "click", "count": 4}, {"name": "scroll", "count": 4}]}
    assert listing_of(document).shape.rows == ("data",)


def test_a_member_that_repeats_is_no_id_whatever_its_name() -> None:
    rows = [{"id": "same", "serial": 100 + i, "at": 1_772_366_000 - i} for i in range(6)]
    assert listing_of({"rows": rows}).shape.id == "serial"


def test_rows_that_lost_their_id_make_no_id_of_what_differs_in_all_of_them() -> None:
    rows = [
        {"eventId": row["id"], "name": f"event_{n}", "timestamp": row["timestamp"]}
        for n, row in enumerate(events(0, 100))
    ]
    for lost in (3, 50, 98):
        del rows[lost]["eventId"]
    assert listing_of({"data": rows}).shape.id == "eventId"


def test_the_time_is_the_member_that_the_rows_are_ordered_by() -> None:
    rows = [
        {"id": i, "created_at": 1_772_300_000 + (i * 7919) % 1000, "recorded": 1_772_366_000 - i} for i in range(20)
    ]
    assert listing_of({"rows": rows}).shape.time == "recorded"


def test_the_order_is_seen_in_the_times() -> None:
    assert listing_of(page(events(0, 5))).descending is True
    assert listing_of(page(list(reversed(events(0, 5))))).descending is False
    assert listing_of(page(events(0, 1))).descending is None


def test_the_density_is_that_of_all_rows_and_one_row_tells_none() -> None:
    times = [1_772_366_000_000, 1_772_365_999_000, 1_772_365_998_000]
    rows = [{"id": f"{number}", "timestamp": time} for number, time in enumerate(times)]
    assert listing_of({"rows": rows}).density == pytest.approx(3 / 2_000_000)
    assert listing_of({"rows": rows[:1]}).density == 0.0


def test_the_unit_is_the_coarsest_of_all_times() -> None:
    mixed = [
        event | {"timestamp": "2026-03-01T11:53:20Z"} if i == 2 else event for i, event in enumerate(events(0, 3))
    ]
    assert listing_of({"rows": events(0, 3)}).shape.time_unit == 1000
    assert listing_of({"rows": mixed}).shape.time_unit == MICROS


def test_a_cursor_of_id_and_time_can_be_made() -> None:
    cursor = listing_of(page(events(0, 5))).cursor
    assert cursor is not None
    assert (cursor.id, cursor.time, cursor.expires) == ("id", "ts", "exp")


def test_an_opaque_cursor_is_found_and_cannot_be_made() -> None:
    document = page(events(0, 5))
    document["pagination"]["nextCursor"] = "b3BhcXVlLXNpZ25lZC1ibG9i.k3J9"
    listing = listing_of(document)
    assert listing.shape.next_cursor == ("pagination", "nextCursor")
    assert listing.cursor is None


def test_a_flag_written_as_a_text_is_not_taken_for_a_cursor() -> None:
    shape = listing_of({"data": events(0, 3), "next": "false", "total": "3"}).shape
    assert (shape.next_cursor, shape.has_more) == (None, ("next",))


def test_a_request_id_is_not_taken_for_a_cursor() -> None:
    document = {"data": events(0, 4), "next_request": "0b0c7d1e-1111-4222-8333-444455556666"}
    assert listing_of(document).shape.next_cursor is None


def test_a_moment_of_the_answer_is_not_taken_for_a_total() -> None:
    document = {"data": events(0, 4), "served_at": 1_772_366_000_123, "total": 90}
    assert listing_of(document).shape.total == ("total",)
    assert listing_of({"data": events(0, 4), "served_at": 1_772_366_000_123}).shape.total is None


@pytest.mark.parametrize("document", [None, {}, {"data": []}, [], {"error": "no", "codes": [1, 2]}, "text", 7])
def test_what_holds_no_records_is_no_page(document: Any) -> None:
    assert read_listing(document, json.dumps(document).encode(), NOW) is None


def test_a_page_that_contradicts_itself_is_none() -> None:
    document = {"data": events(0, 4), "returned": 4, "count": 4}
    assert read_listing(document, json.dumps(document | {"count": 9, "returned": 9}).encode(), NOW) is None


def test_rows_in_wrappers_are_found_with_what_leads_to_them() -> None:
    wrapped = page(events(0, 30)) | {"data": [{"node": row} for row in events(0, 30)]}
    listing = listing_of(wrapped)
    assert (listing.shape.rows, listing.shape.under, listing.shape.id) == (("data",), ("node",), "id")
    assert listing.page.ids == [row["id"] for row in events(0, 30)]


def test_a_page_may_hold_some_of_its_rows_twice() -> None:
    rows = sorted([*events(0, 30), *events(0, 3)], key=lambda row: row["id"])
    assert listing_of(page(rows)).shape.id == "id"
    short = sorted([*events(0, 7), *events(0, 3)], key=lambda row: row["id"])
    assert listing_of(page(short)).shape.id == "id"


def test_a_total_may_be_a_little_less_than_the_rows_of_a_page_that_has_them_all() -> None:
    assert listing_of(page([*events(0, 30), *events(0, 2)], total=30, more=False)).shape.total == ("meta", "total")
    assert listing_of(page(events(0, 30), total=29, more=False)).shape.total == ("meta", "total")
    document = {"data": events(0, 30), "total_pages": 29, "total": 12}
    assert listing_of(document).shape.total is None


def test_the_order_shows_though_times_are_printed_in_forms_of_unlike_precision() -> None:
    rows = events(0, 30)
    for row in rows[::2]:
        row["timestamp"] = row["timestamp"] // 1000
    assert listing_of(page(rows)).descending is True
