from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasync_crawler.domain.axis import mirrored
from datasync_crawler.domain.errors import Malformed
from datasync_crawler.domain.longest import LONGEST_ROW
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import RowShape
from datasync_crawler.domain.streams import StreamCutter, in_order

SHAPE = RowShape(rows=(), id="no", time="at", type="kind")
AT = 1_769_541_612_369_000


def row(number: int) -> dict[str, Any]:
    time = (AT - number * 1_000_000) // 1000
    return {"no": f"r{number:03}é", "at": time, "kind": 'a,b\n"c"', "more": {"x": [number]}}


ROWS = [row(number) for number in range(23)]
IDS = [str(each["no"]) for each in ROWS]


def as_lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def as_csv(rows: list[Any], *, named: bool = True) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["no", "at", "kind"], extrasaction="ignore")
    if named:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_events(rows: list[Any]) -> bytes:
    events = [b"id: 7\nevent: row\ndata: " + json.dumps(row).encode() + b"\n\n" for row in rows]
    return b": hello\n\nevent: hello\ndata: {}\n\n" + b"".join(events) + b"event: end\ndata: {}\n\n"


def as_array(rows: list[Any]) -> bytes:
    return json.dumps({"meta": {"list": []}, "rows": rows, "done": True}, ensure_ascii=False).encode()


FORMS: dict[str, tuple[bytes, RowShape]] = {
    "ndjson": (as_lines(ROWS), SHAPE),
    "csv": (as_csv(ROWS), SHAPE),
    "lines": ("\n".join([*IDS, ""]).encode(), RowShape(rows=(), id="")),
    "sse": (as_events(ROWS), SHAPE),
    "array": (as_array(ROWS), RowShape(rows=("rows",), id="no", time="at", type="kind")),
}


def cut(body: bytes, sizes: list[int], form: str, shape: RowShape, **how: Any) -> list[Page]:
    cutter, pages, at = StreamCutter(form, shape, **how), [], 0
    for size in [*sizes, len(body)]:
        pages += cutter.feed(body[at : at + size])
        at += size
    last = cutter.close()
    return [*pages, *([last] if last else [])]


def ids(pages: list[Page]) -> list[str]:
    return [row_id for page in pages for row_id in page.ids]


@pytest.mark.parametrize("form", FORMS)
@given(sizes=st.lists(st.integers(1, 90)))
def test_every_row_comes_once_and_in_order_however_the_bytes_are_cut(form: str, sizes: list[int]) -> None:
    body, shape = FORMS[form]
    pages = cut(body, sizes, form, shape, rows=5)
    assert ids(pages) == IDS
    assert [len(page.ids) for page in pages] == [5, 5, 5, 5, 3]
    assert not any(page.rejected for page in pages)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "lines"])
def test_times_and_types_are_read_in_every_form(form: str) -> None:
    body, shape = FORMS[form]
    page = cut(body, [], form, shape, whole=True)[0]
    assert page.times == [AT - i * 1_000_000 for i in range(23)]
    assert page.types == [ROWS[0]["kind"]] * 23
    assert page.payloads is not None
    assert json.loads(page.payloads[3])["no"] == IDS[3]


@pytest.mark.parametrize("form", ["ndjson", "csv", "sse", "array"])
def test_a_body_that_ends_within_a_row_is_no_whole_body(form: str) -> None:
    body, shape = FORMS[form]
    cutter = StreamCutter(form, shape)
    cutter.feed(body[: body.index(IDS[20].encode()[:3]) + 6])
    with pytest.raises(Malformed):
        cutter.close()


def test_what_came_before_a_break_can_be_kept() -> None:
    cutter = StreamCutter("ndjson", SHAPE)
    cutter.feed(as_lines(ROWS)[:500])
    page = cutter.flush()
    assert page is not None
    assert page.ids == IDS[: len(page.ids)]
    assert 0 < len(page.ids) < 23


def test_a_last_line_without_an_end_is_a_row() -> None:
    assert ids(cut(as_lines(ROWS).rstrip(b"\n"), [], "ndjson", SHAPE)) == IDS
    assert ids(cut(as_csv(ROWS).rstrip(b"\r\n"), [], "csv", SHAPE)) == IDS


