"""Calls that are described, not made: RTK Query's `endpoints: build => ({name: build.query({query: arg => …})})`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .callbacks import returned
from .client_calls import described
from .clients import settings_of
from .syntax import FUNCTIONS, Node, arguments, callee_of, key_text, property_name
from .values import EMPTY, Client, Closure, Frame, Record, Text, Value, closures, options

if TYPE_CHECKING:
    from .draft import Draft
    from .evaluator import Evaluator

_BUILDERS = frozenset({"query", "mutation", "infiniteQuery"})


def is_endpoint(call: Node) -> bool:
    """Whether a call builds an endpoint: a builder's method that is given an object with a function `query`."""
    callee, given = callee_of(call), arguments(call)
    if callee is None or property_name(callee) not in _BUILDERS or not given or given[0].kind != "object":
        return False
    return any(key_text(part.child("key") or part.child("name")) == "query" for part in given[0].children)


def endpoint_drafts(evaluator: Evaluator, call: Node, frame: Frame | None) -> list[Draft]:
    """The calls that the endpoint built by `call` stands for, behind the base of the service it is built for."""
    if not is_endpoint(call):
        return []
    built = evaluator.value(arguments(call)[0], frame)
    asks = built.entries.get("query") if isinstance(built, Record) else None
    client = _service(evaluator, call)
    if not isinstance(asks, Closure) or client is None:
        return []
    return [_draft(evaluator, client, option) for option in options(returned(evaluator, asks))]


def _draft(evaluator: Evaluator, client: Client, asked: Value) -> Draft:
    if isinstance(asked, Record):
        settings = settings_of(evaluator, asked)
        return described(client.settings, settings, settings.entries.get("url", Text("")))
    return described(client.settings, EMPTY, asked)


def _service(evaluator: Evaluator, call: Node) -> Client | None:
    """What the endpoints around `call` are given to: an object with `baseQuery`, or a service that has one."""
    for function in call.enclosing(FUNCTIONS):
        around = function.parent
        if function.kind == "method_definition":
            name, settings = key_text(function.child("name")), around
        elif around is not None and around.kind == "pair":
            name, settings = key_text(around.child("key")), around.parent
        else:
            continue
        if name == "endpoints" and settings is not None:
            return _client(evaluator, settings)
    return None


def _client(evaluator: Evaluator, settings: Node) -> Client | None:
    record = evaluator.value(settings, None)
    base = record.entries.get("baseQuery") if isinstance(record, Record) else None
    if base is not None:
        return _asking(evaluator, base)
    made = settings.parent.parent if settings.parent is not None else None
    callee = callee_of(made) if made is not None else None
    held = callee.child("object") if callee is not None else None
    value = evaluator.value(held, None) if held is not None else None
    return next((option for option in options(value) if isinstance(option, Client)), None) if value else None


def _asking(evaluator: Evaluator, base: Value) -> Client | None:
    """The client that a base query is, or calls: refreshing tokens is written as a function around one."""
    for option in options(base):
        if isinstance(option, Client):
            return option
    for closure in closures(base):
        for node in closure.function.descendants():
            callee = callee_of(node) if node.kind == "call_expression" else None
            found = evaluator.value(callee, closure.frame) if callee is not None else None
            if isinstance(found, Client):
                return found
    return None
