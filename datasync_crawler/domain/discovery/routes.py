"""The addresses an API is known to have, gathered from everything that spoke of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from datasync_crawler.domain.addresses import joined
from datasync_crawler.domain.bundle import CodeCall
from datasync_crawler.domain.discovery.exchange import Headers, SeenCall
from datasync_crawler.domain.discovery.harvest import same_origin
from datasync_crawler.domain.discovery.parameters import Roles, read_roles
from datasync_crawler.domain.discovery.standin import KEY
from datasync_crawler.domain.profile import Evidence

_BROKEN = re.compile(r"[\s<>\"']|\.(?:js|css|map|svg|png|ico|html?|woff2?|md|txt)$")
_BEHIND_BASE = re.compile(r"\{[^{}]*\}(/.+)")
_WORDY = re.compile(r"[A-Za-z]{2}")
_HOLE = re.compile(r"\{[^{}]*\}")
_WEIGHT = {"capture": 1.0, "answer": 0.9, "bundle": 0.8, "document": 0.4, "default": 0.1}


@dataclass(frozen=True, slots=True)
class Lead:
    """One mention of an address: ``url`` absolute, without query, ``{name}`` where the mention leaves a part open."""

    method: str
    url: str
    params: tuple[str, ...]
    evidence: Evidence
    headers: Headers = ()
    body: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """All mentions of one address under one method."""

    method: str
    url: str
    leads: tuple[Lead, ...]
    alias: str = ""

    @property
    def params(self) -> tuple[str, ...]:
        """Query parameters mentioned, better evidence first."""
        ordered = sorted(self.leads, key=lambda lead: -_WEIGHT.get(lead.evidence.source, 0.0))
        return tuple(dict.fromkeys(name for lead in ordered for name in lead.params))

    @property
    def roles(self) -> Roles:
        """What the parameters are for; what code and calls name goes before what documents name."""
        solid = [name for lead in self.leads if lead.evidence.source != "document" for name in lead.params]
        return read_roles(solid).or_else(read_roles(self.params))

    @property
    def headers(self) -> Headers:
        """The headers of the best mention that has any."""
        ordered = sorted(self.leads, key=lambda lead: -_WEIGHT.get(lead.evidence.source, 0.0))
        return next((lead.headers for lead in ordered if lead.headers), ())

    @property
    def takes_body(self) -> bool:
        """Whether any mention sends members in the body."""
        return any(lead.body for lead in self.leads)

    @property
    def weight(self) -> float:
        """How well the address is evidenced."""
        return max(_WEIGHT.get(lead.evidence.source, 0.0) for lead in self.leads)

    @property
    def open(self) -> bool:
        """Whether a part of the address is not known."""
        return bool(_HOLE.search(self.url))

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What spoke of the address."""
        return tuple(dict.fromkeys(lead.evidence for lead in self.leads))

    @property
    def name(self) -> str:
        """A short name: the alias if there is one, else the last known part of the path."""
        if self.alias:
            return self.alias
        parts = [part for part in urlsplit(self.url).path.split("/") if _WORDY.search(part) and "{" not in part]
        return parts[-1] if parts else "root"


def gather(leads: Iterable[Lead]) -> tuple[Route, ...]:
    """The routes that the leads speak of, in the order of their first mention."""
    grouped: dict[tuple[str, str], list[Lead]] = {}
    for lead in leads:
        grouped.setdefault((lead.method, _HOLE.sub("{}", lead.url)), []).append(lead)
    routes = [Route(method, group[0].url, tuple(group)) for (method, _), group in grouped.items()]
    return tuple(_told_apart(routes))


def _told_apart(routes: Sequence[Route]) -> Iterator[Route]:
    """The routes with a number behind the names that several addresses would share, those with open parts last."""
    owners: dict[str, list[str]] = {}
    for route in sorted(routes, key=lambda route: route.open):
        sharing = owners.setdefault(route.name, [])
        if route.url not in sharing:
            sharing.append(route.url)
    for route in routes:
        number = owners[route.name].index(route.url)
        yield replace(route, alias=f"{route.name}-{number + 1}") if number else route


def lead_from(mention: Lead, base: str, homes: Sequence[str] = ()) -> Lead | None:
    """A mention with its address made absolute from ``base``, its query turned into parameters.

    None when it leads elsewhere than to ``base`` or one of the ``homes``, or is no address of an API at all.
    """
    url = joined(base, mention.url) or ""
    parts = urlsplit(url)
    if _BROKEN.search(parts.path) or not any(same_origin(url, home) for home in (base, *homes)):
        return None
    plain = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
    own = [name for name, value in parse_qsl(parts.query, keep_blank_values=True) if KEY not in value]
    params = tuple(dict.fromkeys([*own, *mention.params]))
    return replace(mention, method=mention.method.upper(), url=plain, params=params)


def seen_leads(calls: Iterable[SeenCall], homes: Sequence[str]) -> list[Lead]:
    """Leads from calls that the browser made to one of the ``homes``."""
    found = []
    for call in calls:
        evidence = Evidence("capture", f"{call.method} {urlsplit(call.url).path}")
        body = ("?",) if call.body.strip("{} \n") else ()
        found.append(lead_from(Lead(call.method, call.url, (), evidence, call.headers, body), homes[0], homes))
    return [lead for lead in found if lead]


def code_leads(calls: Iterable[CodeCall], script: str, page: str, homes: Sequence[str]) -> list[Lead]:
    """Leads from calls that a script makes; an address behind an unknown base is taken to lie under the API's."""
    found = []
    for call in calls:
        url, evidence = (
            call.url,
            Evidence("bundle", f"{urlsplit(script).path}:{call.offset}", f"{call.method} {call.url}"),
        )
        behind = _BEHIND_BASE.fullmatch(url)
        if behind:
            url = homes[0].rstrip("/") + behind[1]
        elif url.startswith("{"):
            url = "/" + url
        lead = Lead(call.method, url, call.params, evidence, call.headers, call.body)
        found.append(lead_from(lead, page, homes))
    return [lead for lead in found if lead]


def written_leads(paths: Iterable[str], script: str, base: str, known: Iterable[Lead]) -> list[Lead]:
    """Leads from paths that a script only writes: those under the API's ``base`` that no ``known`` call goes to."""
    root, called = urlsplit(base).path.rstrip("/"), [urlsplit(lead.url).path for lead in known]
    found = []
    for path in paths:
        if path != root and not any(url.endswith(path) for url in called):
            evidence = Evidence("document", urlsplit(script).path, path)
            address = path if path.startswith(root + "/") else root + path
            found.append(lead_from(Lead("GET", address, (), evidence), base))
    return [lead for lead in found if lead]
