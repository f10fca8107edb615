"""Private parts of classes as compilers write them for older browsers: `get(this, key)`, `set(this, key, value)`.

The key is a WeakMap or WeakSet of the module; helpers differ from compiler to compiler, but are all given the object
and the key, in either order, and behind them what is written or the function that is a private method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .classes import constructor_frame, constructor_of, this_function
from .syntax import Node, arguments, callee_of, key_text, property_name, string_value
from .values import NULL, UNDEFINED, Closure, Instance, Value, choice, closures, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .evaluator import Evaluator
    from .names import Binding
    from .program import Program
    from .values import Frame


def private_part(evaluator: Evaluator, call: Node, frame: Frame | None) -> Value | None:
    """What a helper for private parts gives; None for any other call."""
    given = arguments(call)
    key = _key(evaluator.program, given)
    if key is None:
        return None
    own = next(node for node in given[:2] if node.kind == "this")
    this = evaluator.this(own, frame)
    more = [node for node in given[2:] if node.kind != "string"]
    for node in more:
        for closure in closures(evaluator.value(node, frame)):
            return Closure(closure.function, closure.frame, this)
    return evaluator.value(more[0], frame) if more else _read(evaluator, key, this)


def _key(program: Program, given: list[Node]) -> Binding | None:
    if not any(node.kind == "this" for node in given[:2]):
        return None
    for node in given[:2]:
        binding = program.meaning.get(node)
        made = [value for value, _ in binding.values] if binding is not None else []
        if made and all(_is_weak(value) for value in made):
            return binding
    return None


def _is_weak(node: Node) -> bool:
    callee = callee_of(node) if node.kind == "new_expression" else None
    return callee is not None and callee.text in ("WeakMap", "WeakSet")


def _read(evaluator: Evaluator, key: Binding, this: Value) -> Value:
    found: list[Value] = []
    for node in _written(key):
        function = this_function(node)
        inside = None
        for instance in options(this):
            if isinstance(instance, Instance) and constructor_of(instance.blueprint.node) is function:
                inside = constructor_frame(instance.blueprint, instance.arguments, instance)
        found.append(evaluator.value(node, inside))
    told = [value for value in found if value not in (UNDEFINED, NULL)]
    return choice(told or found)


def _written(key: Binding) -> Iterator[Node]:
    """What the source writes under a key: `set(this, key, x)`, `init(this, key, {value: x})`, `key.set(this, x)`."""
    for use in key.references:
        held = use.parent
        if held is not None and property_name(held) == "set" and held.parent is not None:
            yield from arguments(held.parent)[1:2]
        if held is None or held.kind != "arguments" or not any(node.kind == "this" for node in held.children[:2]):
            continue
        for node in held.children[2:3]:
            described = [pair.child("value") for pair in node.children if key_text(pair.child("key")) == "value"]
            yield from (value for value in described if value is not None)
            if not described and not _is_kind(node):
                yield node


def _is_kind(node: Node) -> bool:
    """Whether a helper is told by a letter what sort of part it reads."""
    return string_value(node) in ("f", "m", "a")
