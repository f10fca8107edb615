"""The calls that leave the page: fetch, axios and its like, XMLHttpRequest, EventSource, WebSocket, beacons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .members import CLIENT_VERBS
from .patterns import Step
from .provided import as_record, given_values
from .strings import concat, text
from .syntax import Node, arguments, bare, called_name, callee_of, property_name
from .values import EMPTY, NULL, UNDEFINED, Client, Fixed, Global, Prepared, Record, Text, Value, options

if TYPE_CHECKING:
    from .evaluator import Evaluator
    from .program import Program
    from .values import Frame

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_WITH_BODY = frozenset({"post", "put", "patch"})
_MADE = {"Request": "request", "EventSource": "eventsource", "WebSocket": "websocket"}
_CALLED = frozenset({"fetch", "axios", "open", "sendBeacon"}) | CLIENT_VERBS


@dataclass(frozen=True, slots=True)
class Draft:
    """A recognised call whose parts are still values."""

    via: str
    method: Value
    url: Value
    params: Value = EMPTY
    headers: Value = EMPTY
    body: Value = UNDEFINED


def may_leave(call: Node, evaluator: Evaluator) -> bool:
    """Whether a call is worth folding: cheap, and true for every call that `drafts` knows."""
    callee = callee_of(call)
    if callee is None:
        return False
    name = property_name(callee) or callee.text
    if call.kind == "new_expression":
        return name in _MADE
    return name in _CALLED or (callee.kind == "identifier" and _is_alias(callee, evaluator.program))


def is_mere_verb(call: Node) -> bool:
    """Whether only a method like `get` or `delete` makes the call a candidate: mostly maps, so they come last."""
    callee = callee_of(call)
    return callee is not None and property_name(callee) in CLIENT_VERBS


def _is_alias(node: Node, program: Program, hops: int = 4) -> bool:
    """Whether a variable may stand for fetch or a client: given one by name, by property, by `bind` or by `create`."""
    binding = program.meaning.get(node) if node.kind == "identifier" else None
    if binding is not None:
        if binding.module == "axios" or binding in program.clients or binding.steps[-1:] == (Step("fetch"),):
            return True
        single = len(binding.values) == 1 and binding.function is None and hops > 0
        return single and _is_alias(bare(binding.values[0][0]), program, hops - 1)
    if node.kind == "call_expression":
        return called_name(node) in ("bind", "create")
    return (property_name(node) or node.text) in _CALLED


def drafts(evaluator: Evaluator, call: Node, frame: Frame | None) -> list[Draft]:
    """The calls that `call` makes inside `frame`; none when it turns out to be something else."""
    callee = callee_of(call)
    if callee is None:
        return []
    if property_name(callee) == "open":
        return _opened(evaluator, call, callee, frame)
    for target in options(evaluator.value(callee, frame)):
        found = _of_target(evaluator, target, call, frame)
        if found:
            return found
    return []


def _of_target(evaluator: Evaluator, target: Value, call: Node, frame: Frame | None) -> list[Draft]:
    if isinstance(target, Global) and target.path == "axios":
        target = Client(EMPTY)
    if isinstance(target, Global) and target.path.startswith("axios."):
        target = Client(EMPTY, target.path.removeprefix("axios."))
    given = given_values(evaluator, call, frame)
    if isinstance(target, Client):
        return _by_client(target, given)
    if not isinstance(target, Global) or not given:
        return []
    if call.kind == "new_expression":
        return _made(_MADE.get(target.path, ""), given)
    if target.path == "fetch":
        return _fetched("fetch", given)
    if target.path == "navigator.sendBeacon":
        return [Draft("beacon", Text("POST"), given[0], body=given[1] if len(given) > 1 else UNDEFINED)]
    return []


def _made(via: str, given: tuple[Value, ...]) -> list[Draft]:
    if via == "request":
        return _fetched(via, given)
    return [Draft(via, Text("GET"), given[0])] if via else []


def _fetched(via: str, given: tuple[Value, ...]) -> list[Draft]:
    if any(isinstance(option, Prepared) for option in options(given[0])):
        return []
    chosen = options(given[1]) if len(given) > 1 else (EMPTY,)
    records = [option for option in chosen if isinstance(option, Record)] or [EMPTY]
    return [
        Draft(
            via,
            _entry(record, "method"),
            given[0],
            headers=_entry(record, "headers"),
            body=_entry(record, "body"),
        )
        for record in records
    ]


def _entry(record: Record, key: str) -> Value:
    return record.entries.get(key, UNDEFINED)


def _by_client(client: Client, given: tuple[Value, ...]) -> list[Draft]:
    verb = client.verb
    if not given or (verb in ("", "request") and isinstance(given[0], Record)):
        return [_configured(client, _record(given[0]), UNDEFINED)] if given else []
    with_body = verb in _WITH_BODY
    settings = _record(given[2 if with_body else 1]) if len(given) > (2 if with_body else 1) else EMPTY
    if verb not in ("", "request"):
        settings = settings.with_entry("method", Text(verb))
    if with_body and len(given) > 1:
        settings = settings.with_entry("data", given[1])
    return [_configured(client, settings, given[0])]


def _record(value: Value) -> Record:
    return EMPTY.merged(value)


def _configured(client: Client, settings: Record, url: Value) -> Draft:
    base = settings.entries.get("baseURL", _entry(client.settings, "baseURL"))
    address = settings.entries.get("url", Text("")) if url == UNDEFINED else url
    return Draft(
        "axios",
        _entry(settings, "method"),
        _on_base(base, address),
        params=_record(_entry(client.settings, "params")).merged(_entry(settings, "params")),
        headers=as_record(_entry(client.settings, "headers")).merged(_entry(settings, "headers")),
        body=_entry(settings, "data"),
    )


def _on_base(base: Value, url: Value) -> Value:
    start = text(base).template
    if isinstance(base, Fixed) or not start or "://" in text(url).template[:12]:
        return url
    if text(url).template == "":
        return base
    slash = "" if text(url).template.startswith(("/", "?")) or start.endswith("/") else "/"
    doubled = start.endswith("/") and text(url).template.startswith("/")
    return concat([Text(start[:-1] if doubled else start, text(base).known), Text(slash), url])


def _opened(evaluator: Evaluator, call: Node, callee: Node, frame: Frame | None) -> list[Draft]:
    given = given_values(evaluator, call, frame)
    if not given[1:] or not _is_request(evaluator, callee, given[0], frame):
        return []
    headers, body = _after_open(evaluator, callee, frame)
    return [Draft("xhr", given[0], given[1], headers=headers, body=body)]


def _is_request(evaluator: Evaluator, callee: Node, method: Value, frame: Frame | None) -> bool:
    """`open` also opens windows and databases: a verb, or an object made as XMLHttpRequest, tells."""
    if any(text(option).template.upper() in _METHODS for option in options(method)):
        return True
    held = callee.child("object")
    return held is not None and evaluator.value(held, frame) == Global("XMLHttpRequest")


def _after_open(evaluator: Evaluator, callee: Node, frame: Frame | None) -> tuple[Record, Value]:
    """The headers and the body that other calls on the same variable add."""
    headers = EMPTY
    body: Value = NULL
    held = callee.child("object")
    binding = evaluator.program.meaning.get(held) if held is not None else None
    for node in binding.references if binding is not None else ():
        parent = node.parent
        call = parent.parent if parent is not None and node.field == "object" else None
        if parent is None or call is None or call.kind != "call_expression" or parent.field != "function":
            continue
        name, given = property_name(parent), arguments(call)
        if name == "setRequestHeader" and len(given) > 1:
            key = text(evaluator.value(given[0], frame)).template
            headers = headers.with_entry(key, evaluator.value(given[1], frame))
        elif name == "send" and given:
            body = evaluator.value(given[0], frame)
    return headers, body
