"""The questions after the first page: the key in the query, the handed-out endpoint, filters by time, made cursors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.evidence import (
    ends_of,
    feed_answer,
    position_proven,
    proven_number,
    tells_place,
)
from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question
from datasync_crawler.domain.discovery.handout import feed_name, feed_route, shares_rows
from datasync_crawler.domain.discovery.listing import Listing
from datasync_crawler.domain.discovery.numbers import ask_number
from datasync_crawler.domain.discovery.position import Ends, made_time, pick_range, pick_time
from datasync_crawler.domain.discovery.probing import (
    LARGE,
    USUAL,
    cap_of,
    limit_name,
    made_cursor,
    plain_probe,
    route_of,
    spoken_size,
    token_probe,
    with_query,
)
from datasync_crawler.domain.discovery.routes import Route
from datasync_crawler.domain.profile import Credential
from datasync_crawler.domain.times import write_bound

_FEW, _ENOUGH = 10, 1_000
_MOST_TRIES = 2
_MILLIS, _UNITS = 1000, (1_000_000, 1000, 1)
_MOST_FORMS = 3
# Seconds by which a call is surely counted after one that left before it.
_A_MOMENT = 0.4
# After so many rounds nothing is left for a later one.
_LATE = 2


def ask_query(case: Case, main: Answer, newest: Listing) -> Iterator[Probe]:
    """The key in the query, on a cursor of our own making where one can be made: two questions in one call."""
    name = next_query_name(case)
    if name is None or (main.probe.credential and main.probe.credential.place == "query"):
        return
    route = route_of(case, main)
    high, made = _made(case, route, main, pick_time(newest))
    probe = plain_probe(route, Credential("query", name), Question.QUERY)
    url = with_query(route.url, [(limit_name(route), str(_FEW)), *made])
    yield replace(probe, url=url, asked=_FEW, high=high)


def next_query_name(case: Case) -> str | None:
    """The next parameter to try for the key; None when one was taken, or enough were tried."""
    tried = case.heard(Question.QUERY, case.main.probe.endpoint if case.main else None)
    if any(answer.ok for answer in tried) or len(tried) >= _MOST_TRIES:
        return None
    refused = {answer.probe.credential.name for answer in tried if answer.probe.credential and answer.refused}
    return next((name for name in case.query_names if name not in refused), None)


def ask_feed(case: Case, main: Answer, newest: Listing) -> Iterator[Probe]:
    """A full page of the handed-out endpoint, from where the newest page ends if a cursor for that can be made."""
    route, asked = feed_route(case), case.heard(Question.POSITION, feed_name(case))
    if route is None or any(answer.listing for answer in asked) or len(asked) >= _MOST_TRIES:
        return
    end = made_time(newest)
    high, made = _made(case, route, main, end)
    smaller = spoken_size(asked[-1]) if asked else None
    rows = smaller or (LARGE if main.probe.asked == LARGE else cap_of(main))
    url = with_query(route.url, [(limit_name(route, case), str(rows)), *made])
    yield replace(token_probe(case, route, Question.POSITION), url=url, asked=rows, high=high)


def ask_share(case: Case, main: Answer, *, feed_asked: bool) -> Iterator[Probe]:
    """One row of the collection, once the handed-out endpoint was called that announces no pool of its own.

    With ``feed_asked`` that call is one of the same round: calls are counted when they arrive, so it is enough that
    this one comes a moment later.
    """
    feed = feed_answer(case, feed_name(case))
    called = feed_asked if feed is None else not feed.rate.announced
    if not called or not main.rate.announced or case.heard(Question.SHARE):
        return
    route = route_of(case, main)
    probe = plain_probe(route, main.probe.credential, Question.SHARE)
    url = with_query(route.url, [(limit_name(route), "1")])
    yield replace(probe, url=url, asked=1, delay=_A_MOMENT if feed_asked else 0.0)


def ask_range(case: Case, main: Answer, newest: Listing) -> Iterator[Probe]:
    """Both filters by time in one call, between the times of two known rows, where no made cursor stands."""
    route, name = feed_route(case), feed_name(case)
    page = feed_answer(case, name)
    if route is not None and page is not None and page.listing is not None and not position_proven(case, name):
        # Between rows of the collection the answer also shows whether they are the same ones. A page of one time has
        # nothing to ask between.
        own = page.listing if shares_rows(case) and pick_range(page.listing) is not None else newest
        yield from _between(case, route, own, token_probe(case, route, Question.RANGE))
    numbered = any(ask_number(case, main)) or proven_number(case, main.probe.endpoint) is not None
    if needs_an_entry(case, main) and not numbered:
        way = route_of(case, main)
        yield from _between(case, way, newest, plain_probe(way, main.probe.credential, Question.RANGE))


def ask_position(case: Case, main: Answer, newest: Listing) -> Iterator[Probe]:
    """A cursor of our own on the main collection, where the query's call cannot answer that as well."""
    queries, asked = case.asked(Question.QUERY), case.heard(Question.POSITION, main.probe.endpoint)
    known = any(map(tells_place, (*queries, *asked)))
    hopeful = next_query_name(case) is not None and case.rounds < _LATE
    if known or hopeful or len(asked) >= _MOST_TRIES:
        return
    route = route_of(case, main)
    high, made = _made(case, route, main, pick_time(newest))
    if made:
        url = with_query(route.url, [(limit_name(route), str(_FEW)), *made])
        probe = plain_probe(route, main.probe.credential, Question.POSITION)
        yield replace(probe, url=url, asked=_FEW, high=high)


