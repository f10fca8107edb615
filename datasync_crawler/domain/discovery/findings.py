"""What was found, said in words: each finding with its evidence, each gap as a warning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from datasync_crawler.domain.discovery.candidates import submissions
from datasync_crawler.domain.discovery.case import Case, total_of
from datasync_crawler.domain.discovery.evidence import feed_answer, lane_answers, query_answer
from datasync_crawler.domain.discovery.exchange import Answer, Question
from datasync_crawler.domain.profile import Endpoint, Evidence, Finding, Lane, Pool, Profile
from datasync_crawler.domain.telling import span
from datasync_crawler.domain.ways import rank

_SURE, _LIKELY, _PERHAPS = 0.95, 0.7, 0.4


def findings(
    case: Case, endpoints: Sequence[Endpoint], pools: Sequence[Pool], lanes: Sequence[Lane]
) -> tuple[Finding, ...]:
    """Everything that was found, in the order a reader asks for it."""
    return (
        *_routes(case),
        *_keys(case),
        *(finding for endpoint in endpoints for finding in _endpoint(case, endpoint)),
        *_pools(case, pools, lanes),
        *_others(case),
        *_submission(case),
    )


def choices(profile: Profile) -> tuple[Finding, ...]:
    """Which ways will be taken, the best first, and why."""
    urls = {lane.name: profile.endpoint(lane.endpoint).url for lane in profile.lanes}
    ways = [(way, Evidence("probe", f"GET {urls[way.lane]}", way.why)) for way in rank(profile)]
    return tuple(Finding(f"way {way.lane}", way.why, _LIKELY, (evidence,)) for way, evidence in ways)


def warnings(case: Case, endpoints: Sequence[Endpoint]) -> tuple[str, ...]:
    """What was not found, and what is done instead."""
    gaps = []
    main = endpoints[0]
    page = case.main.listing.page if case.main and case.main.listing else None
    whole = page is not None and page.has_more is False and page.total == len(page.ids)
    if not main.positionable and not whole:
        gaps.append(f"{main.name}: no way to start at a given time was proven, so it is walked as one chain")
    if case.asked(Question.GRANT) and case.granted is None:
        gaps.append("a token for a further endpoint was asked for and not given; only the open collection is used")
    if case.granted and feed_answer(case, endpoints[-1].name) is None:
        gaps.append("the endpoint that the token is for brought no records; it is not used")
    if not submissions(case.routes):
        gaps.append("no address for submissions was named; the usual one is taken")
    if query_answer(case) is None and case.asked(Question.QUERY):
        gaps.append("the key was not taken in the query")
    return tuple(gaps)


def _routes(case: Case) -> Iterator[Finding]:
    for route in case.routes:
        yield Finding("route", f"{route.method} {urlsplit(route.url).path}", route.weight, route.evidence)


def _keys(case: Case) -> Iterator[Finding]:
    for way in case.ways:
        taken = any(answer.ok and answer.probe.credential == way.credential for answer in case.answers)
        value = f"{way.credential.place} {way.credential.name}"
        yield Finding("key", value, _SURE if taken else way.confidence / 2, (way.evidence,))
    for answer in case.asked(Question.QUERY):
        name = answer.probe.credential.name if answer.probe.credential else ""
        yield Finding("key", f"query {name} is {'taken' if answer.ok else 'refused'}", _SURE, (_probe(answer),))


def _endpoint(case: Case, endpoint: Endpoint) -> Iterator[Finding]:
    answers = [answer for answer in case.answers if answer.probe.endpoint == endpoint.name and _shows(answer)]
    evidence = tuple(_probe(answer) for answer in answers)
    name, shape = endpoint.name, endpoint.shape
    yield Finding(f"{name} rows", f"{'.'.join(shape.rows)}: id {shape.id}, time {shape.time}", _SURE, evidence[:1])
    cap = f"everything at once, as {endpoint.format}" if endpoint.streamed else f"{endpoint.cap} rows a page"
    yield Finding(f"{name} cap", cap, _SURE, evidence[:1])
    for header, value in endpoint.headers:
        yield Finding(f"{name} header", f"{header}: {value}", _SURE, evidence[:1])
    for parameter, value in endpoint.sparse_params:
        yield Finding(f"{name} fields", f"{parameter}={value} leaves the others out", _SURE, evidence[-1:])
    yield Finding(f"{name} order", "newest first" if endpoint.descending else "oldest first", _SURE, evidence[:1])
    if shape.next_link:
        place = ".".join(shape.next_cursor) if shape.next_cursor else "the Link header"
        yield Finding(f"{name} next", f"{', '.join(shape.next_link)} of the address in {place}", _SURE, evidence[:1])
    if endpoint.cursor:
        members = ", ".join(endpoint.cursor.order)
        yield Finding(
            f"{name} cursor", f"{endpoint.cursor.alphabet} base64 of {members}; can be made", _SURE, evidence
        )
    for end, word in ((endpoint.since_inclusive, "since"), (endpoint.until_inclusive, "until")):
        told = {True: "works, inclusive", False: "works, exclusive", None: "ignored or not tried"}[end]
        yield Finding(f"{name} {word}", told, _SURE if end is not None else _PERHAPS, evidence[-1:])
    if endpoint.grant:
        grant = endpoint.grant
        yield Finding(f"{name} token", f"{grant.method} {grant.url}, {grant.life_seconds:g} s", _SURE, evidence[:1])


def _shows(answer: Answer) -> bool:
    return answer.listing is not None or answer.probe.question in {Question.WHOLE, Question.IDS}


def _pools(case: Case, pools: Sequence[Pool], lanes: Sequence[Lane]) -> Iterator[Finding]:
    for pool in pools:
        users = ", ".join(lane.name for lane in lanes if lane.pool == pool.name) or "calls for tokens"
        told = f"{pool.limit} in {span(pool.window)}" if pool.limit and pool.window else "no limit announced"
        heard = tuple(_probe(answer) for answer in lane_answers(case, pool.name)[:1])
        yield Finding(f"pool {pool.name}", f"{told}, used by {users}", _LIKELY, heard)


def _others(case: Case) -> Iterator[Finding]:
    for answer in case.asked(Question.GLANCE):
        if answer.listing:
            value = f"{total_of(answer.listing)} records"
        else:
            value = "no records" if answer.ok else f"status {answer.status}"
        yield Finding(
            f"collection {answer.probe.endpoint}", value, _SURE if answer.ok else _PERHAPS, (_probe(answer),)
        )


def _submission(case: Case) -> Iterator[Finding]:
    for route in submissions(case.routes)[:1]:
        yield Finding("submission", f"{route.method} {route.url}", route.weight, route.evidence)


def _probe(answer: Answer) -> Evidence:
    return Evidence("probe", f"{answer.probe.method} {answer.probe.url}", f"status {answer.status}")
