from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasync_crawler.domain.times import DAY, SECOND, Moment, read_time, write_bound, write_time

AT = 1_769_541_612_369_000
WHOLE = AT - AT % SECOND


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1_769_541_612, Moment(WHOLE, SECOND)),
        (1_769_541_612_369, Moment(AT, 1000)),
        (1_769_541_612_369_000, Moment(AT, 1)),
        (1_769_541_612_369_000_999, Moment(AT, 1)),  # nanoseconds are cut
        (1_769_541_612.369, Moment(AT, 1000)),
        (1_769_541_612_369.0, Moment(AT, 100)),
    ],
)
def test_a_number_is_a_time_by_its_magnitude(value: object, moment: Moment) -> None:
    assert read_time(value) == moment
    assert read_time(str(value)) == moment


@pytest.mark.parametrize("text", ["1612120112345", "1112131415", "1512101112134", "20260127192012"])
def test_digits_alone_are_never_a_date_without_hyphens(text: str) -> None:
    assert read_time(text) == read_time(int(text))


@pytest.mark.parametrize(
    ("text", "micros", "unit"),
    [
        ("2026-01-27T19:20:12.369Z", AT, 1000),
        ("2026-01-27T19:20:12.369", AT, 1000),  # no zone: UTC
        ("2026-01-27 19:20:12,369+00:00", AT, 1000),
        ("2026-01-28T00:50:12.369+05:30", AT, 1000),
        ("2026-01-27T11:20:12.369-0800", AT, 1000),
        ("2026-01-27T19:20:12Z", WHOLE, SECOND),
        ("2026-01-27T19:20:12.3Z", WHOLE + 300_000, 100_000),
        ("2026-01-27T19:20:12.369000Z", AT, 1),
        ("2026-01-27T19:20:12.369000000Z", AT, 1),
        ("20260127T192012Z", WHOLE, SECOND),
        ("2026-01-27", 1_769_472_000 * SECOND, DAY),
        ("1990-01-01T00:00:00Z", 631_152_000 * SECOND, SECOND),
        ("2100-01-01T00:00:00Z", 4_102_444_800 * SECOND, SECOND),
    ],
)
def test_iso_times_are_read_with_their_resolution(text: str, micros: int, unit: int) -> None:
    assert read_time(text) == Moment(micros, unit)


@pytest.mark.parametrize(
    "text",
    [
        "\u200b2026-01-27T19:20:12.369Z",
        "2026-01-27T19:\u200d20:12.369Z\ufeff",
        "\x0017695\x1f41612369",
        "  1769541612369\n",
        "\u00a02026-01-27 19:20:12.369Z\u2069",
        "2026\u00ad-01-27\u202e 19:20:12.369",
    ],
)
def test_characters_that_nobody_sees_do_not_matter(text: str) -> None:
    assert read_time(text) == Moment(AT, 1000)


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, "", " ", "soon", "-", "NaN", "Infinity", float("nan"), float("inf"), -1_769_541_612,
        "-1769541612", 0, 1, 5000, 3_000_000, "3000000", 631_151_999, 4_102_444_801, 10**22, "9" * 30, 1e300,
        "1" * 5000, [], {}, ["2026-01-27"], b"2026-01-27", "12:30", "2026-13-01", "2026-02-30T00:00:00Z",
        "20260127",  # a number of eight digits counts something
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_what_cannot_be_a_time_is_none(value: object) -> None:
    assert read_time(value) is None


@settings(deadline=None)
@given(st.integers(631_152_000, 4_102_444_799), st.sampled_from([1, 1_000, 1_000_000, 1_000_000_000]), st.integers(0))
def test_every_magnitude_of_a_moment_means_the_same_second(seconds: int, per_second: int, more: int) -> None:
    moment = read_time(seconds * per_second + more % per_second)
    assert moment is not None
    assert moment.micros // SECOND == seconds


@settings(deadline=None)
@given(st.one_of(st.text(), st.text(alphabet="0123456789-:.TZ+ "), st.floats(), st.integers()))
def test_no_value_is_ever_an_error_nor_beyond_bounds(value: object) -> None:
    moment = read_time(value)
    assert moment is None or 631_152_000 * SECOND <= moment.micros < 4_102_444_801 * SECOND


@settings(deadline=None)
@given(st.integers(0, 2**53), st.sampled_from([1, 1000, SECOND, DAY]))
def test_a_time_is_written_as_the_step_at_or_before_it(micros: int, unit: int) -> None:
    assert 0 <= micros - write_time(micros, unit) * unit < unit


@pytest.mark.parametrize(
    ("unit", "iso", "written"),
    [
        (1_000_000, False, "1769541612"),
        (1_000_000, True, "2026-01-27T19:20:12Z"),
        (1000, True, "2026-01-27T19:20:12.369Z"),
        (1, True, "2026-01-27T19:20:12.369001Z"),
    ],
)
def test_a_bound_is_written_at_or_before_its_time(unit: int, iso: bool, written: str) -> None:
    assert write_bound(1_769_541_612_369_001, unit, iso=iso) == written