def needs_an_entry(case: Case, main: Answer) -> bool:
    """Whether no cursor of our own making leads into the main collection, so that it has to be entered otherwise."""
    if main.listing is None or main.listing.cursor is None:
        return True
    return any(refuse_made(case)) and not position_proven(case, main.probe.endpoint)


def refuse_made(case: Case) -> Iterator[str]:
    """The endpoints that refused a cursor of our own making for what it is."""
    for answer in case.answers:
        made = answer.probe.high is not None and answer.probe.low is None
        if made and answer.disliked and not spoken_size(answer):
            yield answer.probe.endpoint


def _made(case: Case, route: Route, main: Answer, high: int | None) -> tuple[int | None, list[tuple[str, str]]]:
    # What another endpoint refuses may be good on that whose cursors it is like.
    own = route.name == main.probe.endpoint
    refused = any(not own or name == route.name for name in refuse_made(case))
    made = [] if main.listing is None or refused else made_cursor(route, main.listing, high, main.at)
    return (high if made else None), made


def _between(case: Case, route: Route, known: Listing, probe: Probe) -> Iterator[Probe]:
    asked, ends, roles = case.heard(Question.RANGE, probe.endpoint), pick_range(known), route.roles.or_else(USUAL)
    unit = known.shape.time_unit
    form = _next_form(asked, unit if known.numeric else min(unit, _MILLIS))
    if ends is None or form is None or len(asked) >= _MOST_FORMS:
        return
    (low, high), (unit, iso) = ends, form
    bounds = ((roles.since or "", low), (roles.until or "", high))
    times = [(name, write_bound(at, unit, iso=iso)) for name, at in bounds]
    rows = min(_ENOUGH, len(known.page.ids))
    url = with_query(route.url, [(limit_name(route, case), str(rows)), *times])
    yield replace(probe, url=url, asked=rows, low=low, high=high, unit=unit, iso=iso)


def _next_form(asked: Sequence[Answer], native: int) -> tuple[int, bool] | None:
    """The unit (microseconds) of the next bounds, and whether they are written in ISO form; None when all is known.

    Bounds that were ignored may not have been understood as numbers; those that let nothing through, or were refused,
    may count in other units.
    """
    if not asked:
        return native, False
    last, tried = asked[-1], {(answer.probe.unit, answer.probe.iso) for answer in asked}
    if ends_of(last) != Ends(None, None):
        return None
    if last.listing is not None:
        return None if last.probe.iso else (min(native, _MILLIS), True)
    if not (last.ok or last.disliked):
        return last.probe.unit, last.probe.iso
    return next(((unit, False) for unit in _UNITS if (unit, False) not in tried), None)
