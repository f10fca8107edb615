"""Headers that a client's hooks add to every request: `beforeRequest`, `onRequest`, `prepareHeaders`, middlewares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .records import as_record
from .strings import text
from .syntax import Node, arguments, callee_of, key_text, property_name
from .values import EMPTY, Closure, Record, Sequence, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .evaluator import Evaluator

_DEEPEST = 3


def hook_headers(evaluator: Evaluator, settings: Value, depth: int = _DEEPEST) -> Record:
    """The headers that functions anywhere in a client's settings set on what they are handed."""
    found = EMPTY
    if isinstance(settings, Closure):
        for name, value in _set_by(evaluator, settings):
            found = found.with_entry(name, value)
    elif depth:
        inside = settings.entries.values() if isinstance(settings, Record) else ()
        for value in (*inside, *(settings.items if isinstance(settings, Sequence) else ())):
            if isinstance(value, (Closure, Record, Sequence)):
                found = found.merged(hook_headers(evaluator, value, depth - 1))
    return found


def _set_by(evaluator: Evaluator, hook: Closure) -> Iterator[tuple[str, Value]]:
    for node in hook.function.descendants():
        if node.kind == "call_expression":
            given, callee = arguments(node), callee_of(node)
            held = callee.child("object") if callee is not None else None
            names = callee is not None and property_name(callee) in ("set", "append")
            if names and len(given) > 1 and held is not None and _is_headers(evaluator, held, hook.function):
                yield text(evaluator.value(given[0], hook.frame)).template, evaluator.value(given[1], hook.frame)
        elif node.kind == "assignment_expression":
            yield from _assigned(evaluator, node, hook)
        elif node.kind == "pair" and key_text(node.child("key")) == "headers":
            held = node.child("value")
            if held is not None and held.kind == "object":
                yield from as_record(evaluator.value(held, hook.frame)).entries.items()


def _is_headers(evaluator: Evaluator, node: Node, function: Node) -> bool:
    """Whether `node` is `….headers`, or a parameter of the hook that is or may be the headers."""
    if property_name(node) == "headers":
        return True
    binding = evaluator.program.meaning.get(node)
    if binding is None or binding.function is not function:
        return False
    return not binding.steps or binding.steps[-1].key == "headers"


def _assigned(evaluator: Evaluator, assignment: Node, hook: Closure) -> Iterator[tuple[str, Value]]:
    left, right = assignment.child("left"), assignment.child("right")
    if left is None or right is None:
        return
    if property_name(left) == "headers":
        yield from as_record(evaluator.value(right, hook.frame)).entries.items()
        return
    held, index = left.child("object"), left.child("index")
    if held is not None and property_name(held) == "headers":
        name = property_name(left) or (text(evaluator.value(index, hook.frame)).template if index is not None else "")
        if name:
            yield name, evaluator.value(right, hook.frame)
