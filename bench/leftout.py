"""Combinations of switches that no world at random has: nobody could judge them, or a switch would move nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasync_crawler.simulator.world import World


@dataclass(frozen=True, slots=True)
class Need:
    """Some switches are moved only in a world of which something holds, because else … (``reason``)."""

    reason: str
    switches: frozenset[str]
    holds: Callable[[World], bool]


def _need(reason: str, switches: str, holds: Callable[[World], bool]) -> Need:
    return Need(reason, frozenset(switches.split()), holds)


def _made(world: World) -> bool:
    """Whether cursors can be made."""
    return world.ways.paging == "cursor" and world.cursors.cursor_form != "sealed" and not world.cursor_signed


def _shrinks_by_one(world: World) -> bool:
    lie = world.budgets.budget_lie
    limits = (world.header_limit, world.query_limit, world.ways.lifted_limit or world.header_limit)
    return all(round(limit * lie) - round((limit - 1) * lie) == 1 for limit in limits)


def _ranged(world: World) -> bool:
    """Whether a list takes bounds by time."""
    return world.ranges_on_events or (world.ways.feed_told and world.ways.ranges_on_feed)


def _lives(world: World) -> bool:
    """Whether a cursor outlives the wait for a window."""
    return not world.cursor_checked or world.cursor_life > 1.3 * max(world.header_window, world.budgets.hidden_window)


NEEDS: tuple[Need, ...] = (
    _need(
        "no feed is told",
        "feed_cap feed_default feed_mixed feed_limit feed_announced feed_retry_after feed_shares_header feed_wants "
        "ranges_on_feed",
        lambda world: world.ways.feed_told,
    ),
    _need(
        "nothing wants a token",
        "token_header token_life token_cancels_older stream_access_wants stream_access_limit fault_revoked_token",
        lambda world: world.ways.feed_told and not world.ways.feed_open,
    ),
    _need(
        "lists go on by number",
        "cursor_form cursor_signed cursor_padding cursor_sting cursor_bound cursor_life cursor_checked "
        "cursor_id_field loop_at offset_honoured",
        lambda world: world.ways.paging == "cursor",
    ),
    _need(
        "a chain that waits for its window outlives its cursor",
        "cursor_life cursor_form cursor_signed",
        lambda world: _made(world) or _lives(world),
    ),
    _need("nothing is lifted", "lifted_cap", lambda world: world.ways.lifted_cap > world.page_cap),
    _need("only a made cursor points past the ends", "teapot", _made),
    _need("what cannot be read has no names", "cursor_id_field", lambda world: world.cursors.cursor_form != "sealed"),
    _need("the life is not checked", "cursor_life", lambda world: world.cursor_checked),
    _need(
        "nothing is counted",
        "header_limit query_limit feed_limit hidden_limit query_shares_header feed_shares_header budget_form "
        "budget_lie retry_form refusal_silent window_kind refused_count feed_announced feed_retry_after "
        "stream_access_limit hits_count lifted_limit",
        lambda world: world.limits,
    ),
    _need("nothing is told of limits", "budget_lie feed_announced", lambda world: world.budgets.budget_form != "none"),
    _need("a budget that shrinks by two for a call tells no window", "budget_lie", _shrinks_by_one),
    _need("a silent refusal tells no moment", "retry_form", lambda world: not world.budgets.refusal_silent),
    _need(
        "the key has one form",
        "query_shares_header query_limit lifted_limit",
        lambda world: world.budgets.header_key and world.budgets.query_key,
    ),
    _need("the header's form is refused", "key_header header_limit", lambda world: world.budgets.header_key),
    _need(
        "nothing takes bounds",
        "since_form since_inclusive until_inclusive since_parameter filtered_total",
        _ranged,
    ),
    _need(
        "nothing is called offset",
        "offset_parameter",
        lambda world: world.offset_honoured or world.ways.paging == "offset",
    ),
    _need("nothing is called page", "page_parameter", lambda world: world.ways.paging == "page"),
    _need(
        "pages of a fixed stride that repeat rows pass others by", "repeats", lambda world: world.ways.paging != "page"
    ),
    _need(
        "ids alone that cannot be cut are no way beside a list that can",
        "ids_path",
        lambda world: _made(world) and not world.cursors.cursor_bound,
    ),
    _need(
        "ids alone are entered as the list is, so they are left where they run against it",
        "ids_path",
        lambda world: world.ways.oldest_first in ("none", "both"),
    ),
    _need(
        "no bound by time parts an instant that fills a page, and the numbers of its rows are left beside such bounds",
        "density",
        lambda world: (
            world.rows.density not in ("ties", "instant") or world.ways.paging == "cursor" or not _ranged(world)
        ),
    ),
    _need(
        "a total that is not told is not wrong, and stands nowhere",
        "total_extra total_form total_header",
        lambda world: world.truth.total_told,
    ),
    _need(
        "a silent refusal that has no status of its own cannot be told from others",
        "refusal_status",
        lambda world: world.limits and not world.budgets.refusal_silent,
    ),
    _need(
        "rows that come make up for those that are told of and are not there",
        "arrivals",
        lambda world: max(world.total_extra if world.truth.total_told else world.stats_extra, 0) == 0,
    ),
    _need(
        "no feed has an order",
        "oldest_first",
        lambda world: world.ways.feed_told or world.ways.oldest_first == "events",
    ),
    _need(
        "where nothing tells a total under the list's own name, an end is watched for longer than a world may take",
        "total_told events_name",
        lambda world: world.truth.total_told or world.names.events_name == "events",
    ),
    _need(
        "past the loop of a list that takes no bounds nothing leads but another list, and one that needs no token is "
        "not asked for bounds",
        "loop_at loop_on cursor_form cursor_signed feed_open ranges_on_feed ranges_on_events",
        lambda world: (
            not world.truth.loop_at
            or world.truth.loop_on == "feed"
            or _made(world)
            or world.ranges_on_events
            or not world.ways.feed_open
        ),
    ),
    _need(
        "no bound by time leads past a loop amid an instant that fills pages; between rows of one time none is tried",
        "loop_at density cursor_form cursor_signed",
        lambda world: not world.truth.loop_at or world.rows.density not in ("ties", "instant") or _made(world),
    ),
    _need(
        "numbers of rows that move while pages are kept are told apart by nothing but a total",
        "arrivals paging total_told cache_ttl not_modified",
        lambda world: (
            world.ways.paging == "cursor" or not (world.truth.arrivals and world.cache) or world.truth.total_told
        ),
    ),
    _need("nothing is kept", "hits_count cache_ttl not_modified", lambda world: world.cache),
    _need(
        "the loop is where nobody walks",
        "loop_at",
        lambda world: world.truth.loop_on != "feed" or world.ways.feed_told,
    ),
    _need(
        "everything is a list of ids or has no rows of its own",
        "dump_form",
        lambda world: not (world.ways.dump_form == "ids" and world.rows.row_under),
    ),
)


def left_out(world: World, moved: AbstractSet[str]) -> Iterable[str]:
    """Why a world with some switches moved is left out; nothing where it is not."""
    return (need.reason for need in NEEDS if moved & need.switches and not need.holds(world))
