"""From the case to the profile: every conclusion with what it was drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from datasync_crawler.domain.discovery.bare import bare_answer, bare_endpoint
from datasync_crawler.domain.discovery.candidates import REPOSITORY, submissions
from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.endpoints import feed_endpoint, main_endpoint
from datasync_crawler.domain.discovery.evidence import feed_answer, lane_answers, other_names, query_answer
from datasync_crawler.domain.discovery.exchange import Answer, Question
from datasync_crawler.domain.discovery.findings import choices, findings, warnings
from datasync_crawler.domain.discovery.handout import feed_name, shares_rows
from datasync_crawler.domain.discovery.leaves import words
from datasync_crawler.domain.discovery.listing import Listing
from datasync_crawler.domain.discovery.pools import counts_in, read_pool, shares
from datasync_crawler.domain.discovery.totals import totals
from datasync_crawler.domain.discovery.wholes import whole_answer, whole_endpoint
from datasync_crawler.domain.errors import DatasyncError, KeyRefused, NotComplete, ServiceUnreachable
from datasync_crawler.domain.profile import Credential, Endpoint, Lane, Pool, Profile, Submission

# Where nothing names them, results are handed in at the API's root, with the repository under this name.
_USUAL_SUBMISSION, _USUAL_REPOSITORY = "/submissions", "github_repo"

# So many rows tell how densely all lie, however large a page may be.
_TELLING = 1_000


def conclude(case: Case, origin: str, now: float) -> Profile:
    """The profile of a case, made at the wall time ``now`` (seconds).

    Raises KeyRefused, ServiceUnreachable or NotComplete when no page of records was seen.
    """
    main = case.main
    if main is None:
        raise why_nothing(case)
    feed = feed_answer(case, feed_name(case)) if shares_rows(case) else None
    whole, bare = whole_answer(case), bare_answer(case)
    endpoints = tuple(_endpoints(case, main, whole, bare, feed))
    # Where a header opens another pool, the key in the query was not seen to.
    query = None if case.limit_lifted else query_answer(case)
    lanes, called = _lanes(case, [answer for answer in (main, query, whole, bare, feed) if answer])
    pools = (*called, *_of_tokens(case, endpoints, called))
    first, down = next(iter(main.shown.dated), None), main.shown.descending
    newest, oldest = first if down else None, first if down is False else None
    profile = Profile(
        origin=origin,
        api_base=case.api_base,
        endpoints=endpoints,
        pools=pools,
        lanes=lanes,
        submission=_submission(case, lanes[0].credential),
        newest=newest[1] if newest else None,
        newest_id=newest[0] if newest else None,
        oldest=oldest[1] if oldest else None,
        oldest_id=oldest[0] if oldest else None,
        density=_density(main.shown, endpoints),
        totals=totals(case),
        echo=case.echo,
        findings=findings(case, endpoints, pools, lanes),
        warnings=(*case.warnings, *warnings(case, endpoints)),
        discovered_at=now,
    )
    return msgspec.structs.replace(profile, findings=profile.findings + choices(profile))


def _endpoints(
    case: Case, main: Answer, whole: Answer | None, bare: Answer | None, feed: Answer | None
) -> Iterator[Endpoint]:
    yield main_endpoint(case, main)
    if whole:
        yield whole_endpoint(whole, main)
    if bare:
        yield bare_endpoint(case, main, bare)
    if feed:
        yield feed_endpoint(case, main, feed)


def _density(listing: Listing, endpoints: Sequence[Endpoint]) -> float:
    """Rows a microsecond as a page has them; 0 of one so short that what is cut by it could lie anywhere."""
    largest = max(endpoint.cap for endpoint in endpoints)
    return listing.density if len(listing.dated) >= min(largest / 2, _TELLING) else 0.0


def why_nothing(case: Case) -> DatasyncError:
    """Why no page of records was seen, as the error that tells it."""
    asked = case.asked(Question.ROWS)
    if not asked:
        return NotComplete("no address that lists records was found: set API_BASE_URL to the root of the API")
    if asked[-1].refused:
        return KeyRefused(f"the service refused the key with {asked[-1].status}: check TARGET_API_KEY")
    if all(answer.status == 0 for answer in case.answers):
        return ServiceUnreachable(f"nothing answers at {case.api_base}")
    return NotComplete(f"{asked[-1].probe.url} brought no records (status {asked[-1].status}): try again")


def _lanes(case: Case, answers: Sequence[Answer]) -> tuple[tuple[Lane, ...], tuple[Pool, ...]]:
    pools: dict[str, Pool] = {}
    lanes = []
    for answer in answers:
        probe = answer.probe
        if probe.credential is None:
            continue
        own = lane_answers(case, probe.pool)
        told = {pool: lane_answers(case, pool) for pool in pools}
        shared = next((pool for pool, heard in told.items() if shares(heard, own) or counts_in(heard, own)), None)
        if shared is None:
            read = read_pool(probe.pool, own)
            pools[probe.pool] = msgspec.structs.replace(read, counted=other_names(case, probe.pool))
        else:
            known = pools[shared]
            pools[shared] = msgspec.structs.replace(known, counted=(*known.counted, probe.pool))
        lanes.append(Lane(probe.pool, probe.endpoint, probe.credential, shared or probe.pool))
    return tuple(lanes), tuple(pools.values())


def _of_tokens(case: Case, endpoints: Sequence[Endpoint], known: Sequence[Pool]) -> Iterator[Pool]:
    """The pools that calls for tokens are counted against, where their answers announce a limit."""
    for name in dict.fromkeys(endpoint.grant.pool for endpoint in endpoints if endpoint.grant):
        pool = read_pool(name, lane_answers(case, name))
        if pool.announced and name not in {other.name for other in known}:
            yield pool


def _submission(case: Case, credential: Credential) -> Submission:
    routes = submissions(case.routes)
    url = routes[0].url if routes else case.api_base.rstrip("/") + _USUAL_SUBMISSION
    named = [name for route in routes for name in route.params if words(name) & REPOSITORY]
    return Submission(url, named[0] if named else _USUAL_REPOSITORY, credential)
