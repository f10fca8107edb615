from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from msgspec import structs

from datasync_crawler.domain.asking import ceiling, enterable, page_url, resizable
from datasync_crawler.domain.profile import Credential, CursorShape, Endpoint, RowShape
from datasync_crawler.domain.shard import Checkpoint, Shard

HEADER = Credential("header", "X-API-Key")
QUERY = Credential("query", "api_key")
SHAPE = CursorShape("standard", True, ("id", "ts", "v", "exp"), "id", "ts", expires="exp", constants={"v": "2"})
SAMPLE = "56a349b5-7243-4e0c-9fd8-f2c1eb2a5d35"
AT = 1_769_541_612_369_000
NOW = 1_771_600_000.0


def endpoint(**known: Any) -> Endpoint:
    url: str = known.pop("url", "http://h.test/events")
    shape: RowShape = known.pop("shape", RowShape(("data",), "id"))
    return Endpoint("events", url, shape, 5000, **known)


FORGING = endpoint(limit_param="limit", cursor_param="cursor", cursor=SHAPE)
CHAIN = endpoint(limit_param="limit", cursor_param="cursor")
FILTER = endpoint(until_param="until", until_inclusive=False)


def asked(place: Endpoint, shard: Shard, credential: Credential = HEADER) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page_url(place, credential, shard, 5000, NOW, SAMPLE)).query))


def made(place: Endpoint, shard: Shard) -> Any:
    return json.loads(base64.b64decode(asked(place, shard)["cursor"]))


def test_the_first_page_is_asked_for_without_a_position() -> None:
    assert page_url(FORGING, HEADER, Shard(1, None, None), 50, NOW, SAMPLE) == "http://h.test/events?limit=50"


def test_an_endpoint_without_parameters_keeps_its_address() -> None:
    assert page_url(endpoint(), HEADER, Shard(1, None, None), 50, NOW, SAMPLE) == "http://h.test/events"


def test_the_key_is_a_word_in_the_query_and_nothing_in_a_header() -> None:
    url = page_url(FORGING, QUERY, Shard(1, None, None), 50, NOW, SAMPLE)
    assert url == "http://h.test/events?limit=50&api_key={key}"
    assert "{key}" not in page_url(FORGING, HEADER, Shard(1, None, None), 50, NOW, SAMPLE)


def test_parameters_join_those_of_the_address() -> None:
    place = endpoint(url="http://h.test/list?kind=a", fixed_params=(("all", "yes"),), limit_param="n")
    url = page_url(place, QUERY, Shard(1, None, None), 9, NOW, SAMPLE)
    assert url == "http://h.test/list?kind=a&all=yes&n=9&api_key={key}"


def test_a_new_shard_starts_just_below_its_upper_bound() -> None:
    members = made(FORGING, Shard(1, None, AT))
    assert members == {
        "id": "00000000-0000-0000-0000-000000000000",
        "ts": AT // 1000,
        "v": 2,
        "exp": int((NOW + 86_400) * 1000),
    }


