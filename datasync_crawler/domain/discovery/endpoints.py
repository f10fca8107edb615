"""The endpoints of the profile, put together from the answers that showed them."""

from __future__ import annotations

import msgspec

from datasync_crawler.domain.discovery.borrowing import paged_like
from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.evidence import position_proven, proven_ends, proven_number
from datasync_crawler.domain.discovery.exchange import Answer
from datasync_crawler.domain.discovery.handout import feed_route, token_header
from datasync_crawler.domain.discovery.lifting import sparse_params
from datasync_crawler.domain.discovery.listing import Listing
from datasync_crawler.domain.discovery.numbers import Numbered, counted_on
from datasync_crawler.domain.discovery.parameters import Roles
from datasync_crawler.domain.discovery.position import Ends
from datasync_crawler.domain.discovery.probing import USUAL, address_of, cap_of, position_name, route_of
from datasync_crawler.domain.profile import Endpoint, TokenGrant


def main_endpoint(case: Case, main: Answer) -> Endpoint:
    """The collection itself, as its fullest page shows it."""
    return _endpoint(case, main, main, route_of(case, main).roles)


def feed_endpoint(case: Case, main: Answer, feed: Answer) -> Endpoint:
    """The endpoint that a token is handed out for; what no code says of it is borrowed from the collection."""
    route, borrowed = feed_route(case), route_of(case, main).roles
    own = route.roles if route else Roles()
    roles = own.or_else(Roles(limit=borrowed.limit, cursor=borrowed.cursor))
    headers = tuple(pair for pair in feed.probe.headers if "{token:" not in pair[1])
    found = _endpoint(case, main, paged_like(feed, main), roles)
    return msgspec.structs.replace(found, grant=_grant(case), headers=headers)


def _endpoint(case: Case, main: Answer, answer: Answer, roles: Roles) -> Endpoint:
    listing, name = answer.shown, answer.probe.endpoint
    roles, made = roles.or_else(USUAL), position_proven(case, name)
    ends, shown = proven_ends(case, name)
    numbered = proven_number(case, name) or Numbered()
    return Endpoint(
        name=name,
        url=address_of(case, answer),
        shape=listing.shape,
        cap=cap_of(answer),
        limit_param=roles.limit,
        # A last page names no next one: what took a cursor of our own takes cursors.
        cursor_param=_cursor_param(listing, roles, ends) or (position_name(main.shown.shape, roles) if made else None),
        since_param=roles.since if ends.since_inclusive is not None else None,
        until_param=roles.until if ends.until_inclusive is not None else None,
        since_inclusive=ends.since_inclusive,
        until_inclusive=ends.until_inclusive,
        filter_unit=shown.unit if shown else 1000,
        filter_iso=shown.iso if shown else False,
        offset_param=numbered.offset,
        page_param=numbered.page,
        first_page=numbered.first_page,
        descending=listing.descending is not False,
        cursor=main.shown.cursor if made else None,
        sparse_params=sparse_params(case, main) if answer is main else (),
        headers=answer.probe.headers if answer is main else (),
        latency=round(answer.seconds, 3),
    )


def _cursor_param(listing: Listing, roles: Roles, ends: Ends) -> str | None:
    """What takes the server's cursor; none where that counts rows or pages, which filters by time would count anew."""
    ranged = ends != Ends(None, None)
    return None if ranged and any(counted_on(listing)) else position_name(listing.shape, roles)


def _grant(case: Case) -> TokenGrant | None:
    if case.granted is None:
        return None
    answer, found = case.granted
    return TokenGrant(
        method=answer.probe.method,
        url=answer.probe.url,
        headers=answer.probe.headers,
        token=found.token_path,
        header=token_header(case) or "Authorization",
        header_path=found.header_path,
        endpoint=found.endpoint_path,
        life=found.life_path,
        life_seconds=found.life,
        pool=answer.probe.pool,
    )
