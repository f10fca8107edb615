"""Pages that are no JSON for the sake of one value: every other row of them is read, byte for byte."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasync_crawler.domain.errors import Malformed, PageError
from datasync_crawler.domain.mending import mended, read_mended
from datasync_crawler.domain.page import RejectedRow
from datasync_crawler.domain.profile import RowShape
from datasync_crawler.domain.reading import PageReader

SHAPE = RowShape(rows=("data",), id="id", time="at", type="kind")
DEEP = b"[" * 5_000 + b"]" * 5_000
POISON = {
    "not a number": b"NaN",
    "infinite": b"-Infinity",
    "not UTF-8": b'"caf\xe9 \xff"',
    "half a pair": rb'"\ud83d and \\ud83d"',
    "bare control characters": b'"a\tb\nc\x00"',
    "deep": DEEP,
    "beyond any float": b"-1.5E+400",
    "of too many digits": b"9" * 5_000,
}


def page(*rows: bytes) -> bytes:
    return b'{"data":[' + b",".join(rows) + b"]}"


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_a_value_that_nobody_needs_costs_no_row(poison: bytes, whole: bool) -> None:
    rows = [b'{"id":"a","at":1700000000}', b'{"x":%b,"id":"b","at":1699999999}' % poison, b'{"id":"c"}']
    read = read_mended(PageReader(SHAPE, whole=whole), page(*rows))
    assert read.ids == ["a", "b", "c"]
    assert read.times == [1_700_000_000_000_000, 1_699_999_999_000_000, None]
    assert read.payloads == (rows if whole else None)
    assert read.rejected == ()


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_a_row_whose_id_it_is_is_rejected_alone_with_its_bytes(poison: bytes, whole: bool) -> None:
    bad = b'{"id":%b}' % poison
    read = read_mended(PageReader(SHAPE, whole=whole), page(b'{"id":"a"}', bad, b'{"id":"c"}'))
    assert read.ids == ["a", "c"]
    (rejected,) = read.rejected
    assert rejected.raw in {bad, poison}
    assert rejected.reason in {"no id", "its id cannot be read"}


@pytest.mark.parametrize("poison", [b"NaN", b'"\xff"', DEEP])
def test_a_time_that_cannot_be_read_is_none(poison: bytes) -> None:
    read = read_mended(PageReader(SHAPE), page(b'{"id":"a","at":%b}' % poison))
    assert (read.ids, len(read.times)) == (["a"], 1)


def test_ids_with_marks_of_their_own_are_kept() -> None:
    read = read_mended(PageReader(SHAPE), page(b'{"id":"a\x7f"}', rb'{"id":"b\u007f"}', b'{"id":"c","x":NaN}'))
    assert (read.ids, read.rejected) == (["a\x7f", "b\x7f", "c"], ())


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"data":[{"id":"a"', b'{"data":[{"id":"a","x":NaN', DEEP])
def test_what_is_no_page_is_none_afterwards(body: bytes) -> None:
    with pytest.raises(PageError):
        read_mended(PageReader(SHAPE), body)


def test_a_cut_page_stays_malformed_whatever_else_is_wrong_with_it() -> None:
    with pytest.raises(Malformed):
        read_mended(PageReader(SHAPE), page(b'{"id":"a","x":NaN}')[:-4])


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_json_is_left_as_it_is(value: object) -> None:
    for body in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")):
        if "\\ud" not in body.decode(errors="replace") and b"\xed" not in body:
            assert mended(body) == body


PIECES = (b'"', b"\\", b"\\u", b"\\ud83d", b"[]", b"{}", b"-", b"1e9", b"e+400", b"NaN", b"-Infinity", b"I", b'"a"')
PIECES += (b"\0", b"\n", b"\xff", b"\xc3\xa9", b"\x7f", b",", b"9" * 299, b'"\\u0041"', b'"\\\x01"', b'"[{"')


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_what_is_passed_over_in_haste_is_what_needs_no_mending(body: bytes) -> None:
    # What does not close again is looked at token by token.
    assert mended(body) + b"[" == mended(body + b"[")


def test_rows_and_rejected_rows_of_a_mended_page_are_those_served() -> None:
    body = page(b'{"id":null,"x":Infinity}', b'{"id":"a"}')
    assert read_mended(PageReader(SHAPE), body).rejected == (RejectedRow("no id", b'{"id":null,"x":Infinity}'),)


def test_ten_megabytes_are_mended_within_seconds() -> None:
    rows = [b'{"id":"%08d","at":1700000000,"text":"%b"}' % (number, b"x" * 460) for number in range(20_000)]
    body = page(*rows, b'{"id":"last","x":NaN}')
    assert len(body) > 10_000_000
    begun = time.process_time()
    assert len(read_mended(PageReader(SHAPE), body).ids) == 20_001
    assert time.process_time() - begun < 5
