"""Functions that are handed to other functions: `withToken(fetch)`, `compose(retry(fetch))`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .names import parameters
from .syntax import Node, arguments, callee_of, key_text, outermost, property_name
from .values import closures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .fold import Folder
    from .names import Binding
    from .program import Program


def receiving(folder: Folder, use: Node) -> Iterator[Binding]:
    """The parameters of functions of the source that are given `use` as an argument."""
    wide = outermost(use)
    held = wide.parent
    call = held.parent if held is not None and held.kind == "arguments" else None
    callee = callee_of(call) if call is not None and call.kind == "call_expression" else None
    if call is None or callee is None or wide not in arguments(call):
        return
    place = arguments(call).index(wide)
    for closure in closures(folder.ask(partial(folder.value, callee, None))[0]):
        taking = parameters(closure.function)
        binding = folder.program.meaning.get(taking[place]) if place < len(taking) else None
        if binding is not None and binding.function is closure.function:
            yield binding


def find_fetchers(folder: Folder) -> set[Binding]:
    """The parameters that are given the browser's own `fetch`, by name or as its bound form."""
    found: set[Binding] = set()
    for node in folder.program.unexplained.get("fetch", ()):
        member = node.parent
        bound = member.parent if member is not None and property_name(member) == "bind" else None
        found.update(receiving(folder, bound if bound is not None else node))
    return found


def fetcher_names(program: Program) -> set[str]:
    """The properties under which objects keep the browser's `fetch`: `{load: fetch}`, `this.load = load`."""
    found: set[str] = set()
    for node in program.unexplained.get("fetch", ()):
        around = node.parent
        if around is None:
            continue
        if around.kind == "pair":
            found.add(key_text(around.child("key")))
        elif around.kind == "assignment_pattern":
            parameter = around.child("left")
            binding = program.meaning.get(parameter) if parameter is not None else None
            found.update(name for use in (binding.references if binding is not None else ()) if (name := _kept(use)))
        elif name := _kept(node):
            found.add(name)
    return found - {""}


def _kept(use: Node) -> str:
    """The property that a value is assigned to, also as one of two: `this.load = load ?? fetch`."""
    around = use.parent
    while around is not None and around.kind in (
        "binary_expression",
        "parenthesized_expression",
        "ternary_expression",
    ):
        use, around = around, around.parent
    left = around.child("left") if around is not None and around.kind == "assignment_expression" else None
    return property_name(left) if left is not None and use.field == "right" else ""
