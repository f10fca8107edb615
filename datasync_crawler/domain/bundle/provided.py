"""Calls of what the language, the browser and common libraries provide, as far as they shape URLs and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .members import member
from .methods import method
from .strings import text
from .syntax import Node, arguments, callee_of, property_name
from .values import (
    EMPTY,
    UNDEFINED,
    Address,
    Blueprint,
    Choice,
    Client,
    Closure,
    Entries,
    Fixed,
    Global,
    Hole,
    Instance,
    Prepared,
    Record,
    Sequence,
    Text,
    Value,
    choice,
)

if TYPE_CHECKING:
    from .evaluator import Evaluator
    from .values import Frame

# Functions that hand on what they are given, as far as a URL is concerned.
_TRANSPARENT = frozenset(
    {
        "encodeURIComponent",
        "encodeURI",
        "decodeURIComponent",
        "String",
        "Number",
        "parseInt",
        "parseFloat",
        "structuredClone",
        "Object.freeze",
        "JSON.stringify",
        "Promise.resolve",
        "Math.floor",
        "Math.round",
        "Math.trunc",
    }
)

# What `new` of these makes is known to be no client of ours; it reads like its class.
_OBJECTS = frozenset({"XMLHttpRequest", "Map", "WeakMap", "Set", "WeakSet"})


def given_values(evaluator: Evaluator, call: Node, frame: Frame | None) -> tuple[Value, ...]:
    """The folded arguments of a call; a spread list contributes its items."""
    given: list[Value] = []
    for node in arguments(call):
        if node.kind == "spread_element" and node.children:
            spread = evaluator.value(node.children[0], frame)
            given.extend(spread.items if isinstance(spread, Sequence) else (spread,))
        else:
            given.append(evaluator.value(node, frame))
    return tuple(given)


def fold_call(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    """What a call returns."""
    callee = callee_of(node)
    if callee is None:
        return Hole(("value",))
    given = given_values(evaluator, node, frame)
    name = property_name(callee) or callee.text or callee.kind
    if name in ("useCallback", "memo", "useMemo") and given:
        return _hooked(evaluator, name, given[0])
    receiver = callee.child("object")
    if receiver is None:
        return called(evaluator, evaluator.value(callee, frame), given, name)
    held = evaluator.value(receiver, frame)
    if name == "create" and given and _configures(held, given[0]):
        return _client(held, given[0])
    answer = method(evaluator, held, name, given)
    return answer if answer is not None else called(evaluator, member(evaluator, held, name), given, name)


def called(evaluator: Evaluator, target: Value, given: tuple[Value, ...], name: str) -> Value:
    """What calling `target` returns; a function that is not in the source returns a hole of its name."""
    if isinstance(target, Closure):
        return evaluator.apply(target, given)
    if isinstance(target, Choice):
        closures = [option for option in target.variants if isinstance(option, Closure)]
        return choice([evaluator.apply(option, given) for option in closures] or [Hole((name,))])
    if isinstance(target, Global) and given:
        return _global_call(target.path, given)
    return Hole((name,))


def _hooked(evaluator: Evaluator, name: str, made: Value) -> Value:
    return evaluator.apply(made, ()) if name == "useMemo" and isinstance(made, Closure) else made


def _configures(held: Value, settings: Value) -> bool:
    return isinstance(held, Client) or (isinstance(settings, Record) and "baseURL" in settings.entries)


def _client(held: Value, settings: Value) -> Client:
    base = held.settings if isinstance(held, Client) else EMPTY
    return Client(base.merged(settings))


def _global_call(path: str, given: tuple[Value, ...]) -> Value:
    first = given[0]
    if path in _TRANSPARENT:
        return first
    if path in ("Object.entries", "Object.keys", "Object.values"):
        return _listed(path, first)
    if path == "Object.fromEntries":
        return first.record if isinstance(first, Entries) else _from_pairs(first)
    if path == "Object.assign":
        merged = first if isinstance(first, Record) else EMPTY
        for other in given[1:]:
            merged = merged.merged(other)
        return merged
    return Hole((path.rsplit(".", 1)[-1],))


def _listed(path: str, value: Value) -> Value:
    if not isinstance(value, Record):
        value = Record({}, open=not isinstance(value, Fixed))
    if path == "Object.values":
        return Sequence(tuple(value.entries.values()))
    return Entries(value, keys_only=path == "Object.keys")


def _from_pairs(value: Value) -> Record:
    """A record from a list of pairs; open where the list is not known."""
    record = Record({}, open=not isinstance(value, Sequence))
    for item in value.items if isinstance(value, Sequence) else ():
        if isinstance(item, Sequence) and len(item.items) > 1:
            record = record.with_entry(text(item.items[0]).template, item.items[1])
    return record


def as_record(value: Value, *, query: bool = False) -> Record:
    """`value` as what a Headers or URLSearchParams would hold if made from it."""
    if isinstance(value, Text):
        return _parsed(value.template)
    if isinstance(value, Entries):
        value = value.record
    if isinstance(value, Sequence):
        value = _from_pairs(value)
    return Record({}, query=query).merged(value)


def _parsed(query: str) -> Record:
    pairs = (pair.partition("=") for pair in query.lstrip("?").split("&") if "=" in pair)
    return Record({name: Text(value, "{" not in value) for name, _, value in pairs}, query=True)


def fold_new(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    """What `new` makes."""
    callee = callee_of(node)
    if callee is None:
        return Hole(("value",))
    made = evaluator.value(callee, frame)
    given = given_values(evaluator, node, frame)
    if isinstance(made, Blueprint):
        return Instance(made, given)
    first = given[0] if given else UNDEFINED
    if not isinstance(made, Global):
        return Hole((property_name(callee) or callee.text or "value",))
    if made.path in ("URLSearchParams", "Headers", "FormData"):
        return as_record(first, query=made.path == "URLSearchParams")
    if made.path == "URL":
        return Address(joined(given[1] if len(given) > 1 else Text(""), first), Record({}, query=True))
    if made.path in _OBJECTS:
        return made
    return Prepared() if made.path == "Request" else Hole((made.path.rsplit(".", 1)[-1],))


def joined(base: Value, path: Value) -> Text:
    """`path` resolved against `base` as a URL object does it; an unknown base stays in front as a placeholder."""
    written, root = text(path), text(base)
    if "://" in written.template[:12] or "import.meta" in root.template or "meta.url" in root.template:
        return written
    if "://" in root.template and written.template.startswith("/"):
        scheme, _, rest = root.template.partition("://")
        root = Text(f"{scheme}://{rest.split('/', 1)[0]}", root.known)
    return Text(root.template + written.template, root.known and written.known)
