"""What never ends costs a bounded amount of memory and time."""

from __future__ import annotations

import json
import time

import pytest

from datasync_crawler.domain.errors import Malformed
from datasync_crawler.domain.longest import LONGEST_ROW
from datasync_crawler.domain.profile import RowShape
from datasync_crawler.domain.records import CsvRecords
from datasync_crawler.domain.streams import StreamCutter

ENDLESS = {
    "ndjson": (b'{"no":"', b"x"),
    "csv": (b'no,at\n"', b"a\nb,"),
    "lines": (b"", b"x"),
    "sse": (b"", b"data: xxxxxxx\n"),
    "array": (b'[{"no":"', b"x"),
}
PIECE = 1 << 20


@pytest.mark.parametrize("form", ENDLESS)
def test_a_row_without_an_end_is_given_up(form: str) -> None:
    begin, filling = ENDLESS[form]
    cutter, piece = StreamCutter(form, RowShape(rows=(), id="no")), filling * (PIECE // len(filling))
    cutter.feed(begin)
    fed = 0
    with pytest.raises(Malformed, match="row of more than"):  # noqa: PT012 - how much it took counts
        while fed < 4 * LONGEST_ROW:
            cutter.feed(piece)
            fed += len(piece)
    assert fed >= LONGEST_ROW - 2 * PIECE


@pytest.mark.parametrize("path", [(), ("rows",)], ids=["nowhere", "somewhere"])
def test_what_stands_before_an_array_is_bounded_too(path: tuple[str, ...]) -> None:
    cutter = StreamCutter("array", RowShape(rows=path, id="no"))
    with pytest.raises(Malformed):  # noqa: PT012 - it is the whole that is too long
        for _ in range(2 * LONGEST_ROW // PIECE):
            cutter.feed(b" " * PIECE)


def test_one_stray_quote_among_many_lines_takes_no_time() -> None:
    records, begun = CsvRecords(RowShape(rows=(), id="no")), time.process_time()
    assert records.feed("no\n") == []
    assert records.feed('"' + "a\n" * 1_000_000) == []
    assert time.process_time() - begun < 2


def test_long_rows_make_short_pages() -> None:
    cutter, long = StreamCutter("ndjson", RowShape(rows=(), id="no")), "x" * (2 << 20)
    pages = [
        page for no in range(20) for page in cutter.feed(json.dumps({"no": f"{no}", "is": long}).encode() + b"\n")
    ]
    assert [len(page.ids) for page in pages] == [8, 8]
    last = cutter.close()
    assert last is not None
    assert last.ids == ["16", "17", "18", "19"]
