"""Lists that begin with their oldest row are walked on the mirrored axis, and nothing else is."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasync_crawler.domain.asking import ceiling, page_url
from datasync_crawler.domain.axis import behind, mirrored
from datasync_crawler.domain.judging import judge
from datasync_crawler.domain.profile import Credential, CursorShape, Endpoint, Lane, Pool, Profile, RowShape
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.domain.shard import Checkpoint, Shard
from datasync_crawler.domain.ways import rank, upwards

HEADER = Credential("header", "X-Key")
SHAPE = CursorShape("standard", True, ("no", "ts"), "no", "ts")
ROWS = RowShape(("rows",), "no", "at")
UP = Endpoint("list", "http://h/list", ROWS, 50, cursor_param="after", cursor=SHAPE, descending=False)
SINCE = Endpoint("list", "http://h/list", ROWS, 50, since_param="since", since_inclusive=True, descending=False)
DOWN = Endpoint("feed", "http://h/feed", ROWS, 50, cursor_param="after", cursor=SHAPE)
AT = 1_769_541_612_369_000
SAMPLE = "56a349b5-7243-4e0c-9fd8-f2c1eb2a5d35"

times = st.integers(AT - 10**9, AT + 10**9)
units = st.sampled_from([1, 1_000, 1_000_000])


def asked(place: Endpoint, shard: Shard) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page_url(place, HEADER, shard, 50, 0.0, SAMPLE)).query))


def made(place: Endpoint, shard: Shard) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(base64.b64decode(asked(place, shard)["after"]))
    return members


def document(*stamps: int) -> bytes:
    return json.dumps({"rows": [{"no": f"{stamp}", "at": stamp} for stamp in stamps]}).encode()


def profile(*endpoints: Endpoint, limits: tuple[int, ...] = (10, 10)) -> Profile:
    pools = tuple(Pool(f"p{at}", limit, 60.0) for at, limit in enumerate(limits))
    lanes = tuple(Lane(it.name, it.name, HEADER, f"p{at}") for at, it in enumerate(endpoints))
    return Profile("http://h", "http://h", endpoints, pools, lanes)


@given(times, times)
def test_places_fall_while_times_rise(one: int, other: int) -> None:
    assert mirrored(mirrored(one)) == one
    assert (mirrored(one) < mirrored(other)) is (one > other)


@given(times, units)
def test_times_of_one_step_are_places_of_one_step(time: int, unit: int) -> None:
    first = time // unit * unit
    steps = {mirrored(moment) // unit for moment in (first, time, first + unit - 1)}
    assert len(steps) == 1
    assert behind(mirrored(time), unit) == -first


def test_a_shard_upwards_begins_with_the_row_at_its_bound() -> None:
    assert made(UP, Shard(1, None, -AT)) == {"no": "00000000-0000-0000-0000-000000000000", "ts": AT // 1000}


def test_a_shard_upwards_goes_on_behind_its_last_row() -> None:
    shard = Shard(1, None, None, Checkpoint(mirrored(AT), SAMPLE))
    assert made(UP, shard) == {"no": SAMPLE, "ts": AT // 1000}


def test_rows_printed_more_coarsely_than_they_are_sorted_are_met_again_upwards() -> None:
    coarse = msgspec.structs.replace(UP, shape=msgspec.structs.replace(ROWS, time_unit=1_000_000))
    second = AT // 1_000_000 * 1_000_000
    again = made(coarse, Shard(1, None, None, Checkpoint(mirrored(second), SAMPLE)))
    assert (again["ts"], set(again["no"])) == (second // 1000, {"0", "-"})
    assert made(coarse, Shard(1, None, None, Checkpoint(mirrored(AT), SAMPLE)))["no"] == SAMPLE


@pytest.mark.parametrize("inclusive", [True, False])
@given(time=times, unit=units)
def test_a_filter_upwards_lets_the_bound_and_all_ties_through(inclusive: bool, time: int, unit: int) -> None:
    place = msgspec.structs.replace(SINCE, since_inclusive=inclusive, filter_unit=unit)
    for shard in (Shard(1, None, -time // unit * unit), Shard(1, None, None, Checkpoint(mirrored(time), "x"))):
        since = int(asked(place, shard)["since"]) * unit
        lowest = since if inclusive else since + unit
        wanted = time if shard.high is None else -shard.high
        top = ceiling(place, shard, 0.0)
        assert lowest <= wanted
        assert top is not None
        assert mirrored(lowest) <= top


def test_pages_upwards_move_a_shard_from_its_oldest_row_to_its_newest() -> None:
    page = PageReader(ROWS, ends_only=True, upwards=True).read(document(1_700_000_000, 1_700_000_010))
    assert (page.newest, page.oldest) == (mirrored(1_700_000_000_000_000), mirrored(1_700_000_010_000_000))
    within = Shard(1, mirrored(1_700_000_010_000_000), None)
    assert judge(within, page, top=None, answered_at=0.0).proof is None
    passed = Shard(1, -1_700_000_010_000_000, None)
    assert judge(passed, page, top=None, answered_at=0.0).proof == "passed"
    assert page.times[0] == 1_700_000_000_000_000, "what is stored are times and not places"


def test_a_set_is_walked_upwards_where_all_its_lists_run_that_way() -> None:
    assert upwards(profile(UP))
    assert upwards(profile(msgspec.structs.replace(UP, cursor=None)))
    assert not upwards(profile(DOWN))


def test_lists_of_both_directions_do_not_join_and_the_better_one_is_taken() -> None:
    assert not upwards(profile(UP, DOWN))
    assert upwards(profile(UP, DOWN, limits=(10, 5)))
    assert upwards(profile(UP, msgspec.structs.replace(DOWN, cursor=None), limits=(5, 10)))
    told = {way.lane: (way.joins, way.why) for way in rank(profile(UP, DOWN, limits=(10, 5)))}
    assert told["list"][0]
    assert not told["feed"][0]
    assert "runs against the others" in told["feed"][1]


def test_a_stream_joins_whichever_way_the_lists_run() -> None:
    stream = Endpoint("all", "http://h/all", RowShape((), "no", "at"), 5_000, format="ndjson")
    joined = [way.lane for way in rank(profile(UP, stream)) if way.joins]
    assert sorted(joined) == ["all", "list"]
