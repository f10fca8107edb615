"""Keeping the rows that probes brought: the shards a ledger begins with, and the pages that are stored in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.evidence import feed_answer
from datasync_crawler.domain.discovery.exchange import Answer
from datasync_crawler.domain.discovery.handout import feed_name
from datasync_crawler.domain.discovery.position import made_time
from datasync_crawler.domain.discovery.totals import told_later
from datasync_crawler.domain.links import followed
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import Endpoint, Profile
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.domain.ways import joining, numbered, upwards

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
    """Half-open bounds (microseconds) of the first shards, uppermost first, and the pages to store in them."""

    bounds: tuple[tuple[int | None, int | None], ...]
    pages: tuple[Kept, ...]

    def go_on_from(self, earlier: Beginnings) -> bool:
        """Whether they are those of an earlier moment, with nothing but further pages."""
        return self.bounds == earlier.bounds and self.pages[: len(earlier.pages)] == earlier.pages


def begun_by(case: Case, profile: Profile, *, whole: bool = False, settled: bool = True) -> Beginnings | None:
    """What to keep of the rows that came with a case, as its profile has it; None also where rows are numbered.

    While it is not ``settled`` where an endpoint can start, every one is believed to start anywhere.
    """
    if numbered(profile):
        return None
    endpoints = joining(profile, whole=whole) if settled else ()
    return beginnings(case, endpoints, up=upwards(profile), whole=whole)


def beginnings(
    case: Case, endpoints: Sequence[Endpoint], *, up: bool = False, whole: bool = False
) -> Beginnings | None:
    """What to keep of lists that run along the set's axis, ``up`` or not; None when no place can be given to it.

    The first page proves the range down to its last place, which itself may go on in the next page: it belongs to
    the second shard. An endpoint that can start nowhere but at its first row goes on behind the page that it served,
    and the others meet it from below. A page with rows that cannot be stored is left: it is asked for again; so is
    the newest one when rows that came after it may be counted. With ``whole`` pages hold whole events.
    """
    main = case.main
    fixed = [it.name for it in endpoints if not it.positionable and (it.streamed or it.descending is not up)]
    if told_later(case) and not up:
        return None
    if fixed:
        return _chain(case, fixed, up=up, whole=whole)
    if main is None or main.listing is None or main.listing.descending is not (not up):
        return None
    page, time = _page(main, up=up, whole=whole), made_time(main.listing)
    if time is None or None in page.times or page.rejected:
        return None
    edge = -time if up else time
    first = Kept(0, main.probe.pool, page, _checkpoint(page, _PROOF))
    return Beginnings(((edge, None), (None, edge)), (first, *_next(case, page, edge, up=up, whole=whole)))


def _chain(case: Case, fixed: Sequence[str], *, up: bool, whole: bool) -> Beginnings | None:
    """One shard over all, begun with the first page of an endpoint that has to be walked from there."""
    pages = [case.main, feed_answer(case, feed_name(case))]
    begun = [answer for answer in pages if answer and answer.probe.endpoint in fixed and answer.listing]
    answer = next((a for a in reversed(begun) if a.probe.high is None and a.shown.page.next_cursor), None)
    if answer is None or answer.shown.descending is not (not up):
        return None
    page = _page(answer, up=up, whole=whole)
    if page.rejected:
        return None
    expires = None if page.cursor_life is None else answer.at + page.cursor_life
    mark = replace(_checkpoint(page), cursor=page.next_cursor, cursor_expires=expires)
    return Beginnings(((None, None),), (Kept(0, answer.probe.pool, page, mark),))


def _next(case: Case, first: Page, edge: int, *, up: bool, whole: bool) -> Sequence[Kept]:
    """The handed-out endpoint's page, when it was asked for where the first one ends and overlaps it."""
    answer = feed_answer(case, feed_name(case))
    if answer is None or answer.listing is None or answer.listing.descending is not (not up):
        return ()
    page = _page(answer, up=up, whole=whole)
    placed = answer.probe.high == (-edge if up else edge) and None not in page.times and not page.rejected
    joined = placed and page.newest is not None and page.newest < edge and first.ids[-1] in page.ids
    return (Kept(1, answer.probe.pool, page, _checkpoint(page)),) if joined else ()


def _page(answer: Answer, *, up: bool, whole: bool) -> Page:
    shape = answer.shown.shape
    if not whole:
        return replace(answer.shown.page, upwards=up)
    reader = PageReader(shape, whole=True, upwards=up)
    return followed(reader.read(answer.body), shape, answer.probe.url, answer.headers)


def _checkpoint(page: Page, proof: str | None = None) -> Checkpoint:
    return Checkpoint(position=page.oldest, last_id=page.ids[-1], proof=proof)
