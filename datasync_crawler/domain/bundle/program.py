"""A parsed source with the tables that folding and tracing look things up in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .changes import Change, changes_among
from .names import resolve
from .syntax import FUNCTIONS, Node, arguments, called_name, callee_of, key_text, parse, property_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .names import Binding


@dataclass(slots=True, eq=False)
class Program:
    """One source: its tree, what its names mean, and where things of one kind are."""

    root: Node
    meaning: dict[Node, Binding]
    calls: list[Node] = field(default_factory=list)
    calls_by_property: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    bindings_by_part: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    functions_by_property: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    assignments_by_property: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    returns: dict[Node, list[Node]] = field(default_factory=lambda: defaultdict(list))
    clients: frozenset[Binding] = frozenset()
    _changes: dict[Binding, tuple[Change, ...]] = field(default_factory=dict)

    def changes_of(self, binding: Binding) -> tuple[Change, ...]:
        """What the source does to the object that `binding` holds."""
        if binding not in self._changes:
            self._changes[binding] = changes_among(binding.references)
        return self._changes[binding]


def read_program(source: bytes) -> Program:
    """Parse `source` and fill the tables, all in source order."""
    root = parse(source)
    names = resolve(root)
    program = Program(root, names.meaning)
    for binding in names.bindings:
        if binding.steps:
            program.bindings_by_part[binding.steps[-1].key].append(binding)
    for node in root.descendants():
        _enter(program, node)
    program.clients = frozenset(_clients(program))
    return program


def _clients(program: Program) -> Iterator[Binding]:
    """The variables that hold axios: a bundler renames it, but not what it carries nor what it is asked to create."""
    carriers = [assignment.child("left") for assignment in program.assignments_by_property.get("isAxiosError", ())]
    makers = [callee_of(call) for call in program.calls_by_property.get("create", ()) if _has_base(call)]
    for member in (*carriers, *makers):
        holder = member.child("object") if member is not None else None
        binding = program.meaning.get(holder) if holder is not None else None
        if binding is not None:
            yield binding


def _has_base(call: Node) -> bool:
    given = arguments(call)
    pairs = given[0].children if given and given[0].kind == "object" else ()
    return any(key_text(pair.child("key")) == "baseURL" for pair in pairs)


def _enter(program: Program, node: Node) -> None:
    kind = node.kind
    if kind in ("call_expression", "new_expression"):
        program.calls.append(node)
        program.calls_by_property[called_name(node)].append(node)
    elif kind in FUNCTIONS:
        program.functions_by_property[property_of(node)].append(node)
        body = node.child("body")
        if body is not None and body.kind != "statement_block":
            program.returns[node].append(body)
    elif kind == "return_statement" and node.children:
        function = next(node.enclosing(FUNCTIONS), None)
        if function is not None:
            program.returns[function].append(node.children[0])
    elif kind == "assignment_expression":
        left = node.child("left")
        if left is not None and left.kind in ("member_expression", "subscript_expression"):
            program.assignments_by_property[property_name(left)].append(node)


def property_of(function: Node) -> str:
    """The property under which an object or class holds `function`; empty for a function that stands alone."""
    if function.kind == "method_definition":
        return key_text(function.child("name"))
    parent = function.parent
    while parent is not None and parent.kind in ("parenthesized_expression", "arguments", "call_expression"):
        function, parent = parent, parent.parent
    if parent is None:
        return ""
    if parent.kind == "pair":
        return key_text(parent.child("key"))
    if parent.kind == "field_definition":
        return key_text(parent.child("property"))
    if parent.kind == "assignment_expression":
        left = parent.child("left")
        return property_name(left) if left is not None else ""
    return ""


def binding_of_function(function: Node, program: Program) -> Binding | None:
    """The name that stands for `function`: its own, or its variable's, also through `useCallback(f)`."""
    if function.kind.endswith("declaration"):
        name = function.child("name")
        return None if name is None else program.meaning.get(name)
    parent = function.parent
    while parent is not None and parent.kind in ("parenthesized_expression", "arguments", "call_expression"):
        function, parent = parent, parent.parent
    if parent is None:
        return None
    target = {"variable_declarator": "name", "assignment_expression": "left"}.get(parent.kind)
    name = parent.child(target) if target is not None else None
    return program.meaning.get(name) if name is not None and name.kind == "identifier" else None
