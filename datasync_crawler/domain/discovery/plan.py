"""Which probes to send next: few, each for an open question, never two at once into a pool of unknown size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from datasync_crawler.domain.discovery.bare import ask_bare, may_be_bare
from datasync_crawler.domain.discovery.candidates import collections, figures, grants
from datasync_crawler.domain.discovery.case import Case, total_of
from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question
from datasync_crawler.domain.discovery.handout import grant_headers, grant_url, page_headers
from datasync_crawler.domain.discovery.lifting import ask_lift, ask_sparse
from datasync_crawler.domain.discovery.numbers import ask_number
from datasync_crawler.domain.discovery.probing import LARGE, SMALLEST, plain_probe, route_of, rows_probe, spoken_size
from datasync_crawler.domain.discovery.questions import (
    ask_feed,
    ask_position,
    ask_query,
    ask_range,
    ask_share,
    needs_an_entry,
)
from datasync_crawler.domain.discovery.routes import Route
from datasync_crawler.domain.discovery.wholes import ask_whole, may_be_whole
from datasync_crawler.domain.ratelimit import read_refusal

# Calls whose credential was not taken tell nothing else, and so many of them come on top.
MOST_ROUNDS, MOST_CALLS, MOST_IN_VAIN = 8, 15, 5
_LESS = 1_000
# A page this small after a large ask may be the service's default and not its cap.
_SUSPICIOUS = 200
_MOST_TRIES, _MOST_LOOKS = 3, 5
# A list that holds hardly more is the same one, looked at a little later.
_GREATER = 1.01
_USUAL_PAUSE, _MARGIN = 60.0, 1.0


def next_round(case: Case) -> tuple[Probe, ...]:
    """The probes of the next round; none when everything is settled, or nothing more may be asked."""
    in_vain = sum(answer.refused for answer in case.answers)
    left = MOST_CALLS + min(MOST_IN_VAIN, in_vain) - len(case.answers)
    unheard = not any(_heard(answer) for answer in case.answers)
    wanted = opening(case) if unheard else follow_up(case)
    if unheard and case.answers:
        # Another way for the key is tried with one call.
        wanted = islice(wanted, 1)
    return tuple(_within_pools(case, wanted))[:left]


def opening(case: Case) -> Iterator[Probe]:
    """The first round: a full page of the likeliest collection, a look at others, the figures, the token."""
    way = case.way
    if way is None:
        return
    others = [route for route in case.routes if may_be_whole(route) or may_be_bare(route)]
    lists = [route for route in collections(case.routes, case.api_base) if route not in others]
    for index, route in enumerate(lists[:_MOST_LOOKS]):
        question, rows = (Question.GLANCE, 1) if index else (Question.ROWS, LARGE)
        probe = rows_probe(route, way.credential, question, rows)
        yield replace(probe, headers=page_headers(case, way.credential)) if index else probe
    if not any(knock.probe.question is Question.FIGURES and knock.ok for knock in case.knocks):
        for route in figures(case.routes, case.api_base)[:1]:
            yield plain_probe(route, way.credential, Question.FIGURES)
    for route in grants(case.routes)[:2]:
        yield replace(
            plain_probe(route, None, Question.GRANT),
            url=grant_url(route, way.credential),
            method=route.method,
            headers=grant_headers(case, route, way.credential),
        )


def follow_up(case: Case) -> Iterator[Probe]:
    """Whatever is still open after the rounds before."""
    if _just_heard(case):
        yield from islice(opening(case), 1, None)
    yield from _rows_again(case)
    yield from _grant_again(case)
    main = case.main
    if main is None or main.listing is None:
        return
    if needs_an_entry(case, main):
        yield from ask_number(case, main)
    yield from ask_lift(case, main)
    yield from ask_whole(case, main)
    yield from ask_bare(case, main)
    yield from ask_query(case, main, main.listing)
    feed = tuple(ask_feed(case, main, main.listing))
    yield from feed
    yield from ask_share(case, main, feed_asked=bool(feed))
    yield from ask_range(case, main, main.listing)
    yield from ask_position(case, main, main.listing)
    yield from ask_sparse(case, main)


def _heard(answer: Answer) -> bool:
    """Whether the key was taken, as far as an answer tells: an address that is not there asks for none."""
    return not answer.refused and answer.status != 404  # noqa: PLR2004 - HTTP's own


def _just_heard(case: Case) -> bool:
    """Whether the last round was the first in which the key was taken, in another way than before."""
    asked = case.asked(Question.ROWS)
    return len(asked) == case.rounds > 1 and all(answer.refused for answer in asked[:-1]) and not asked[-1].refused


def _within_pools(case: Case, wanted: Iterable[Probe]) -> Iterator[Probe]:
    room: dict[str, int] = {}
    for probe in wanted:
        told = [a.rate.remaining for a in case.answers if a.probe.pool == probe.pool and a.rate.remaining is not None]
        left = room.setdefault(probe.pool, max(told[-1], 1) if told else 1)
        if left > 0:
            room[probe.pool] = left - 1
            yield probe


def pause_before(case: Case, probes: Iterable[Probe], now: float) -> float:
    """Seconds to wait at the wall time ``now`` so that no probe meets a pool that is known to be empty."""
    waits = [0.0]
    for pool in {probe.pool for probe in probes}:
        last = next((a for a in reversed(case.answers) if a.probe.pool == pool), None)
        if last is not None and (last.limited or last.rate.remaining == 0):
            told = last.rate.retry_after or last.rate.reset or read_refusal(last.body, last.at) or _USUAL_PAUSE
            waits.append(last.at + told + _MARGIN - now)
    return max(waits)


def _rows_again(case: Case) -> Iterator[Probe]:
    asked = case.asked(Question.ROWS)
    way, last = case.way, asked[-1] if asked else None
    if last is None or way is None:
        return
    named = any(r.name == last.probe.endpoint for r in collections(case.routes, case.api_base))
    route = route_of(case, last) if named else None
    greater = _greater(case)
    if greater is not None:
        yield rows_probe(greater, way.credential, Question.ROWS, LARGE)
    elif route is not None and not _lost(case):
        if last.refused and last.probe.credential != way.credential:
            yield rows_probe(route, way.credential, Question.ROWS, LARGE)
        elif not last.refused and (rows := _other_size(case, last)):
            yield rows_probe(route, way.credential, Question.ROWS, rows)


def _greater(case: Case) -> Route | None:
    """A collection that a glance showed to hold more records than the one taken for the main."""
    main = case.main
    known = total_of(main.listing) * _GREATER if main and main.listing else -1
    for glance in case.asked(Question.GLANCE):
        tried = case.asked(Question.ROWS, glance.probe.endpoint)
        if glance.listing and total_of(glance.listing) > known and not tried and (main or _lost(case)):
            return next((r for r in case.routes if r.name == glance.probe.endpoint and r.method == "GET"), None)
    return None


def _lost(case: Case) -> bool:
    return len(_tries(case)) >= _MOST_TRIES


def _tries(case: Case, endpoint: str | None = None) -> list[Answer]:
    """The answers about rows that are about rows: those that refused a way for the key are none."""
    return [answer for answer in case.asked(Question.ROWS, endpoint) if not answer.refused]


def _other_size(case: Case, last: Answer) -> int | None:
    """The page size to ask for next, when the last answer left it open; None when it did not."""
    asked = last.probe.asked or LARGE
    if len(_tries(case, last.probe.endpoint)) >= _MOST_TRIES:
        return None
    if last.listing is None:
        return _smaller(case, last, asked) if last.disliked else asked
    served = len(last.listing.page.ids)
    told = next((cap for cap in case.caps if _SUSPICIOUS < cap < asked), _LESS)
    return told if served <= _SUSPICIOUS < told < asked and total_of(last.listing) > served else None


def _smaller(case: Case, last: Answer, asked: int) -> int:
    """A page size below the one refused: the largest number that the refusal speaks of, else a text, else a tenth."""
    fitting = [cap for cap in case.caps if SMALLEST <= cap < asked]
    return spoken_size(last) or max(fitting, default=asked // 10)


def _grant_again(case: Case) -> Iterator[Probe]:
    asked = case.asked(Question.GRANT)
    failed = [answer for answer in asked if not answer.ok and not answer.refused and not answer.disliked]
    if failed and case.granted is None and len(asked) < _MOST_TRIES + 1:
        yield failed[-1].probe
