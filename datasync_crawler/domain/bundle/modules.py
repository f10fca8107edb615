"""Modules inside one bundle: what webpack's module functions export, and who calls it from other modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .syntax import FUNCTIONS, Node, arguments, callee_of, key_text, property_name, string_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .names import Binding
    from .program import Program


def calls_from_other_modules(program: Program, binding: Binding) -> Iterator[Node]:
    """The calls `m.name(…)` where `m` is what the bundle's loader gives for the module that exports `binding` so."""
    for name, module in _exports(binding):
        for call in program.calls_by_property.get(name, ()):
            callee = callee_of(call)
            holder = callee.child("object") if callee is not None else None
            if holder is not None and _module_held(program, holder) == module:
                yield call


def _exports(binding: Binding) -> Iterator[tuple[str, str]]:
    """Export name and module id, from getters as in `r.d(t, {name: () => binding})`."""
    for reference in binding.references:
        getter = next(reference.enclosing(FUNCTIONS), None)
        pair = getter.parent if getter is not None else None
        if pair is None or pair.kind != "pair" or not _only_returns(getter, reference):
            continue
        module = _module_around(pair)
        if module:
            yield key_text(pair.child("key")), module


def _only_returns(getter: Node | None, reference: Node) -> bool:
    parent = reference.parent
    return parent is getter or (parent is not None and parent.kind == "return_statement")


def _module_around(node: Node) -> str:
    """The id under which the function around `node` is registered: a key of a table, or an assigned subscript."""
    for function in node.enclosing(FUNCTIONS):
        parent = function.parent
        if function.kind == "method_definition":
            return key_text(function.child("name"))
        if parent is not None and parent.kind == "pair":
            return key_text(parent.child("key"))
        left = parent.child("left") if parent is not None and parent.kind == "assignment_expression" else None
        if left is not None and left.kind == "subscript_expression":
            return _literal(left.child("index"))
    return ""


def _literal(node: Node | None) -> str:
    return "" if node is None else (node.text if node.kind == "number" else string_value(node) or "")


def _module_held(program: Program, holder: Node) -> str:
    """The id of the module that a variable was loaded from, as in `var m = n(27)`."""
    binding = program.meaning.get(holder)
    value = binding.values[0][0] if binding is not None and len(binding.values) == 1 else None
    if value is None or value.kind != "call_expression" or property_name(callee_of(value) or value):
        return ""
    given = arguments(value)
    return _literal(given[0]) if len(given) == 1 else ""
