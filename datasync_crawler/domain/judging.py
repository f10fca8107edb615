"""What an answer means for the shard that asked: how far it has come, and whether an end is to be believed."""

from __future__ import annotations

from dataclasses import replace

from datasync_crawler.domain.cursor import told_time
from datasync_crawler.domain.errors import PageError
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import Endpoint
from datasync_crawler.domain.shard import Checkpoint, Shard


class Misplaced(PageError):
    """Raised when a page starts above the position that was asked for, from judging."""


# The share of a cursor's life that a margin may take.
_MOST_MARGIN = 0.25


def sharpened(page: Page, endpoint: Endpoint) -> Page:
    """The page with its last row's time as the next cursor tells it, which may be finer than it is printed."""
    if endpoint.cursor is None or not page.ids or page.next_cursor is None:
        return page
    printed = page.times[-1]
    if printed is not None and endpoint.cursor.time_unit >= endpoint.shape.time_unit:
        return page
    told = told_time(endpoint.cursor, page.next_cursor, page.ids[-1])
    if told is not None and printed is None and endpoint.shape.bare:
        return replace(page, times=[*page.times[:-1], told])
    if told is None or printed is None or not printed < told < printed + endpoint.shape.time_unit:
        return page
    return replace(page, times=[*page.times[:-1], told])


EMPTY = Page(ids=[], times=[], has_more=False)
"""What an answer without rows outside of the data's range amounts to."""


def judge(shard: Shard, page: Page, *, top: int | None, answered_at: float, cursor_margin: float = 0.0) -> Checkpoint:
    """The shard's checkpoint after a page of rows not newer than ``top``; it has a proof once low was passed.

    ``answered_at`` is the wall time in seconds; the last ``cursor_margin`` seconds of a cursor's life, a quarter of it
    at most, are not counted on. An end that is only told (:func:`ends`) is not proven by this. Raises
    Misplaced when rows are newer than what was asked for.
    """
    if top is not None and _lies_above(page, top):
        raise Misplaced("the page starts above the position that was asked for")
    before = shard.checkpoint
    if not page.ids and not page.rejected:
        return before
    position = before.position if page.oldest is None else page.oldest
    # Of numbered rows the last one is known to be the last; of rows at one time there may be more.
    beyond = None if position is None else position - (1 if page.start is not None else 0)
    passed = shard.low is not None and beyond is not None and beyond < shard.low
    return Checkpoint(
        position=position,
        last_id=page.ids[-1] if page.ids else before.last_id,
        cursor=page.next_cursor,
        cursor_expires=_expiry(page.cursor_life, answered_at, cursor_margin),
        proof="passed" if passed else None,
    )


def _lies_above(page: Page, top: int) -> bool:
    """Whether a page leads back: rows that came meanwhile push known ones into it, and it still goes on below them."""
    newest, oldest = page.newest, page.oldest
    return newest is not None and oldest is not None and newest > top and oldest >= top


def _expiry(life: float | None, answered_at: float, margin: float) -> float | None:
    return None if life is None else answered_at + life - min(margin, life * _MOST_MARGIN)


def ends(page: Page, *, asked: int, flagged: bool, chained: bool) -> bool:
    """Whether a page tells that nothing comes after it.

    ``flagged`` says that this API tells the end with a flag, ``chained`` that it hands out cursors; only an API with
    neither is judged by a short page. A flag beside a cursor is no end: the cursor tells what comes.
    """
    served = len(page.ids) + len(page.rejected)
    if not served:
        return True
    if chained:
        return page.next_cursor is None
    return page.has_more is False if flagged else served < asked


def stays(page: Page, before: Checkpoint, *, asked: int) -> bool:
    """Whether a short page ends with the row that was reached before: nothing comes after it, whatever a flag says."""
    return bool(page.ids) and page.ids[-1] == before.last_id and len(page.ids) + len(page.rejected) < asked
