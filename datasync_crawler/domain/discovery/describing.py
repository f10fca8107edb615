"""The API that was found, as an OpenAPI 3.1 document: addresses that anything spoke of, schemas of what was seen.

The schemas hold types and names, never a value, so that no record and no secret gets into the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from genson import SchemaBuilder

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer
from datasync_crawler.domain.discovery.routes import Route
from datasync_crawler.domain.profile import Credential, Profile

_HOLE = re.compile(r"\{([^{}]*)\}")
# Rows of a list that its schema is made from: all are alike, and a page has thousands.
_ENOUGH = 200
_DEEPEST = 50
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_PARAMETERS = {"limit": "rows a page", "cursor": "where the page begins", "since": "not older", "until": "not newer"}


@dataclass(frozen=True, slots=True)
class _Operation:
    """One address under one method: the route that spoke of it, None where only a call did, and its answers."""

    path: str
    method: str
    route: Route | None
    answers: tuple[Answer, ...]


def describe(case: Case, profile: Profile) -> dict[str, Any]:
    """The OpenAPI 3.1 document of what a case shows and its profile concludes, ready to be written as JSON."""
    schemes = {_scheme(lane.credential): _security(lane.credential) for lane in profile.lanes}
    paths: dict[str, dict[str, Any]] = {}
    for operation in _operations(case, profile.origin):
        paths.setdefault(operation.path, {})[operation.method] = _described(operation, profile, list(schemes))
    found = datetime.fromtimestamp(profile.discovered_at, tz=UTC).isoformat(timespec="seconds")
    told = f"Found out by looking and {len(case.answers)} keyed calls; x-evidence says what speaks for an address."
    return {
        "openapi": "3.1.0",
        "info": {"title": f"The API at {profile.api_base}", "version": found, "description": told},
        "servers": [{"url": profile.origin}],
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }


def _operations(case: Case, origin: str) -> Iterator[_Operation]:
    """What was spoken of or called at the origin, each address and method once."""
    answers = [*case.knocks, *case.answers]
    routes = {(_path(route.url), route.method.lower()): route for route in case.routes if _at(route.url, origin)}
    called = {(_path(answer.probe.url), answer.probe.method.lower()): None for answer in answers}
    for path, method in dict.fromkeys([*routes, *called]):
        heard = tuple(a for a in answers if (_path(a.probe.url), a.probe.method.lower()) == (path, method))
        if method in _METHODS:
            yield _Operation(path, method, routes.get((path, method)), heard)


def _described(operation: _Operation, profile: Profile, schemes: Sequence[str]) -> dict[str, Any]:
    route = operation.route
    described: dict[str, Any] = {
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation, profile)],
        "responses": _responses(operation.answers) or {"default": {"description": "It was not called."}},
    }
    if any(answer.probe.credential for answer in operation.answers):
        described["security"] = [{scheme: []} for scheme in schemes]
    if route is not None:
        described["x-confidence"] = route.weight
        described["x-evidence"] = [f"{item.source}: {item.place}" for item in route.evidence]
    return described


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys(_HOLE.findall(path)):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query_parameters(operation: _Operation, profile: Profile) -> Iterator[dict[str, Any]]:
    """Parameters that were named or sent, but for those which carry the key."""
    keyed = {lane.credential.name for lane in profile.lanes if lane.credential.place == "query"}
    named = operation.route.params if operation.route else ()
    sent = [name for answer in operation.answers for name, _ in parse_qsl(urlsplit(answer.probe.url).query)]
    roles = operation.route.roles if operation.route else None
    for name in dict.fromkeys([*named, *sent]):
        if name and name not in keyed:
            told = next((said for role, said in _PARAMETERS.items() if roles and getattr(roles, role) == name), None)
            yield {"name": name, "in": "query", "schema": {}} | ({"description": told} if told else {})


def _responses(answers: Sequence[Answer]) -> dict[str, Any]:
    by_status: dict[str, list[Answer]] = {}
    for answer in answers:
        if answer.status:
            by_status.setdefault(str(answer.status), []).append(answer)
    return {status: _response(alike) for status, alike in by_status.items()}


def _response(answers: Sequence[Answer]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": f"Seen {len(answers)} times."}
    names = [name for answer in answers for name in answer.headers if "ratelimit" in name.lower().replace("-", "")]
    if names:
        described["headers"] = {name: {"schema": {"type": "string"}} for name in dict.fromkeys(names)}
    documents = [answer.document for answer in answers if answer.document is not None]
    if documents:
        described["content"] = {"application/json": {"schema": _schema(documents)}}
    return described


def _schema(documents: Sequence[Any]) -> dict[str, Any]:
    builder = SchemaBuilder(schema_uri=None)
    for document in documents:
        builder.add_object(_sample(document))
    schema: dict[str, Any] = builder.to_schema()
    return schema


def _sample(value: Any, depth: int = _DEEPEST) -> Any:
    """The value with no list longer than enough to tell what it holds, and nothing that is nested deeper than so."""
    if depth == 0 and isinstance(value, (dict, list)):
        return None
    if isinstance(value, dict):
        return {name: _sample(member, depth - 1) for name, member in value.items()}
    return [_sample(member, depth - 1) for member in value[:_ENOUGH]] if isinstance(value, list) else value


def _scheme(credential: Credential) -> str:
    return re.sub(r"[^\w.-]", "_", f"{credential.place}-{credential.name}")


def _security(credential: Credential) -> dict[str, str]:
    if credential.prefix.strip().lower() == "bearer":
        return {"type": "http", "scheme": "bearer"}
    if credential.name.lower() == "cookie":
        return {"type": "apiKey", "in": "cookie", "name": credential.prefix.rstrip("=")}
    return {"type": "apiKey", "in": credential.place, "name": credential.name}


def _at(url: str, origin: str) -> bool:
    return url.startswith(origin.rstrip("/") + "/")


def _path(url: str) -> str:
    """The path with a name for every part that is open."""
    numbers = iter(range(1, 100))
    return _HOLE.sub(lambda hole: f"{{{hole[1] or f'part{next(numbers)}'}}}", urlsplit(url).path) or "/"
