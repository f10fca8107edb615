"""Parameters of callbacks whose caller is known: `list.map(x => …)`, `Object.entries(o).forEach(([k, v]) => …)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .parts import element
from .syntax import callee_of, key_text, property_name
from .values import Entries, Record, Sequence, Value, choice

if TYPE_CHECKING:
    from .evaluator import Evaluator
    from .names import Binding
    from .syntax import Node
    from .values import Closure, Frame

_EACH = frozenset({"forEach", "map", "filter", "flatMap", "some", "every", "find"})


def parameter_from_context(evaluator: Evaluator, binding: Binding, frame: Frame | None) -> Value | None:
    """What the callback's parameter is given for any element, or None where that is not known."""
    function = binding.function
    keyed = _key_beside(evaluator, function, frame) if function is not None and binding.index == 0 else None
    if keyed is not None:
        return keyed
    held = function.parent if function is not None else None
    call = held.parent if held is not None and held.kind == "arguments" else None
    callee = callee_of(call) if call is not None else None
    place = 1 if callee is not None and property_name(callee) == "reduce" else 0
    if callee is None or binding.index != place or property_name(callee) not in _EACH | {"reduce"}:
        return None
    receiver = callee.child("object")
    if receiver is None:
        return None
    looped = evaluator.value(receiver, frame)
    if isinstance(looped, Record):
        return choice(looped.entries.values()) if looped.query else None
    return element(evaluator, looped) if isinstance(looped, (Sequence, Entries)) else None


def _key_beside(evaluator: Evaluator, function: Node, frame: Frame | None) -> Value | None:
    """What a `queryFn` is handed: the `queryKey` that the same object names."""
    pair = function.parent
    around = pair.parent if pair is not None and pair.kind == "pair" else None
    if pair is None or around is None or key_text(pair.child("key")) != "queryFn":
        return None
    for other in around.children:
        key = other.child("value") if key_text(other.child("key")) == "queryKey" else None
        if key is not None:
            return Record({"queryKey": evaluator.value(key, frame)}, open=True)
    return None


def returned(evaluator: Evaluator, closure: Closure) -> Value:
    """What a function returns whoever calls it, its parameters left open."""
    found = evaluator.program.returns.get(closure.function, [])
    return choice(evaluator.value(node, closure.frame) for node in found)
