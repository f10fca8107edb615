"""What can be otherwise in a world put together at random: the kinds of each move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datasync_crawler.simulator.faults import FaultKind
from datasync_crawler.simulator.switches import words
from datasync_crawler.simulator.ways import DUMP_FORMS, PLACES
from datasync_crawler.simulator.world import World

Kind = Mapping[str, object]
"""Switches that are set together; a list holds the values that one is chosen from."""

_STRUCK, _FAULTS = 0.015, list(FaultKind)
"""Share of the pages that a fault befalls in a world that has it; the faults."""


def _each(switch: str, *values: object) -> list[Kind]:
    return [{switch: value} for value in values]


def _other(switch: str) -> list[Kind]:
    """Every word of a switch but the one that is usual."""
    return _each(switch, *words(World())[switch][1:])


_FLAT: Kind = {
    "rows_at": ["items", "results", "records"],
    "limit_at": ["limit", "page_size"],
    "more_at": ["hasNext", "more"],
    "cursor_at": ["next", "after"],
    "life_at": "",
    "total_at": ["total", "totalCount"],
    "returned_at": ["count", "size"],
    "request_at": "",
}
_NESTED: Kind = {
    "rows_at": ["result.items", "payload.list.rows"],
    "limit_at": "result.pageInfo.size",
    "more_at": "result.pageInfo.hasNextPage",
    "cursor_at": ["result.pageInfo.endCursor", "links.next.token"],
    "life_at": "result.pageInfo.expiresIn",
    "total_at": "result.totalCount",
    "returned_at": "result.count",
    "request_at": "requestId",
}

UNMOVED: Mapping[str, str] = {
    "events seed speed": "every world has its own, for the time it takes",
    "id_prefix hidden_window drip_seconds dump_latency dump_limit dump_window ids_latency ids_window "
    "stream_access_window": "figures of a switch that is moved",
    "events_latency feed_latency feed_rows_per_second": "a pace, which the speed moves",
    "bulk_broken bulk_cap bulk_limit bulk_window sessions_limit sessions_window metrics_limit metrics_window": (
        "nothing there leads to events"
    ),
    "key_life outage_after outage_for outage_every tokens_die_every": (
        "what is drained then depends on the moment, and no oracle knows it"
    ),
    "submission_fault submissions_allowed submissions_listed": "befalls what is handed in, once all is drained",
}
"""Switches that no move sets, and why."""

MOVES: Mapping[str, Sequence[Kind]] = {
    "paths": [
        {
            "api_path": ["/platform/v3", "/rest/2026", "/data"],
            "internal_path": ["/console/api", "/backoffice"],
            "access_path": ["/live/ticket", "/grants"],
        }
    ],
    "lists": [
        {
            "events_name": ["records", "entries"],
            "sessions_name": "visits",
            "metrics_name": "gauges",
            "submissions_name": ["results", "deliveries"],
            "repository_parameter": ["repository_url", "repo"],
        }
    ],
    "moved": [
        {"events_moved_to": ["/records/all", "/api/v2/list"]},
        {"events_moved_to": ["/moved/rows", "/v9/stream-of-rows"], "moves_after": [15.0, 40.0]},
    ],
    "key-header": [
        {"key_header": ["X-Access-Key", "Api-Token"]},
        {"key_header": "Authorization", "key_scheme": ["Bearer", "Token"]},
    ],
    "key-names": [{"key_parameter": "accessKey", "sign_in_parameter": "accessKey", "key_cookie": "console_key"}],
    "token-header": [{"token_header": ["X-Live-Ticket", "Stream-Pass"]}],
    "offset-name": [{"offset_parameter": ["skip", "start"]}],
    "page-name": [{"page_parameter": ["pageNumber", "p"]}],
    "parameters": [
        {
            "limit_parameter": ["page_size", "count", "first"],
            "cursor_parameter": ["after", "page_token"],
            "since_parameter": ["from", "start_time"],
            "until_parameter": ["to", "end_time"],
        }
    ],
    "types": [{"type_filters": True, "type_parameter": ["kind", "category"]}],
    "layout": [_FLAT, _NESTED],
    "leading": _other("next_form"),
    "total-place": [
        {"total_form": "header", "total_header": ["X-Total", "Total-Records"]},
        {"total_form": "content-range"},
    ],
    "attributes": [{"attributes_under": ["attributes", "properties"], "texts_for_numbers": True}],
    "oldest": _other("oldest_first"),
    "fields": [
        {
            "id_field": ["eventId", "uid", "_id"],
            "time_field": ["occurredAt", "created", "ts"],
            "type_field": ["kind", "category"],
        }
    ],
    "snake": [{"snake_case": True}],
    "wrapper": [{"row_under": ["node", "event"]}],
    "id-form": [{"id_form": "upper"}, {"id_form": "prefixed", "id_prefix": ["evt_", "E-"]}, {"id_form": "integer"}],
    "time-form": _other("time_form"),
    "density": _other("density"),
    "ties": [{"tie_rate": 0.3}],
    "feed-mixed": [{"feed_mixed": True}],
    "budget-form": _other("budget_form"),
    "budget-lie": [{"budget_lie": [1.2, 1.5]}],
    "retry-form": _other("retry_form"),
    "silent-refusal": [{"refusal_silent": True}],
    "refusal-status": [{"refusal_status": [403, 420, 503]}],
    "hidden-limit": [{"hidden_limit": [12, 20], "hidden_window": [45, 60]}],
    "key-forms": [{"header_key": False}, {"query_key": False}],
    "door": [{"key_camel_accepted": True, "key_refusal": 403, "stats_needs_key": False}],
    "query-shares": [{"query_shares_header": True}],
    "feed-shares": [{"feed_shares_header": True}],
    "window-kind": _other("window_kind"),
    "refused-free": [{"refused_count": False}],
    "header-limit": [{"header_limit": [7, 15, 25], "header_window": [45, 90]}],
    "query-limit": [{"query_limit": [8, 12], "query_window": [45, 90]}],
    "feed-limit": [{"feed_limit": [12, 25], "feed_window": [60, 90]}],
    "feed-told": [{"feed_announced": True}],
    "feed-quiet": [{"feed_retry_after": False}],
    "no-limits": [{"limits": False}],
    "access-limit": [{"stream_access_limit": [2, 5], "stream_access_window": 60}],
    "no-cache": [{"cache": False}],
    "hits-count": [{"hits_count": True}],
    "etag": [{"not_modified": True, "cache_ttl": [300, 600]}],
    "compression": [{"compression": ["br,gzip", "br", "gzip"]}],
    "gzip": [{"gzip": True}],
    "cursor-form": _other("cursor_form"),
    "signed": [{"cursor_signed": True}],
    "long-cursor": [{"cursor_padding": 2_200}],
    "sting": [{"cursor_sting": ["a&b=c+d#e%20f", 'f?g;h/é "i"', "100%"]}],
    "bound-cursor": [{"cursor_bound": True}],
    "cursor-names": [{"cursor_id_field": "lastId", "cursor_time_field": "lastTs", "cursor_end_field": "validUntil"}],
    "cursor-life": [{"cursor_life": 45}],
    "cursor-unchecked": [{"cursor_checked": False}],
    "token-life": [{"token_life": [75, 120]}],
    "one-token": [{"token_cancels_older": True}],
    "no-feed": [{"feed": False}],
    "feed-open": [
        {"feed_open": True, "feed_written": place, "feed_path": ["/api/v1/streams/k2v9/live", "/hose/7"]}
        for place in words(World())["feed_written"][1:]
        if place != "nowhere"
    ],
    "feed-wants": _each("feed_wants", "user-agent", "referer", "cookie"),
    "access-wants": _each("stream_access_wants", "origin", "referer", "cookie,origin", ""),
    "ranges-off-feed": [{"ranges_on_feed": False}],
    "ranges-on-list": [{"ranges_on_events": True}],
    "since-form": _other("since_form"),
    "since-excluded": [{"since_inclusive": False}],
    "until-included": [{"until_inclusive": True}],
    "filtered-total": [{"filtered_total": True}],
    "offset-honoured": [{"offset_honoured": True}],
    "teapot": _other("teapot"),
    "paging": [{"paging": "offset"}, {"paging": "page", "first_page": 0}] * 3 + [{"paging": "page"}],
    "over-cap": [{"over_cap": "refused", "page_default": 25}],
    "page-cap": [{"page_cap": [50, 60], "page_default": 25}, {"page_cap": 400}, {"page_cap": 100_000}],
    "feed-cap": [{"feed_cap": 50}, {"feed_cap": 300, "feed_default": 50}],
    "ids": [
        {"ids_path": ["/ids", "/uuids"], "ids_written": place, "ids_cap": [300, 1_000], "ids_limit": [3, 10]}
        for place in PLACES
    ],
    "dump": [
        {
            "dump_path": ["/export", "/reports/full"],
            "dump_form": form,
            "dump_written": place,
            "dump_rows_per_second": rate,
        }
        for form, place, rate in zip(
            [*DUMP_FORMS, "ndjson", "csv"], words(World())["dump_written"], [40, 400, 4_000, 400, 400, 40], strict=True
        )
    ],
    "sparse": [{"sparse_fields": True, "fields_parameter": ["select", "columns"]}],
    "accept": _each("accept_forms", "ndjson,csv", "ndjson", "csv"),
    "lift": [
        {"lift_header": ["X-Client-Mode: bulk", "X-Plan: partner"], "lift_written": place} | lifted
        for place, lifted in zip(
            # A chunk's or a map's own words on headers are not read.
            ["bundle", "docs", "docs", "bundle", "bundle", "nowhere"],
            [{"lifted_limit": 40}, {"lifted_cap": 500}] * 3,
            strict=True,
        )
    ],
    "total-untold": [{"total_told": False}],
    "more-told": _other("more_told"),
    "repeats": [{"repeats": [1, 3]}],
    "arrivals": [{"arrivals": [10, 60], "arrival_every": [2, 4]}],
    "loop": [{"loop_at": [0.3, 0.6], "loop_on": place} for place in words(World())["loop_on"]],
    "total-extra": _each("total_extra", -30, 40),
    "stats-extra": _each("stats_extra", -30, 25),
    "no-latency": [{"latency": False}],
    "faults": [
        {f"fault_{_FAULTS[(first + apart) % len(_FAULTS)].value}": _STRUCK for apart in (0, 3, 7)}
        for first in range(len(_FAULTS))
    ],
}
