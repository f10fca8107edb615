"""Where the source changes an object after making it, as far as the syntax tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .syntax import Node, arguments, callee_of, property_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .names import Binding

# A bundle's export object is changed at thousands of places; a request's options at a handful.
_MOST_CHANGES = 60
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Change:
    """At `path` below the object, `key` becomes `value`; without a key `value` is merged, or pushed for a list.

    With `handed` the object is given to each of the functions that `value` stands for, which change it in turn.
    """

    path: tuple[str, ...]
    key: str | Node | None
    value: Node
    handed: bool = False


def changes_among(references: Iterable[Node], meaning: Mapping[Node, Binding]) -> tuple[Change, ...]:
    """The changes that the uses of one variable make, in source order."""
    found: list[Change] = []
    for reference in references:
        change = _change(reference) or _by_steps(reference, meaning)
        if change is not None:
            found.append(change)
            if len(found) == _MOST_CHANGES:
                break
    return tuple(found)


def _change(reference: Node) -> Change | None:
    node, path = reference, []
    while (parent := node.parent) is not None and node.field == "object" and property_name(parent):
        path.append(property_name(parent))
        node = parent
    if parent is None or len(path) > _DEEPEST:
        return None
    if parent.kind == "subscript_expression" and node.field == "object":
        return _computed(parent, tuple(path))
    if parent.kind == "assignment_expression" and node.field == "left" and path:
        right = parent.child("right")
        return Change(tuple(path[:-1]), path[-1], right) if right is not None else None
    if parent.kind == "call_expression" and node.field == "function" and path:
        return _by_method(path, arguments(parent))
    if parent.kind == "arguments" and not path:
        return _by_assign(node, parent)
    return None


def _by_steps(reference: Node, meaning: Mapping[Node, Binding]) -> Change | None:
    """`for (const step of steps) step(call)`: the steps that an object goes through before it is used."""
    held = reference.parent
    callee = callee_of(held.parent) if held is not None and held.parent is not None else None
    binding = meaning.get(callee) if callee is not None else None
    if callee is None or held is None or held.kind != "arguments" or binding is None:
        return None
    looped = binding.function is None and [step.key for step in binding.steps] == ["*of"]
    return Change((), None, callee, handed=True) if looped or _is_each(binding) else None


def _is_each(binding: Binding) -> bool:
    """Whether a name is the item that a callback of `forEach` is given."""
    held = binding.function.parent if binding.function is not None and binding.index == 0 else None
    around = held.parent if held is not None and held.kind == "arguments" else None
    return around is not None and property_name(callee_of(around) or around) == "forEach"


def _computed(subscript: Node, path: tuple[str, ...]) -> Change | None:
    index, assignment = subscript.child("index"), subscript.parent
    if index is None or assignment is None or assignment.kind != "assignment_expression" or subscript.field != "left":
        return None
    right = assignment.child("right")
    return Change(path, index, right) if right is not None else None


def _by_method(path: list[str], given: list[Node]) -> Change | None:
    if path[-1] in ("set", "append") and len(given) > 1:
        return Change(tuple(path[:-1]), given[0], given[1])
    if path[-1] == "push" and len(given) == 1:
        return Change(tuple(path[:-1]), None, given[0])
    if given and (path[-3:] == ["interceptors", "request", "use"] or path == ["use"]):
        return Change(tuple(path), None, given[0])
    return None


def _by_assign(node: Node, held: Node) -> Change | None:
    callee = callee_of(held.parent) if held.parent is not None else None
    if callee is None or property_name(callee) != "assign" or held.children[0] is not node or not held.children[1:]:
        return None
    return Change((), None, held.children[1])
