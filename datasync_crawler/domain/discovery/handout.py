"""The endpoint that a token is handed out for: its address, how to ask for the token, which header carries it."""

from __future__ import annotations

from urllib.parse import urlsplit

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Headers, Question
from datasync_crawler.domain.discovery.listing import Listing
from datasync_crawler.domain.discovery.routes import Route
from datasync_crawler.domain.discovery.standin import KEY
from datasync_crawler.domain.profile import Credential

# Totals that differ by so small a share may be of the same records, told at another moment.
_FEW = 0.01


def feed_route(case: Case) -> Route | None:
    """The address that a token was handed out for, with what the code says about calling it.

    Where none was, a further address that lists the same records.
    """
    found = case.granted
    if found is None:
        return twin_route(case)
    if found[1].endpoint is None:
        return _carrying_token(case)
    url = found[1].endpoint.split("?")[0].rstrip("/")
    exact = [route for route in case.routes if route.method == "GET" and route.url == url]
    handed = [route for route in case.routes if route.method == "GET" and route.open and route.roles.cursor]
    leads = tuple(lead for route in (exact or handed) for lead in route.leads)
    return Route("GET", url, leads)


def twin_route(case: Case) -> Route | None:
    """A further address that seems to list the same records as the fullest page, be it from their other end.

    It becomes a lane only when a row of it is known from that page (:func:`shares_rows`).
    """
    main = case.main
    if main is None:
        return None
    further = [it for it in case.asked(Question.GLANCE) if it.listing and it.probe.endpoint != main.probe.endpoint]
    twin = next((it.probe.endpoint for it in further if _lists_the_same(main.shown, it.shown)), None)
    return next((route for route in case.routes if route.name == twin and route.method == "GET"), None)


def shares_rows(case: Case) -> bool:
    """Whether the further endpoint is known to list the collection's records: by a token, or by a row of both."""
    main, name = case.main, feed_name(case)
    if main is None or case.granted is not None:
        return main is not None
    known = set(main.shown.page.ids)
    answers = [answer for answer in case.answers if answer.listing and answer.probe.endpoint == name]
    return any(not known.isdisjoint(answer.shown.page.ids) for answer in answers)


def _lists_the_same(main: Listing, other: Listing) -> bool:
    """Whether a page's rows are among those of the main one; else whether as many are told of, called the same."""
    if set(main.page.ids).issuperset(other.page.ids):
        return True
    alike = (main.shape.id, main.shape.time, main.shape.type) == (other.shape.id, other.shape.time, other.shape.type)
    many = main.total is not None and main.total > len(main.page.ids)
    return alike and many and other.total is not None and abs(other.total - (main.total or 0)) <= _FEW * other.total


def _carrying_token(case: Case) -> Route | None:
    """The address that the code calls with a token, where the grant does not say what it is for."""
    header = token_header(case)
    carrying = (
        route
        for route in case.routes
        if route.method == "GET" and not route.open and any(name == header for name, _ in route.headers)
    )
    return next(carrying, None)


def feed_name(case: Case) -> str:
    """The name of the handed-out endpoint, never that of a collection."""
    route = feed_route(case)
    main = case.main
    name = route.name if route else "feed"
    return f"{name}-feed" if main and name == main.probe.endpoint else name


def token_header(case: Case) -> str | None:
    """The header that carries the token: as the grant names it, else as the code does."""
    found = case.granted
    if found and found[1].header:
        return found[1].header
    coded = [
        name
        for route in case.routes
        for lead in route.leads
        for name, value in lead.headers
        if "token" in value.lower() and "{" in value and "{" not in name
    ]
    return coded[0] if coded else None


def grant_headers(case: Case, route: Route, credential: Credential) -> Headers:
    """All that the page's own calls carry, and the key: a union that no service was seen to refuse."""
    own = route.headers if any(KEY in value for _, value in route.headers) else ()
    merged = {name.lower(): (name, value) for name, value in (*_like_a_page(case), *case.browser_headers, *own)}
    if credential.place == "header":
        merged.setdefault(credential.name.lower(), (credential.name, credential.prefix + KEY))
    usable = [(name, value) for name, value in merged.values() if "{" not in value.replace(KEY, "")]
    return tuple(sorted(usable))


def page_headers(case: Case, credential: Credential) -> Headers:
    """What the page's own calls carry beside the key: a cookie is theirs, even one that holds it."""
    route = Route("GET", case.dashboard, ())
    return tuple(
        (name, value)
        for name, value in grant_headers(case, route, credential)
        if name.lower() == "cookie" != credential.name.lower()
        or (KEY not in value and name.lower() not in {"content-type", "cookie"})
    )


def grant_url(route: Route, credential: Credential) -> str:
    """The address to ask for a token at, with ``{key}`` in its query where the key travels there."""
    return f"{route.url}?{credential.name}={KEY}" if credential.place == "query" else route.url


def _like_a_page(case: Case) -> Headers:
    """What a browser adds by itself to a page's own calls, where none was there to be seen."""
    parts = urlsplit(case.dashboard)
    origin = f"{parts.scheme}://{parts.netloc}"
    return (
        ("accept", "*/*"),
        ("content-type", "application/json"),
        ("origin", origin),
        ("referer", origin + "/"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-origin"),
        ("x-requested-with", "XMLHttpRequest"),
    )
