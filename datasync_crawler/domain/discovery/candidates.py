"""Which of the known addresses are worth a keyed call, and for what."""

from __future__ import annotations

from urllib.parse import urlsplit

from datasync_crawler.domain.discovery.granting import may_grant
from datasync_crawler.domain.discovery.leaves import words
from datasync_crawler.domain.discovery.routes import Route

_VITALS = frozenset(
    {"health", "healthz", "ping", "status", "live", "ready", "version", "me", "login", "logout", "auth"}
)
_FIGURES = frozenset({"stats", "statistics", "summary", "overview", "count", "counts", "totals", "usage", "analytics"})
# Vitals and figures lie at most so many parts below the API's root; deeper, such a name may mean a list.
_SHALLOW = 2
_HANDED_IN = ("submi",)
REPOSITORY = frozenset({"repo", "repository", "github"})
"""Words of a parameter that names the repository of whoever hands results in."""


def collections(routes: tuple[Route, ...], api_base: str) -> tuple[Route, ...]:
    """Addresses that may list records, the likeliest first."""
    possible = [route for route in routes if _may_list(route, api_base)]
    return tuple(sorted(possible, key=lambda route: -_likelihood(route, routes)))


def figures(routes: tuple[Route, ...], api_base: str) -> tuple[Route, ...]:
    """Addresses that may tell how much there is, the likeliest first."""
    possible = [route for route in routes if _may_tell(route) and route.url != api_base]
    return tuple(sorted(possible, key=lambda route: -route.weight))


def grants(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Addresses that may hand out a token, the likeliest first; a POST goes before a GET."""
    possible = [route for route in routes if may_grant(route)]
    return tuple(sorted(possible, key=lambda route: (route.method != "POST", -route.weight)))


def submissions(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Addresses where results are handed in, those first that want to know a repository; never called in discovery."""
    posts = [route for route in routes if route.method == "POST" and not route.open]
    found = [route for route in posts if _wants_repository(route) or route.name.lower().startswith(_HANDED_IN)]
    return tuple(sorted(found, key=lambda route: not _wants_repository(route)))


def _wants_repository(route: Route) -> bool:
    return any(words(name) & REPOSITORY for name in route.params)


def _may_tell(route: Route) -> bool:
    paged = bool(route.roles.limit or route.roles.cursor)
    return route.method == "GET" and not route.open and not paged and bool(words(route.name) & _FIGURES)


def _may_list(route: Route, api_base: str) -> bool:
    if route.method != "GET" or route.open or route.url in {api_base, ""} or route.name == "root":
        return False
    deep = urlsplit(route.url).path.count("/") > urlsplit(api_base).path.count("/") + _SHALLOW
    other = (words(route.name) <= _VITALS | _FIGURES and not deep) or route.name.lower().startswith(_HANDED_IN)
    return not other or bool(route.roles.limit or route.roles.cursor)


def _likelihood(route: Route, routes: tuple[Route, ...]) -> float:
    roles = route.roles
    sources = {item.source for item in route.evidence}
    has_details = any(other.url.startswith(route.url + "/{") for other in routes)
    paged = 2.0 * bool(roles.limit or roles.cursor)
    return paged + has_details + ("capture" in sources) + ("answer" in sources) + route.weight
