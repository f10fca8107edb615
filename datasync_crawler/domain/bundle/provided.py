"""Calls of what the language, the browser and common libraries provide, as far as they shape URLs and options."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .classes import blueprint_of
from .clients import chained, has_verbs, is_address, settings_of, with_client
from .context import HOOKS, TAKEN, handed_down, kept_by_hook
from .fluent import after_call
from .libraries import BASES, MAKERS
from .members import member
from .methods import method
from .private import private_part
from .records import as_record, from_pairs
from .strings import text
from .syntax import Node, arguments, callee_of, property_name
from .values import (
    EMPTY,
    UNDEFINED,
    Address,
    Choice,
    Client,
    Closure,
    Entries,
    Fixed,
    Global,
    Hole,
    Instance,
    Namespace,
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
    held = call.child("arguments")
    if held is not None and held.kind == "template_string":
        return (Sequence((evaluator.value(held, frame),), joined=True),)
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
    if node in evaluator.program.given_out:
        return evaluator.value(evaluator.program.given_out[node], frame)
    if node in evaluator.program.loaded:
        return Namespace(evaluator.program.loaded[node])
    private = private_part(evaluator, node, frame)
    if private is not None:
        return private
    given = given_values(evaluator, node, frame)
    name = property_name(callee) or callee.text or callee.kind
    down = handed_down(evaluator, node) if name in TAKEN else None
    if down is not None:
        return down
    if name in HOOKS and given:
        hooked = kept_by_hook(evaluator, name, given[0])
        if hooked is not None:
            return hooked
    receiver = callee.child("object")
    if receiver is None:
        target = evaluator.value(callee, frame)
        result = called(evaluator, target, given, name)
        return with_client(evaluator, given, result)
    held = evaluator.value(receiver, frame)
    return _of_object(evaluator, held, name, given)


def _of_object(evaluator: Evaluator, held: Value, name: str, given: tuple[Value, ...]) -> Value:
    """What `held.name(given…)` returns."""
    if isinstance(held, Client):
        chain = chained(evaluator, held, name, given)
        return chain if chain is not None else _of_inner(evaluator, held, name, given)
    if name in MAKERS and given and _has_base(given[0]):
        return Client(settings_of(evaluator, given[0]))
    if name == "then" and isinstance(held, Namespace) and given and isinstance(given[0], Closure):
        return evaluator.apply(given[0], (held,))
    answer = method(evaluator, held, name, given)
    if answer is not None:
        return answer
    target = member(evaluator, held, name)
    if isinstance(target, Closure) and target.this is None and isinstance(held, Record):
        target = replace(target, this=held)
    if isinstance(target, Closure) and isinstance(held, Instance):
        changed = after_call(evaluator, held, target, given)
        if changed is not None:
            return changed
    result = called(evaluator, target, given, name)
    return with_client(evaluator, given, result)


def _of_inner(evaluator: Evaluator, client: Client, name: str, given: tuple[Value, ...]) -> Value:
    """What a method that only the library's own code explains returns: as a rule the client with more in it."""
    inner = client.inner if client.inner is not None else EMPTY
    result = _of_object(evaluator, inner, name, given)
    return Client(client.settings, inner=result) if has_verbs(result) else result


def _has_base(value: Value) -> bool:
    return isinstance(value, Record) and any(key in value.entries for key in BASES)


def called(evaluator: Evaluator, target: Value, given: tuple[Value, ...], name: str) -> Value:
    """What calling `target` returns; a function that is not in the source returns a hole of its name."""
    if isinstance(target, Closure):
        return evaluator.apply(target, given)
    if isinstance(target, Choice):
        closures = [option for option in target.variants if isinstance(option, Closure)]
        return choice([evaluator.apply(option, given) for option in closures] or [Hole((name,))])
    if isinstance(target, Global) and given:
        return _global_call(target.path, given)
    if isinstance(target, Client) and not target.verb and given and is_address(given[0]):
        return Client(target.settings.with_entry("url", given[0]))
    if isinstance(target, Client) and isinstance(target.inner, Closure) and not target.verb:
        return called(evaluator, target.inner, given, name)
    return target if isinstance(target, Namespace) else Hole((name,))


def _global_call(path: str, given: tuple[Value, ...]) -> Value:
    first = given[0]
    if path in _TRANSPARENT:
        return first
    if path in ("Object.entries", "Object.keys", "Object.values"):
        return _listed(path, first)
    if path == "String.raw" and isinstance(first, Sequence) and first.joined:
        return first.items[0]
    if path == "Object.fromEntries":
        return first.record if isinstance(first, Entries) else from_pairs(first)
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


def fold_new(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    """What `new` makes."""
    callee = callee_of(node)
    if callee is None:
        return Hole(("value",))
    made = evaluator.value(callee, frame)
    given = given_values(evaluator, node, frame)
    blueprint = blueprint_of(evaluator.program, made)
    if blueprint is not None:
        return Instance(blueprint, given)
    first = given[0] if given else UNDEFINED
    if not isinstance(made, Global):
        return with_client(evaluator, given, Hole((property_name(callee) or callee.text or "value",)))
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
    if (
        "://" in written.template[:12]
        or written.template.startswith("//")
        or "import.meta" in root.template
        or "meta.url" in root.template
    ):
        return written
    if "://" in root.template:
        root = _resolved_from(root, written.template)
    return Text(root.template + written.template, root.known and written.known)


def _resolved_from(root: Text, path: str) -> Text:
    """What of an absolute address stays before `path` is written behind it."""
    scheme, _, rest = root.template.partition("://")
    host, slash, folders = rest.partition("/")
    if path.startswith("/"):
        return Text(f"{scheme}://{host}", root.known)
    if path.startswith(("?", "#")) or not path or folders.endswith("}"):
        return root
    kept = folders.rpartition("/")[0]
    return Text(f"{scheme}://{host}/{kept}{'/' if kept else ''}", root.known) if slash or path else root
