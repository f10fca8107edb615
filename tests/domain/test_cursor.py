from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasync_crawler.domain.cursor import anatomy, forge, lowest_id, told_time
from datasync_crawler.domain.profile import CursorShape

ROW = "56a349b5-7243-4e0c-9fd8-f2c1eb2a5d35"
AT = 1_769_541_612_369_000
NOW = 1_771_600_000.25
EXPIRES = NOW + 116.75


def encode(members: Any, *, urlsafe: bool = False, padded: bool = True) -> str:
    text = json.dumps(members, separators=(",", ":")).encode()
    encoded = (base64.urlsafe_b64encode if urlsafe else base64.b64encode)(text).decode()
    return encoded if padded else encoded.rstrip("=")


def known(cursor: str, row: str = ROW, at: int = AT) -> CursorShape:
    shape = anatomy(cursor, row, at, NOW)
    assert shape is not None
    return shape


KNOWN = {"id": ROW, "ts": AT // 1000, "v": 2, "exp": int(EXPIRES * 1000)}


@pytest.mark.parametrize(
    "members",
    [
        KNOWN,
        {"last_seen_at": AT // 1_000_000, "row_id": ROW, "expires_at": int(EXPIRES)},
        {"t": AT, "i": ROW},
        {"t": AT, "i": ROW, "x": int(EXPIRES * 1_000_000)},
        {"i": ROW, "t": AT // 1000, "dir": "desc", "v": [1, {"a": None}], "shard": True, "note": "a?>~ü"},
    ],
    ids=["dossier", "snake names in seconds", "microseconds", "microseconds with an end", "odd constants"],
)
@pytest.mark.parametrize("urlsafe", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_a_cursor_is_made_again_byte_for_byte(members: dict[str, Any], urlsafe: bool, padded: bool) -> None:
    cursor = encode(members, urlsafe=urlsafe, padded=padded)
    assert forge(known(cursor), AT, ROW, EXPIRES) == cursor


@settings(deadline=None)
@given(
    st.integers(10**12, 4 * 10**12),
    st.integers(0, 10**6),
    st.sampled_from([1, 1000, 1_000_000]),
    st.text(alphabet="abcdef0123456789-_~?>", min_size=1, max_size=40),
    st.booleans(),
)
def test_any_position_is_made_as_the_service_would(at: int, life: int, unit: int, row: str, urlsafe: bool) -> None:
    sample = encode({"id": ROW, "ts": AT // unit, "exp": int(EXPIRES * 1_000_000) // unit}, urlsafe=urlsafe)
    end = at // 1000 + life
    made = forge(known(sample), at * 1000, row, end)
    expected = {"id": row, "ts": at * 1000 // unit, "exp": end * 1_000_000 // unit}
    assert json.loads(base64.urlsafe_b64decode(made.translate(str.maketrans("+/", "-_")))) == expected


def test_an_id_that_is_a_number_stays_one() -> None:
    cursor = encode({"id": 4711, "ts": AT // 1000})
    assert forge(known(cursor, "4711"), AT, "4711", 0) == cursor
    assert json.loads(base64.b64decode(forge(known(cursor, "4711"), AT, lowest_id("4711"), 0)))["id"] == 0


def test_an_unpadded_cursor_without_telling_letters_is_url_safe() -> None:
    unpadded = encode(KNOWN | {"v": 21}, padded=False)
    assert len(unpadded) % 4 != 0
    assert (known(unpadded).alphabet, known(unpadded).padded) == ("urlsafe", False)
    assert (known(encode(KNOWN)).alphabet, known(encode(KNOWN)).padded) == ("standard", True)


def test_the_end_of_life_is_the_later_of_the_times_near_now() -> None:
    cursor = encode({"iat": int(NOW), "id": ROW, "ts": AT // 1000, "exp": int(NOW) + 120})
    assert known(cursor).expires == "exp"
    assert known(cursor).constants == {"iat": str(int(NOW))}


def test_an_end_of_life_may_be_just_over() -> None:
    for end in (NOW - 5, NOW + 7 * 86_400):
        assert known(encode(KNOWN | {"exp": int(end * 1000)})).expires == "exp"


@pytest.mark.parametrize("end", [NOW - 6, NOW + 8 * 86_400])
def test_a_time_far_from_now_is_no_end_of_life(end: float) -> None:
    shape = known(encode(KNOWN | {"exp": int(end * 1000)}))
    assert shape.expires is None
    assert "exp" in shape.constants


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "not base64!",
        base64.b64encode(bytes(range(200, 256))).decode(),  # sealed
        base64.b64encode(b"\xff{}").decode(),
        base64.b64encode(b"null").decode(),
        encode([ROW, AT // 1000]),
        encode({"page": 2}),
        encode({"id": ROW}),
        encode({"ts": AT // 1000}),
        encode(KNOWN | {"id": "another"}),
        encode(KNOWN | {"ts": AT // 1000 + 1}),
        encode(KNOWN | {"ts": True}),
        encode({"p": {"id": ROW, "ts": AT // 1000}}),
        ROW,
    ],
)
def test_what_was_not_made_from_the_row_has_no_anatomy(cursor: str) -> None:
    assert anatomy(cursor, ROW, AT, NOW) is None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_a_cursor_of_any_letters_is_no_error(cursor: str) -> None:
    assert anatomy(cursor, ROW, AT, NOW) is None


def test_one_member_cannot_be_both_id_and_time() -> None:
    assert anatomy(encode({"ts": AT // 1000}), str(AT // 1000), AT, NOW) is None


@pytest.mark.parametrize("sample", [ROW, ROW.upper(), "evt_9Zz.17", "4711", "a"])
def test_the_lowest_id_sorts_below_the_sample_and_keeps_its_form(sample: str) -> None:
    lowest = lowest_id(sample)
    assert lowest < sample
    assert len(lowest) == len(sample)
    assert [c for c in lowest if not c.isalnum()] == [c for c in sample if not c.isalnum()]


def test_a_cursor_finer_than_the_printed_time_is_recognised_and_tells_it() -> None:
    cursor = encode({"id": ROW, "ts": AT // 1000})
    printed = AT // 1_000_000 * 1_000_000
    assert anatomy(cursor, ROW, printed, NOW) is None
    shape = anatomy(cursor, ROW, printed, NOW, 1_000_000)
    assert shape is not None
    assert (shape.time_unit, told_time(shape, cursor, ROW)) == (1000, AT)
    assert told_time(shape, cursor, "another") is None


def test_a_cursor_of_bare_json_is_made_as_it_was_found() -> None:
    cursor = json.dumps({"id": ROW, "ts": AT // 1000, "q": "a&b=c+d#e%20f?g;h/é"}, separators=(",", ":"))
    shape = anatomy(cursor, ROW, AT, NOW)
    assert shape is not None
    assert shape.alphabet == "plain"
    assert forge(shape, AT, ROW, NOW) == cursor
