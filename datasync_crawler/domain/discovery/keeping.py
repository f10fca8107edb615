"""Keeping the rows that probes brought: the shards a ledger begins with, and the pages that are stored in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.evidence import feed_answer
from datasync_crawler.domain.discovery.exchange import Answer
from datasync_crawler.domain.discovery.handout import feed_name
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import Endpoint
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.domain.shard import Checkpoint

_PROOF = "probe"


@dataclass(frozen=True, slots=True)
class Kept:
    """A page of a probe: which of the first shards it belongs to, and how far that shard has come with it."""

    shard: int
    lane: str
    page: Page
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Half-open bounds (microseconds) of the first shards, newest first, and the pages to store in them in order."""

    bounds: tuple[tuple[int | None, int | None], ...]
    pages: tuple[Kept, ...]


def beginnings(case: Case, endpoints: Sequence[Endpoint], *, whole: bool = False) -> Beginnings | None:
    """What to keep; None when the newest page cannot be given a place in time.

    The newest page proves the range down to its oldest time, which itself may go on in the next page: it belongs to
    the second shard. An endpoint that can start nowhere but at its newest row goes on behind the page that it served,
    and the others meet it from below. With ``whole`` pages hold whole events.
    """
    main = case.main
    fixed = [endpoint.name for endpoint in endpoints if not endpoint.positionable]
    if fixed:
        return _chain(case, fixed, whole=whole)
    if main is None or main.listing is None or not main.listing.descending:
        return None
    page = _page(main, whole=whole)
    oldest = page.oldest
    if oldest is None or None in page.times:
        return None
    edge = oldest + main.listing.shape.time_unit
    first = Kept(0, main.probe.pool, page, _checkpoint(page, _PROOF))
    return Beginnings(((edge, None), (None, edge)), (first, *_next(case, page, edge, whole=whole)))


def _chain(case: Case, fixed: Sequence[str], *, whole: bool) -> Beginnings | None:
    """One shard over all, begun with the newest page of an endpoint that has to be walked from there."""
    pages = [case.main, feed_answer(case, feed_name(case))]
    begun = [answer for answer in pages if answer and answer.probe.endpoint in fixed and answer.listing]
    answer = next((a for a in reversed(begun) if a.probe.high is None and a.shown.page.next_cursor), None)
    if answer is None or not answer.shown.descending:
        return None
    page = _page(answer, whole=whole)
    expires = None if page.cursor_life is None else answer.at + page.cursor_life
    mark = replace(_checkpoint(page), cursor=page.next_cursor, cursor_expires=expires)
    return Beginnings(((None, None),), (Kept(0, answer.probe.pool, page, mark),))


def _next(case: Case, newest: Page, edge: int, *, whole: bool) -> Sequence[Kept]:
    """The handed-out endpoint's page, when it was asked for where the newest ends and overlaps it."""
    answer = feed_answer(case, feed_name(case))
    if answer is None or answer.probe.high != edge or answer.listing is None or not answer.listing.descending:
        return ()
    page = _page(answer, whole=whole)
    below = all(time is not None and time < edge for time in page.times)
    joined = below and newest.ids[-1] in page.ids
    return (Kept(1, answer.probe.pool, page, _checkpoint(page)),) if joined else ()


def _page(answer: Answer, *, whole: bool) -> Page:
    return PageReader(answer.shown.shape, whole=True).read(answer.body) if whole else answer.shown.page


def _checkpoint(page: Page, proof: str | None = None) -> Checkpoint:
    return Checkpoint(position=page.oldest, last_id=page.ids[-1], proof=proof)
