from __future__ import annotations

import pytest

from datasync_crawler.domain.discovery.parameters import Roles, read_roles


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        pytest.param(["limit", "cursor"], Roles("limit", "cursor"), id="usual"),
        pytest.param(["page_size", "page_token"], Roles("page_size", "page_token"), id="page"),
        pytest.param(
            ["pageSize", "pageToken", "from", "to"], Roles("pageSize", "pageToken", "from", "to"), id="camel"
        ),
        pytest.param(["since", "until", "cursor"], Roles(None, "cursor", "since", "until"), id="feed"),
        pytest.param(
            ["start_time", "end_time", "count"], Roles("count", None, "start_time", "end_time"), id="start-end"
        ),
        pytest.param(["after", "per_page"], Roles("per_page", "after"), id="after-alone-is-a-cursor"),
        pytest.param(["after", "before", "cursor"], Roles(None, "cursor", "after", "before"), id="after-before"),
        pytest.param(["since"], Roles(), id="half-a-range-is-none"),
        pytest.param(["min_ts", "max_ts", "limit"], Roles("limit", None, "min_ts", "max_ts"), id="min-max"),
        pytest.param(["start", "limit"], Roles("limit", offset="start"), id="start-alone-is-an-offset"),
        pytest.param(
            ["start", "start_time", "end_time", "size"],
            Roles("size", None, "start_time", "end_time", "start"),
            id="start-beside-a-time-is-an-offset",
        ),
        pytest.param(
            ["since", "until", "max_time"], Roles("max_time", None, "since", "until"), id="half-a-timed-range-is-none"
        ),
        pytest.param(["p", "size"], Roles("size", page="p"), id="p-is-a-page"),
        pytest.param(["first", "after"], Roles("first", "after"), id="first-is-a-limit"),
        pytest.param(["q", "type"], Roles(), id="nothing"),
    ],
)
def test_a_name_tells_what_a_parameter_is_for(names: list[str], roles: Roles) -> None:
    assert read_roles(names) == roles


def test_what_is_missing_is_taken_from_elsewhere() -> None:
    assert Roles(limit="n").or_else(Roles("limit", "cursor")) == Roles("n", "cursor")
