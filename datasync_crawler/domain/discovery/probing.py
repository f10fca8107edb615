"""Building the probes: addresses, parameters and cursors for each question."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlencode

from datasync_crawler.domain.cursor import forge, lowest_id
from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer, Headers, Probe, Question
from datasync_crawler.domain.discovery.handout import feed_name, page_headers, token_header
from datasync_crawler.domain.discovery.listing import Listing
from datasync_crawler.domain.discovery.parameters import Roles
from datasync_crawler.domain.discovery.routes import Route
from datasync_crawler.domain.discovery.standin import KEY
from datasync_crawler.domain.profile import Credential, RowShape

# What the parameters are called where nothing names them; an answer must prove it.
USUAL = Roles(limit="limit", cursor="cursor", since="since", until="until")
# More than any page is likely to hold, and yet a body that can be carried if it is not.
LARGE = 10_000
_MADE_LIFE = 600.0
# Numbers below this in a refusal are codes and lower bounds, not page sizes.
SMALLEST = 5
_NUMBER = re.compile(r"\b\d{1,6}\b")


def rows_probe(route: Route, credential: Credential, question: Question, rows: int) -> Probe:
    """A probe for the newest rows of a collection."""
    params = [(route.roles.or_else(USUAL).limit or "", str(rows))]
    return replace(plain_probe(route, credential, question), url=with_query(route.url, params), asked=rows)


def plain_probe(route: Route, credential: Credential | None, question: Question) -> Probe:
    """A probe for an address as it is."""
    place = credential.place if credential else "header"
    return Probe(question, route.name, f"{route.name}-{place}", route.url, credential=credential)


def token_probe(case: Case, route: Route, question: Question) -> Probe:
    """A probe that looks like a call of the page, with the token where one was handed out (``{token:NAME}``)."""
    name, way = feed_name(case), case.way
    credential = way.credential if way else None
    headers: Headers = page_headers(case, credential) if credential else ()
    if case.granted is not None:
        headers += ((token_header(case) or "Authorization", f"{{token:{name}}}"),)
    place = credential.place if credential else "header"
    return Probe(question, name, f"{name}-{place}", route.url, headers=headers, credential=credential)


def with_query(url: str, params: Iterable[tuple[str, str]]) -> str:
    """The address with parameters added; ``{key}`` stays as it is."""
    query = "&".join(urlencode([(name, value)], safe="{}:" if KEY in value else "") for name, value in params if name)
    return url + ("&" if "?" in url else "?") + query if query else url


def made_cursor(route: Route, newest: Listing, high: int | None, now: float) -> list[tuple[str, str]]:
    """The parameter with a cursor of our own that stands at the time ``high``; none where none can be made."""
    linked = newest.shape.next_link[0] if len(newest.shape.next_link) == 1 else None
    name = route.roles.or_else(Roles(cursor=linked)).or_else(USUAL).cursor
    if newest.cursor is None or high is None or name is None or newest.descending is None:
        return []
    return [(name, forge(newest.cursor, high, lowest_id(newest.page.ids[-1]), now + _MADE_LIFE))]


def position_name(shape: RowShape, roles: Roles) -> str | None:
    """The parameter that takes a cursor: the one that links name, else by its role; None where nothing leads on."""
    if len(shape.next_link) == 1:
        return shape.next_link[0]
    return roles.cursor if shape.chained else None


def limit_name(route: Route, case: Case | None = None) -> str:
    """The name of the parameter for the page size, borrowed from the main collection where the route names none."""
    main = case.main if case else None
    other = route_of(case, main).roles if case and main else Roles()
    return route.roles.or_else(other).or_else(USUAL).limit or ""


def route_of(case: Case, answer: Answer) -> Route:
    """The route that an answer came from, by the name that was asked for, at the address where it is by now."""
    url, name = address_of(case, answer), answer.probe.endpoint
    routes = [route for route in case.routes if route.method == "GET"]
    there = next((route for route in routes if route.url == url), None)
    if there is not None and there.name == name:
        return there
    named = next((route for route in routes if route.name == name), there)
    if named is None:
        raise LookupError(f"no route is called {name}")
    return replace(named, url=url, leads=named.leads + (there.leads if there else ()), alias=name)


def address_of(case: Case, answer: Answer) -> str:
    """Where calls to an answer's endpoint were led last, without query: it may have moved since."""
    asked = (other.probe for other in reversed((answer, *case.answers)))
    return next(probe.url for probe in asked if probe.endpoint == answer.probe.endpoint).split("?")[0]


def spoken_size(answer: Answer) -> int | None:
    """The largest page size below the one asked for that a refusal speaks of; None where it is refused for another."""
    spoken = [int(number) for number in _NUMBER.findall(answer.body.decode(errors="replace"))]
    asked = answer.probe.asked or 0
    return max((number for number in spoken if SMALLEST <= number < asked), default=None) if answer.disliked else None


def cap_of(answer: Answer) -> int:
    """The most rows of one page, as an answer to a large ask shows it."""
    served, told, asked = len(answer.shown.page.ids), answer.shown.told_limit, answer.probe.asked or 0
    return max(served, told if told is not None and told <= asked else 0)
