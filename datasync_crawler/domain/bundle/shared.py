"""Globals that plain scripts of a page share: `var api = …` at the top of one, `window.api = …` in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .members import WINDOWS
from .names import Binding
from .syntax import Node, property_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .program import Program

# Shorter names are a minifier's, which gives them again in every script.
_SHORTEST = 3
# What a browser provides stays what it is, even where a script puts its own in place of it.
_PROVIDED = frozenset(
    [
        "fetch",
        "XMLHttpRequest",
        "WebSocket",
        "EventSource",
        "location",
        "history",
        "navigator",
        "document",
        "localStorage",
        "sessionStorage",
        "Request",
        "Response",
        "Headers",
        "FormData",
        "URL",
        "URLSearchParams",
        "Promise",
        "Object",
        "JSON",
        "console",
    ]
)

_ROOT = frozenset({"program"})
_OF_MODULES = frozenset({"import_statement", "export_statement"})


def share(program: Program) -> None:
    """Let names that a script leaves unexplained mean what other scripts declare or assign under them."""
    known = {**_assigned(program), **{binding.name: binding for binding in _declared(program)}}
    for name, binding in known.items():
        for node in program.unexplained.get(name, ()):
            _mean(program, node, binding)
    for node in program.members:
        meant = known.get(property_name(node)) if _is_window(program, node.child("object")) else None
        if meant is not None and node.field != "left":
            _mean(program, node, meant)


def _mean(program: Program, node: Node, binding: Binding) -> None:
    program.meaning[node] = binding
    binding.references.append(node)


def _declared(program: Program) -> Iterator[Binding]:
    windows = {property_name(node) for node in program.members if _is_window(program, node.child("object"))}
    plain = {
        root for root in program.scripts.values() if not any(child.kind in _OF_MODULES for child in root.children)
    }
    for binding in program.bindings:
        sought = binding.name in program.unexplained or binding.name in windows
        at_top = binding.owner is None and binding.function is None and not binding.module
        if not (sought and at_top and binding.values and _is_sharable(binding.name)):
            continue
        if next(binding.values[0][0].enclosing(_ROOT), None) in plain:
            yield binding


def _assigned(program: Program) -> dict[str, Binding]:
    found: dict[str, Binding] = {}
    for name, assignments in program.assignments_by_property.items():
        for assignment in assignments if _is_sharable(name) else ():
            left, right = assignment.child("left"), assignment.child("right")
            if left is not None and right is not None and _is_window(program, left.child("object")):
                found.setdefault(name, Binding(name, None)).values.append((right, "="))
    return found


def _is_sharable(name: str) -> bool:
    return len(name) >= _SHORTEST and name not in _PROVIDED and name not in WINDOWS


def _is_window(program: Program, node: Node | None) -> bool:
    return node is not None and node.text in WINDOWS and node.text != "document" and node not in program.meaning
