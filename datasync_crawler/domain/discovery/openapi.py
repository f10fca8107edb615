"""Reading OpenAPI and Swagger documents: what they name is as weak as any document until an answer proves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from datasync_crawler.domain.discovery.mentions import KeyWord, Mentions
from datasync_crawler.domain.discovery.routes import Lead, lead_from
from datasync_crawler.domain.profile import Evidence

_VERBS = frozenset({"get", "post", "put", "patch", "delete"})


def read_openapi(document: Any, url: str, base: str) -> Mentions | None:
    """What an OpenAPI document at ``url`` names of the origin of ``base``; None when it is no such document."""
    paths = document.get("paths") if isinstance(document, Mapping) else None
    if not isinstance(paths, Mapping):
        return None
    root = _root(document, url)
    leads = [lead for path, item in paths.items() for lead in _leads(root + path, path, item, url, base)]
    return Mentions(tuple(leads), tuple(_keys(document, url)))


def _root(document: Mapping[str, Any], url: str) -> str:
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else {}
    written = first.get("url", "") if isinstance(first, Mapping) else ""
    return urljoin(url, str(written or document.get("basePath") or "/")).rstrip("/")


def _leads(address: str, path: str, item: Any, url: str, base: str) -> Iterator[Lead]:
    if not isinstance(item, Mapping):
        return
    for verb, operation in item.items():
        if verb in _VERBS and isinstance(operation, Mapping):
            evidence = Evidence("document", url, f"{verb.upper()} {path}")
            params = tuple(_query_names([*_listed(item), *_listed(operation)]))
            lead = lead_from(Lead(verb, address, params, evidence), base)
            if lead is not None:
                yield lead


def _listed(item: Mapping[str, Any]) -> list[Any]:
    parameters = item.get("parameters")
    return parameters if isinstance(parameters, list) else []


def _query_names(parameters: list[Any]) -> Iterator[str]:
    for parameter in parameters:
        if isinstance(parameter, Mapping) and parameter.get("in") == "query":
            yield str(parameter.get("name"))


def _keys(document: Mapping[str, Any], url: str) -> Iterator[KeyWord]:
    components = document.get("components")
    newer = components.get("securitySchemes") if isinstance(components, Mapping) else None
    schemes = newer or document.get("securityDefinitions")
    for scheme in schemes.values() if isinstance(schemes, Mapping) else ():
        if not isinstance(scheme, Mapping):
            continue
        evidence = Evidence("document", url)
        if scheme.get("type") == "apiKey" and scheme.get("in") in {"header", "query"}:
            yield KeyWord(scheme["in"], str(scheme.get("name")), evidence)
        elif scheme.get("type") == "http":
            yield KeyWord("header", "Authorization", evidence, str(scheme.get("scheme", "bearer")).title() + " ")
