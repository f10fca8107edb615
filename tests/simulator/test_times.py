"""Worlds whose times are written, bounded and spread otherwise."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import pairwise
from urllib.parse import quote

import pytest

from datasync_crawler.simulator.instants import read_bound
from datasync_crawler.simulator.rowshape import micros, told_time
from datasync_crawler.simulator.sessions import NEWEST, OLDEST
from tests.simulator.asking import Client

PAGE = 200


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("s", 1_769_541_612),
        ("ms", 1_769_541_612_369),
        ("us", 1_769_541_612_369_000 + NEWEST * 7919 % 1000),
        ("iso", "2026-01-27T19:20:12.369Z"),
        ("iso-seconds", "2026-01-27T19:20:12Z"),
        ("offset", "2026-01-28T00:50:12.369+05:30"),
        ("text", "1769541612369"),
    ],
)
def test_a_time_is_told_in_a_form_on_both_ways(form: str, told: object) -> None:
    client = Client(time_form=form)
    assert (client.ask("/api/v1/events?limit=1").times, client.feed("limit=1").times) == ([told], [told])


def test_all_forms_may_stand_on_one_page() -> None:
    times = Client(time_form="all").ask("/api/v1/events?limit=6").times
    assert [type(time) for time in times] == [int, str, int, str, str, int]
    assert len({len(str(time)) for time in times}) == 5


def test_seconds_hide_the_order_in_which_the_server_sorts() -> None:
    client = Client(20_000, time_form="s", density="uneven")
    assert any(
        client.table.stamps[row] != client.table.stamps[row + 1]
        and client.table.stamps[row] // 1000 == client.table.stamps[row + 1] // 1000
        for row in range(19_999)
    )


@pytest.mark.parametrize(
    ("form", "write"),
    [
        ("s", lambda stamp: -(-stamp // 1000)),
        ("ms", lambda stamp: stamp),
        ("us", micros),
        ("iso", lambda stamp: quote(str(told_time(stamp, "iso")))),
        ("iso", lambda stamp: quote(str(told_time(stamp, "offset")))),
    ],
)
def test_bounds_are_read_in_the_form_of_the_world(form: str, write: object) -> None:
    client = Client(since_form=form)
    stamp = client.table.stamps[100]
    assert client.feed(f"limit=1000&since={write(stamp)}").json["meta"]["returned"] == 100 + (form != "s")


def test_microseconds_part_what_milliseconds_cannot() -> None:
    client = Client(since_form="us", time_form="us")
    told = micros(client.table.stamps[100])
    counts = [client.feed(f"limit=1000&since={told + more}").json["meta"]["returned"] for more in (-1, 0, 1)]
    assert counts == [101, 101, 100]


@pytest.mark.parametrize("text", [None, "", "soon", "12.5"])
def test_a_bound_that_cannot_be_read_is_none(text: str | None) -> None:
    assert (read_bound(text, "ms"), read_bound("yesterday", "iso")) == (None, None)


@pytest.mark.parametrize("density", ["ties", "instant", "uneven", "gaps"])
def test_however_events_lie_they_come_once_newest_first(density: str) -> None:
    table = Client(3_000, density=density).table
    keys = [(table.stamps[row], table.event_id(row)) for row in range(3_000)]
    assert all(earlier > later for earlier, later in pairwise(keys))
    assert (OLDEST - 10_800_000) <= keys[-1][0] <= keys[0][0] <= NEWEST


def test_ties_are_everywhere() -> None:
    table = Client(3_000, density="ties").table
    assert len(set(table.stamps)) < 300


def test_one_instant_holds_more_events_than_two_pages() -> None:
    table = Client(6_000, density="instant").table
    assert Counter(table.stamps).most_common(1)[0][1] > 2 * PAGE


def test_events_may_crowd_near_the_end_or_leave_days_between() -> None:
    uneven, gaps = (Client(3_000, density=density).table.stamps for density in ("uneven", "gaps"))
    assert sum(stamp > OLDEST + 0.9 * (NEWEST - OLDEST) for stamp in uneven) > 1_000
    assert sum(earlier - later > 3 * 86_400_000 for earlier, later in pairwise(gaps)) >= 5


def test_times_with_an_offset_mean_the_same_moment() -> None:
    assert datetime.fromisoformat(str(told_time(NEWEST, "offset"))).timestamp() * 1000 == pytest.approx(NEWEST)


def test_a_session_filters_events_however_they_lie() -> None:
    client = Client(density="gaps")
    session = client.ask("/api/v1/sessions?limit=1").json["data"][0]
    assert len(client.ask(f"/api/v1/events?limit=500&sessionId={session['id']}").ids) == session["eventCount"]