def test_a_walked_shard_goes_on_behind_its_last_row() -> None:
    members = made(FORGING, Shard(1, None, None, Checkpoint(AT, SAMPLE, cursor="theirs")))
    assert (members["id"], members["ts"]) == (SAMPLE, AT // 1000)


def test_a_cursor_travels_whole() -> None:
    cursor = "a+b/c=d&e%20{f}"
    url = page_url(CHAIN, QUERY, Shard(1, None, None, Checkpoint(AT, "x", cursor)), 9, NOW, SAMPLE)
    assert parse_qs(urlsplit(url).query) == {"limit": ["9"], "cursor": [cursor], "api_key": ["{key}"]}
    assert url.count("{") == 1


@pytest.mark.parametrize("position", [AT, None])
def test_a_chain_goes_on_with_the_servers_cursor_whether_rows_have_times_or_not(position: int | None) -> None:
    assert asked(CHAIN, Shard(1, None, None, Checkpoint(position, "x", "c7")))["cursor"] == "c7"
    assert asked(FORGING, Shard(1, None, None, Checkpoint(None, "x", "c7")))["cursor"] == "c7"


@pytest.mark.parametrize(("expires", "taken"), [(None, True), (NOW + 1, True), (NOW, False), (NOW - 1, False)])
def test_a_dead_cursor_is_not_sent(expires: float | None, taken: bool) -> None:
    shard = Shard(1, None, None, Checkpoint(AT, "x", "c7", expires))
    assert ("cursor" in asked(CHAIN, shard)) is taken


def test_a_position_that_may_be_too_coarse_leaves_it_to_the_servers_cursor() -> None:
    whole_seconds = endpoint(limit_param="limit", cursor_param="cursor", cursor=SHAPE)
    whole_seconds = structs.replace(whole_seconds, shape=structs.replace(whole_seconds.shape, time_unit=1_000_000))
    coarse, fine = AT // 1_000_000 * 1_000_000, AT
    assert asked(whole_seconds, Shard(1, None, None, Checkpoint(coarse, SAMPLE, "c7")))["cursor"] == "c7"
    assert made(whole_seconds, Shard(1, None, None, Checkpoint(fine, SAMPLE, "c7")))["ts"] == AT // 1000
    assert made(whole_seconds, Shard(1, None, None, Checkpoint(coarse, SAMPLE)))["ts"] == coarse // 1000 + 1000


def test_a_time_filter_takes_over_from_a_dead_cursor() -> None:
    place = endpoint(cursor_param="cursor", until_param="until", until_inclusive=True)
    assert asked(place, Shard(1, None, None, Checkpoint(AT, "x", "c7", NOW))) == {"until": str(AT // 1000)}
    assert asked(place, Shard(1, None, None, Checkpoint(AT, "x", "c7", NOW + 9))) == {"cursor": "c7"}


@pytest.mark.parametrize("unit", [1, 1000, 1_000_000])
@pytest.mark.parametrize("inclusive", [True, False])
def test_a_time_filter_meets_ties_again_and_nothing_above_the_shard(unit: int, inclusive: bool) -> None:
    place = endpoint(until_param="until", until_inclusive=inclusive, filter_unit=unit)

    def newest_let_through(shard: Shard) -> int:
        until = int(asked(place, shard)["until"])
        return (until if inclusive else until - 1) * unit

    high = AT // unit * unit
    assert newest_let_through(Shard(1, None, high)) == high - unit
    coarse = max(unit, place.shape.time_unit)
    assert newest_let_through(Shard(1, None, None, Checkpoint(high, "x"))) == high // coarse * coarse + coarse - unit


def test_a_filter_that_was_not_tried_is_not_used() -> None:
    place = endpoint(until_param="until", until_inclusive=None)
    assert asked(place, Shard(1, None, AT)) == {}


@pytest.mark.parametrize(
    ("place", "shard", "can"),
    [
        (FORGING, Shard(1, 1, 2), True),
        (FILTER, Shard(1, None, 2), True),
        (CHAIN, Shard(1, None, None), True),
        (CHAIN, Shard(1, None, 2), False),
        (CHAIN, Shard(1, 1, None), True),
        (CHAIN, Shard(1, 1, 2, Checkpoint(1, "x", "c7")), True),
        (endpoint(cursor=SHAPE, cursor_param="c", descending=False), Shard(1, 1, 2), True),
        (endpoint(until_param="until", until_inclusive=False, descending=False), Shard(1, None, 2), False),
        (endpoint(since_param="since", since_inclusive=False), Shard(1, None, 2), False),
    ],
)
def test_a_part_of_the_range_is_entered_only_where_a_position_can_be_asked_for(
    place: Endpoint, shard: Shard, can: bool
) -> None:
    assert enterable(place, shard) is can


@pytest.mark.parametrize(
    ("place", "shard", "top"),
    [
        (FORGING, Shard(1, None, None), None),
        (FORGING, Shard(1, None, 200), 199),
        (FORGING, Shard(1, None, 200, Checkpoint(150, "x")), 150 + 999),
        (CHAIN, Shard(1, None, None, Checkpoint(150, "x")), None),
        (CHAIN, Shard(1, None, None, Checkpoint(150, "x", "c7")), 150 + 999),
    ],
)
def test_no_row_may_be_newer_than_what_was_asked_for(place: Endpoint, shard: Shard, top: int | None) -> None:
    assert ceiling(place, shard, NOW) == top


@pytest.mark.parametrize("inclusive", [True, False])
def test_a_bound_within_a_unit_of_the_filter_lets_all_below_it_through(inclusive: bool) -> None:
    place = endpoint(until_param="until", until_inclusive=inclusive, filter_unit=1_000_000)
    until = int(asked(place, Shard(1, None, AT))["until"])
    assert until == AT // 1_000_000 + (0 if inclusive else 1)


def behind(cursor: str | None) -> Shard:
    """A shard of which a page came that gave this cursor."""
    return Shard(1, None, None, Checkpoint(AT, "a", cursor))


LINKS = endpoint(cursor_param="page", shape=RowShape(("data",), "id", next_link=("page", "of")))


@pytest.mark.parametrize(
    ("place", "cursor", "free"),
    [
        (FORGING, "7", True),
        (FILTER, None, True),
        (CHAIN, "b3BhcXVl", True),
        (CHAIN, "7", False),
        (CHAIN, None, False),
        (LINKS, "page=abc&of=x1", True),
        (LINKS, "page=2&of=x1", False),
    ],
)
def test_what_may_count_pages_of_one_size_is_asked_for_in_that_size(
    place: Endpoint, cursor: str | None, free: bool
) -> None:
    assert resizable(place, behind(cursor), NOW) is free
