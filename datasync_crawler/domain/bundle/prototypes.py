"""Constructor functions, and what the source hangs on prototypes: `A.prototype.get = function (path) {…}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .syntax import CLASSES, Node, arguments, bare, callee_of, key_text, property_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .program import Program

_MAKERS = CLASSES | {"function_declaration", "function_expression"}


@dataclass(frozen=True, slots=True)
class Inherited:
    """A part that all instances have; `key` is an expression where the source computes it, as in a loop."""

    key: str | Node
    value: Node


def find_prototypes(program: Program) -> None:
    """Fill the program's tables of constructor functions and of what prototypes hold."""
    for call in program.calls:
        maker = _maker(program, callee_of(call)) if call.kind == "new_expression" else None
        if maker is not None and maker.kind not in CLASSES:
            program.constructors.add(maker)
    for node in program.members:
        maker = _maker(program, node.child("object")) if property_name(node) == "prototype" else None
        if maker is None:
            continue
        if maker.kind not in CLASSES:
            program.constructors.add(maker)
        for use in (node, *_other_names(program, node)):
            for part in _written(use):
                program.prototypes[maker].append(part)
                program.owners.setdefault(bare(part.value), maker)


def _maker(program: Program, name: Node | None) -> Node | None:
    """The one function or class that a name stands for."""
    binding = program.meaning.get(name) if name is not None else None
    values = [bare(node) for node, _ in binding.values] if binding is not None else []
    return values[0] if len(values) == 1 and values[0].kind in _MAKERS else None


def _other_names(program: Program, prototype: Node) -> list[Node]:
    """The uses of a variable that holds a prototype: `var p = A.prototype`."""
    holder = prototype.parent
    name = holder.child("name") if holder is not None and holder.kind == "variable_declarator" else None
    binding = program.meaning.get(name) if name is not None else None
    return binding.references if binding is not None else []


def _written(use: Node) -> Iterator[Inherited]:
    """What is written to a prototype at one use of it."""
    around = use.parent
    if around is None:
        return
    if around.kind in ("member_expression", "subscript_expression") and use.field == "object":
        yield from _assigned(around)
    elif around.kind == "assignment_expression" and use.field == "left":
        yield from _listed(around.child("right"))
    elif around.kind == "arguments" and around.parent is not None and around.children[0] is use:
        callee = callee_of(around.parent)
        if callee is not None and property_name(callee) == "assign":
            for given in arguments(around.parent)[1:]:
                yield from _listed(given)


def _assigned(left: Node) -> Iterator[Inherited]:
    assignment = left.parent
    right = assignment.child("right") if assignment is not None else None
    if assignment is None or right is None or assignment.kind != "assignment_expression" or left.field != "left":
        return
    key = property_name(left) or left.child("index")
    if key:
        yield Inherited(key, right)


def _listed(node: Node | None) -> Iterator[Inherited]:
    for part in node.children if node is not None and node.kind == "object" else ():
        name = key_text(part.child("key") or part.child("name"))
        if name:
            yield Inherited(name, part.child("value") or part)
