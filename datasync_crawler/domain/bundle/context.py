"""Values that components keep and hand down unseen: React's hooks and contexts, Vue's `provide` and `inject`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .syntax import Node, arguments, callee_of, key_text, outermost, property_name, string_value
from .values import UNDEFINED, Client, Closure, Hole, Instance, Record, Sequence, Value, choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .evaluator import Evaluator

TAKEN = frozenset({"useContext", "inject"})
HOOKS = frozenset({"useCallback", "memo", "useMemo", "useRef", "useState"})


def kept_by_hook(evaluator: Evaluator, hook: str, given: Value) -> Value | None:
    """What a hook returns that keeps a value between renderings; None where that may change or tells nothing."""
    if hook in ("useCallback", "memo"):
        return given
    made = evaluator.apply(given, ()) if isinstance(given, Closure) and hook != "useRef" else given
    if hook == "useMemo":
        return made
    if not isinstance(made, (Instance, Client, Closure)) or (hook == "useState" and made is given):
        return None
    return Record({"current": made}) if hook == "useRef" else Sequence((made, Hole(("set",))))


def handed_down(evaluator: Evaluator, call: Node) -> Value | None:
    """What `useContext(context)` or `inject(key)` gives: whatever the source provides under it; None where nothing."""
    given = arguments(call)
    if not given:
        return None
    found = choice(evaluator.value(node, None) for node in _provided(evaluator, given[0]))
    return None if found == UNDEFINED else found


def _provided(evaluator: Evaluator, key: Node) -> Iterator[Node]:
    program = evaluator.program
    binding = program.meaning.get(key) or program.tied.get(key)
    for use in binding.references if binding is not None else ():
        yield from _by_provider(use)
        yield from _by_call(outermost(use))
    written = string_value(key)
    for call in program.calls_by_property.get("provide", ()) if written else ():
        given = arguments(call)
        if len(given) > 1 and string_value(given[0]) == written:
            yield given[1]


def _by_provider(use: Node) -> Iterator[Node]:
    """`jsx(context.Provider, {value: x})`, or the context itself in place of its provider."""
    around = use.parent
    element = around if around is not None and property_name(around) == "Provider" else use
    held = element.parent
    if held is None or held.kind != "arguments" or held.children[0] is not element:
        return
    for properties in held.children[1:2]:
        for pair in properties.children if properties.kind == "object" else ():
            value = pair.child("value") if key_text(pair.child("key")) == "value" else None
            if value is not None:
                yield value


def _by_call(use: Node) -> Iterator[Node]:
    """`app.provide(key, x)`."""
    held = use.parent
    call = held.parent if held is not None and held.kind == "arguments" else None
    given = arguments(call) if call is not None else []
    callee = callee_of(call) if call is not None else None
    if callee is not None and len(given) > 1 and given[0] is use and property_name(callee) == "provide":
        yield given[1]