def test_a_line_that_is_no_json_is_rejected_alone() -> None:
    page = cut(as_lines(ROWS[:2]) + b"oops\n" + as_lines(ROWS[2:4]), [], "ndjson", SHAPE)[0]
    assert page.ids == IDS[:4]
    assert [row.raw for row in page.rejected] == [b"oops"]


def test_columns_without_names_go_by_their_numbers() -> None:
    shape = RowShape(rows=(), id="0", time="1")
    pages = cut(as_csv(ROWS, named=False), [7, 50], "csv", shape)
    assert ids(pages) == IDS
    assert pages[0].newest == AT


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_values_may_be_parted_by_other_characters(delimiter: str) -> None:
    text = f"no{delimiter}at\n" + "".join(f"{row_id}{delimiter}{AT // 1000}\n" for row_id in IDS)
    assert ids(cut(text.encode(), [], "csv", SHAPE)) == IDS


def test_a_long_value_is_a_value() -> None:
    row_id = "x" * 200_000
    assert ids(cut(f"no,at\n{row_id},{AT}\n".encode(), [], "csv", SHAPE)) == [row_id]


def test_a_value_longer_than_any_row_is_no_csv() -> None:
    with pytest.raises(Malformed):
        StreamCutter("csv", SHAPE).feed(b"no,at\n" + b"x" * (LONGEST_ROW + 1) + b",5\n")


@pytest.mark.parametrize("sign", ["\u2028", "\x85", "\x0b", "\x1c"])
def test_signs_that_part_lines_of_a_text_part_no_rows(sign: str) -> None:
    assert ids(cut(f"no,kind\na{sign}b,k{sign}\nc,k\n".encode(), [], "csv", SHAPE)) == [f"a{sign}b", "c"]


def test_an_element_nested_too_deeply_to_be_read_breaks_the_body_off() -> None:
    with pytest.raises(Malformed, match="nested"):
        StreamCutter("array", RowShape(rows=(), id="no")).feed(b'[{"no": "a"}, ' + b"[" * 100_000)


def test_a_mark_of_byte_order_is_no_part_of_a_name() -> None:
    assert ids(cut(b"\xef\xbb\xbf" + as_csv(ROWS), [1, 1], "csv", SHAPE)) == IDS


def test_an_event_may_hold_several_rows() -> None:
    body = b"data: " + json.dumps(ROWS[:3]).encode() + b"\n\ndata: " + json.dumps(ROWS[3]).encode() + b"\r\n\r\n"
    assert ids(cut(body, [9], "sse", SHAPE)) == IDS[:4]


def test_an_event_of_rows_without_an_id_is_rejected_and_not_passed_over() -> None:
    page = cut(as_events([*ROWS[:2], {"at": 5}]), [], "sse", SHAPE)[0]
    assert page.ids == IDS[:2]
    assert len(page.rejected) == 1


def test_bare_ids_may_come_as_events() -> None:
    body = b"".join(f"data: {row_id}\n\n".encode() for row_id in IDS)
    assert ids(cut(body, [3], "sse", RowShape(rows=(), id=""))) == IDS


def test_an_array_of_bare_numbers_is_cut_between_them() -> None:
    shape = RowShape(rows=(), id="")
    for first in range(1, 20):
        assert ids(cut(b"[ 1234, 567 ,89012 ]", [first], "array", shape)) == ["1234", "567", "89012"]


@pytest.mark.parametrize(
    ("times", "before", "ordered"),
    [
        ([5, 5, 3], None, True),
        ([5, 5, 3], 5, True),
        ([5, 5, 3], 4, False),
        ([3, 5], None, False),
        ([3, None], None, False),
    ],
)
def test_an_order_is_seen_over_every_row(times: list[int | None], before: int | None, ordered: bool) -> None:
    assert in_order(Page(ids=["x"] * len(times), times=times), before) is ordered
    rising = [None if time is None else -time for time in times]
    above = None if before is None else mirrored(-before)
    assert in_order(Page(ids=["x"] * len(times), times=rising, upwards=True), above) is ordered


def test_a_cutter_holds_no_more_than_a_page_and_a_row() -> None:
    held: Callable[[StreamCutter], int] = lambda cutter: len(cutter._waiting)  # noqa: E731 - it is said once
    cutter = StreamCutter("ndjson", SHAPE, rows=4)
    line = as_lines(ROWS[:1])
    assert max([held(cutter) for _ in range(100) if cutter.feed(line * 3) is not None]) < 4
