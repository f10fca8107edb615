"""Objects after what code does to them: `h.set(k, v)`, `o.headers[k] = v`, `Object.assign(o, …)`, `list.push(x)`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from .hooks import hook_headers
from .records import as_record
from .strings import text
from .syntax import FUNCTIONS, Node
from .values import EMPTY, NULL, UNDEFINED, Address, Client, Hole, KeyOf, Record, Sequence, Text, Value, closures

if TYPE_CHECKING:
    from collections.abc import Callable

    from .changes import Change
    from .evaluator import Evaluator
    from .names import Binding
    from .values import Frame


# What a client lets its users change; a library itself hangs its parts on it under other names.
_OF_CLIENTS = (("defaults",), ("interceptors",), ("use",))


def mutated(evaluator: Evaluator, binding: Binding, value: Value, frame: Frame | None) -> Value:
    """`value` of `binding` after every change the source makes to it, in source order, whatever the conditions."""
    if not isinstance(value, (Record, Address, Client, Sequence, Hole)) and value not in (UNDEFINED, NULL):
        return value
    for change in evaluator.program.changes_of(binding):
        if isinstance(value, Client) and change.path[:1] not in _OF_CLIENTS:
            continue
        value = _at(value, change.path, partial(_changed, evaluator, change, frame))
    return value


def _at(value: Value, path: tuple[str, ...], change: Callable[[Value], Value]) -> Value:
    if isinstance(value, Client):
        rest = tuple(key for key in path if key not in ("defaults", "common"))
        hooked = "interceptors" in path or path == ("use",)
        return replace(value, settings=_record(_at(value.settings, () if hooked else rest, change)))
    if not path:
        return change(value)
    if isinstance(value, Address) and path[0] == "searchParams":
        return replace(value, query=_record(_at(value.query, path[1:], change)))
    if isinstance(value, Record):
        return value.with_entry(path[0], _at(value.entries.get(path[0], Record({}, value.open)), path[1:], change))
    if isinstance(value, Hole) or value in (UNDEFINED, NULL):
        return _at(Record({}, isinstance(value, Hole)), path, change)
    return value


def _record(value: Value) -> Record:
    return value if isinstance(value, Record) else Record({}, open=True)


def _changed(evaluator: Evaluator, change: Change, frame: Frame | None, value: Value) -> Value:
    if change.path[-1:] == ("use",):
        return _intercepted(evaluator, value, change.value)
    given = evaluator.value(change.value, frame)
    if change.handed:
        return _after_steps(evaluator, value, given)
    if isinstance(value, Sequence):
        return Sequence((*value.items, given)) if change.key is None else value
    if isinstance(value, Address):
        return replace(value, query=value.query.merged(given)) if change.key == "search" else value
    if isinstance(value, Hole) or value in (UNDEFINED, NULL):
        value = Record({}, isinstance(value, Hole))
    if not isinstance(value, Record):
        return value
    if change.key is None:
        return value.merged(given)
    return _with_key(evaluator, value, change.key, given, frame)


def _after_steps(evaluator: Evaluator, value: Value, steps: Value) -> Value:
    """A request's options with the headers that functions set on what they are handed."""
    if not isinstance(value, Record):
        return value
    added = EMPTY
    for step in closures(steps):
        added = added.merged(hook_headers(evaluator, step))
    headers = as_record(value.entries.get("headers", EMPTY)).merged(added)
    return value.with_entry("headers", headers) if added.entries else value


def _with_key(evaluator: Evaluator, record: Record, key: str | Node, given: Value, frame: Frame | None) -> Record:
    name = Text(key) if isinstance(key, str) else evaluator.value(key, frame)
    if isinstance(name, KeyOf):
        return record.merged(name.record)
    written = text(name).template
    before = record.entries.get(written)
    if isinstance(before, Text) and before.template and isinstance(given, Hole):
        return record
    return record.with_entry(written, given)


def _intercepted(evaluator: Evaluator, settings: Value, interceptor: Node) -> Value:
    """A client's settings after an interceptor has changed the request it was handed."""
    if not isinstance(settings, Record):
        return settings
    hooks = evaluator.value(interceptor, None)
    headers = as_record(settings.entries.get("headers", EMPTY)).merged(hook_headers(evaluator, hooks))
    settings = settings.with_entry("headers", headers) if headers.entries else settings
    if interceptor.kind not in FUNCTIONS:
        return settings
    for node in interceptor.descendants():
        binding = evaluator.program.meaning.get(node)
        if binding is not None and binding.function is interceptor and binding.index == 0:
            changed = mutated(evaluator, binding, settings, None)
            return changed if isinstance(changed, Record) else settings
    return settings
