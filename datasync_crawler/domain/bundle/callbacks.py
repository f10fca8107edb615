"""Parameters of callbacks whose caller is known: `list.map(x => …)`, `Object.entries(o).forEach(([k, v]) => …)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .parts import element
from .syntax import callee_of, property_name
from .values import Entries, Record, Sequence, Value, choice

if TYPE_CHECKING:
    from .evaluator import Evaluator
    from .names import Binding
    from .values import Frame

_EACH = frozenset({"forEach", "map", "filter", "flatMap", "some", "every", "find"})


def parameter_from_context(evaluator: Evaluator, binding: Binding, frame: Frame | None) -> Value | None:
    """What the callback's parameter is given for any element, or None where that is not known."""
    function = binding.function
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
    return element(looped) if isinstance(looped, (Sequence, Entries)) else None
