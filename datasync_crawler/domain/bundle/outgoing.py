"""The calls that leave the page by what a browser provides: fetch, XMLHttpRequest, EventSource, WebSocket, beacons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .draft import Draft
from .libraries import BASES, CLIENT_PACKAGES, MAKERS, METHODS, VERBS
from .provided import given_values
from .records import as_record
from .strings import text
from .syntax import Node, arguments, bare, called_name, callee_of, key_text, property_name
from .values import EMPTY, NULL, UNDEFINED, Global, Prepared, Record, Text, Value, options

if TYPE_CHECKING:
    from .evaluator import Evaluator
    from .program import Program
    from .values import Frame

_MADE = {"Request": "request", "EventSource": "eventsource", "WebSocket": "websocket"}
_CALLED = frozenset({"fetch", "open", "sendBeacon"})
_HANDED_OUT = VERBS | {"fetch"}
_ADDRESSED = VERBS | {"ajax", "getjson", "$fetch"}


def may_leave(call: Node, evaluator: Evaluator) -> bool:
    """Whether a call is worth folding: cheap, and true for every call that `drafts` knows."""
    callee = callee_of(call)
    if callee is None:
        return False
    name = property_name(callee) or callee.text
    if call.kind == "new_expression":
        return name in _MADE
    if callee.kind == "binary_expression":
        return any(part.text == "fetch" or property_name(part) == "fetch" for part in callee.children)
    if name in evaluator.program.fetcher_names:
        return True
    return name in _CALLED or (callee.kind == "identifier" and _is_alias(callee, evaluator.program))


def may_be_client(call: Node, evaluator: Evaluator) -> bool:
    """Whether a call may go through a client: by a verb, or by a variable that may hold one."""
    callee = callee_of(call)
    if callee is None or call.kind == "new_expression":
        return False
    if (property_name(callee) or callee.text).lower() in _ADDRESSED:
        return True
    return _is_alias(callee, evaluator.program)


def _is_alias(node: Node, program: Program, hops: int = 4) -> bool:
    """Whether an expression may stand for fetch or a client: named so, bound, or made by a call."""
    binding = program.meaning.get(node) or program.tied.get(node)
    if binding is not None:
        if binding.module in CLIENT_PACKAGES or binding in program.clients or binding in program.fetchers:
            return True
        if binding.steps and binding.steps[-1].key.lower() in _HANDED_OUT:
            return True
        single = len(binding.values) == 1 and binding.function is None and hops > 0
        return single and _is_alias(bare(binding.values[0][0]), program, hops - 1)
    if node.kind == "call_expression":
        return called_name(node) == "bind" or called_name(node) in MAKERS or _is_made(node)
    name = property_name(node) or node.text
    return name in _CALLED or name in CLIENT_PACKAGES


def _is_made(call: Node) -> bool:
    """Whether a call is given settings with a base, or something that names an address."""
    for given in arguments(call)[:2]:
        if given.kind == "object" and any(key_text(pair.child("key")) in BASES for pair in given.children):
            return True
    return False


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
    given = given_values(evaluator, call, frame)
    if not isinstance(target, Global) or not given:
        return []
    if call.kind == "new_expression":
        made = _made(_MADE.get(target.path, ""), given)
        more = _set_afterwards(evaluator, call, frame) if target.path == "Request" else EMPTY
        return [replace(draft, headers=as_record(draft.headers).merged(more)) for draft in made]
    if target.path == "fetch":
        return _fetched("fetch", given)
    if target.path == "navigator.sendBeacon":
        return [Draft("beacon", Text("POST"), given[0], body=given[1] if len(given) > 1 else UNDEFINED)]
    return []


def _set_afterwards(evaluator: Evaluator, made: Node, frame: Frame | None) -> Record:
    """The headers that are set on a request after it was made: `request.headers.set(name, value)`."""
    holder = made.parent
    name = holder.child("name") if holder is not None and holder.kind == "variable_declarator" else None
    binding = evaluator.program.meaning.get(name) if name is not None else None
    found = EMPTY
    for change in evaluator.program.changes_of(binding) if binding is not None else ():
        if change.path == ("headers",) and change.key is not None:
            key = Text(change.key) if isinstance(change.key, str) else evaluator.value(change.key, frame)
            found = found.with_entry(text(key).template, evaluator.value(change.value, frame))
    return found


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


def _opened(evaluator: Evaluator, call: Node, callee: Node, frame: Frame | None) -> list[Draft]:
    given = given_values(evaluator, call, frame)
    if not given[1:] or not _is_request(evaluator, callee, given[0], frame):
        return []
    headers, body = _after_open(evaluator, callee, frame)
    return [Draft("xhr", given[0], given[1], headers=headers, body=body)]


def _is_request(evaluator: Evaluator, callee: Node, method: Value, frame: Frame | None) -> bool:
    """`open` also opens windows and databases: a verb, or an object made as XMLHttpRequest, tells."""
    if any(text(option).template.upper() in METHODS for option in options(method)):
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
