"""What modules export, as a table from each name to the expression that it stands for.

Understood are `export` statements, webpack's module functions (`n.d(t, {name: () => x})`, `n.d(t, ["name", 0, x])`,
`t.name = x`, `e.exports = x`), Turbopack's (`e.s(["name", () => x])`), `System.register` and `define`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .names import parameters
from .syntax import FUNCTIONS, Node, arguments, bare, callee_of, key_text, outermost, property_name, string_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .program import Program

# The name under which a module stands that is one value as a whole: `module.exports = x`.
WHOLE = "module.exports"

Exports = dict[str, Node]


def statement_exports(program: Program, root: Node) -> Exports:
    """What the `export` statements of a script name; those that only pass on from other scripts are not resolved."""
    found: Exports = {}
    for statement in root.children:
        if statement.kind == "export_statement" and statement.child("source") is None:
            found.update(_of_statement(program, statement))
    return found


def _of_statement(program: Program, statement: Node) -> Iterator[tuple[str, Node]]:
    value, declared = statement.child("value"), statement.child("declaration")
    if value is not None:
        yield "default", bare(value)
    for name in declared_names(declared) if declared is not None else ():
        yield ("default" if statement.operator == "default" else name.text), name
    for specifier in specifiers(statement):
        local = specifier.child("name")
        if local is not None and local in program.meaning:
            yield key_text(specifier.child("alias") or local), local


def declared_names(declaration: Node) -> list[Node]:
    """The name nodes that a declaration declares, without those inside patterns' values."""
    if declaration.kind in ("lexical_declaration", "variable_declaration"):
        declarators = (child.child("name") for child in declaration.children)
        return [name for name in declarators if name is not None and name.kind == "identifier"]
    name = declaration.child("name")
    return [name] if name is not None else []


def specifiers(statement: Node) -> list[Node]:
    """The `a as b` parts of an export statement."""
    clauses = (child for child in statement.children if child.kind == "export_clause")
    return [part for clause in clauses for part in clause.children if part.kind == "export_specifier"]


def function_exports(program: Program, function: Node) -> Exports:
    """What a bundler's module function exports through its parameters."""
    names = [parameter.text for parameter in parameters(function)]
    found: Exports = {}
    for node in function.descendants():
        if node.kind == "call_expression":
            found.update(_defined(program, node, function, names))
        elif node.kind == "assignment_expression":
            found.update(_assigned(program, node, function, names))
    return found


def _role(program: Program, node: Node | None, function: Node) -> int:
    """Which parameter of `function` an identifier is; -1 for anything else."""
    binding = program.meaning.get(node) if node is not None else None
    return binding.index if binding is not None and binding.function is function and not binding.steps else -1


def _defined(program: Program, call: Node, function: Node, names: list[str]) -> Iterator[tuple[str, Node]]:
    callee, given = callee_of(call), arguments(call)
    if callee is None or callee.kind != "member_expression" or not given:
        return
    name, place = property_name(callee), _role(program, callee.child("object"), function)
    if name == "d" and place == 2 and len(given) > 1:  # noqa: PLR2004 - the loader is the third parameter
        yield from table(program, given[1])
    elif name == "s" and place == 0 and len(names) < 4:  # noqa: PLR2004 - Turbopack hands in one object
        yield from table(program, given[0])
    elif name == "defineProperty" and len(given) > 2 and _role(program, given[0], function) == 1:  # noqa: PLR2004
        for key, value in table(program, given[2]):
            if key in ("get", "value") and string_value(given[1]):
                yield string_value(given[1]) or "", value


def _assigned(program: Program, assignment: Node, function: Node, names: list[str]) -> Iterator[tuple[str, Node]]:
    left, right = assignment.child("left"), assignment.child("right")
    key = property_name(left) if left is not None else ""
    if left is None or right is None or not key:
        return
    place = _role(program, left.child("object"), function)
    if place == 1 or (place == 0 and key != "exports" and names[:1] == ["exports"]):
        yield key, bare(right)
    elif place == 0 and key == "exports":
        yield WHOLE, bare(right)


def table(program: Program, node: Node) -> Iterator[tuple[str, Node]]:
    """Names and expressions of `{name: () => x}`, `["name", 0, x]` and `["name", () => x]`; a getter's own value."""
    if node.kind == "object":
        for child in node.children:
            held = child.child("value") if child.kind == "pair" else child
            name = key_text(child.child("key") or child.child("name")) or child.text
            if held is not None and name:
                yield name, got(program, held)
    elif node.kind == "array":
        yield from _listed(program, [child for child in node.children if child.kind not in (",", "comment")])


def _listed(program: Program, items: list[Node]) -> Iterator[tuple[str, Node]]:
    while len(items) > 1:
        name, value, *items = items
        if value.kind == "number" and items:
            value, *items = items
        else:
            value = got(program, value)
        written = string_value(name)
        if written:
            yield written, bare(value)


def got(program: Program, node: Node) -> Node:
    """What a getter returns; anything else as it is."""
    returned = program.returns.get(node, []) if node.kind in FUNCTIONS else []
    return bare(returned[0]) if len(returned) == 1 else node


def registered(program: Program, root: Node) -> tuple[list[str], list[Node], Exports] | None:
    """Of `System.register` or `define`: the dependencies, the functions or parameters that take them, the exports."""
    for call in program.calls_by_property.get("register", []) + program.calls_by_property.get("", []):
        callee, given = callee_of(call), [bare(node) for node in arguments(call) if node.kind != "string"]
        if callee is None or len(given) < 2 or given[0].kind != "array" or given[1].kind not in FUNCTIONS:  # noqa: PLR2004
            continue
        if next((around for around in call.enclosing(frozenset({"program"}))), None) is not root:
            continue
        wanted = [string_value(child) or "" for child in given[0].children if child.kind == "string"]
        if callee.text == "define":
            taking = parameters(given[1])
            place = wanted.index("exports") if "exports" in wanted else -1
            return wanted, taking, _set_on(program, given[1], place)
        if property_name(callee) == "register":
            return wanted, _setters(given[1]), _given_out(program, given[1])
    return None


def _setters(function: Node) -> list[Node]:
    for node in function.descendants():
        if node.kind == "pair" and key_text(node.child("key")) == "setters":
            held = node.child("value")
            return [bare(child) for child in held.children if child.kind != ","] if held is not None else []
    return []


def _given_out(program: Program, function: Node) -> Exports:
    """`e("name", x)` and `e({name: x})`, where `e` is the first parameter; the former is worth `x`."""
    found: Exports = {}
    for node in function.descendants():
        given = arguments(node) if node.kind == "call_expression" else []
        if not given or _role(program, callee_of(node), function) != 0:
            continue
        name = string_value(given[0])
        if name is not None and len(given) > 1:
            program.given_out[node] = given[1]
            left = given[1].child("left") if given[1].kind == "assignment_expression" else None
            found[name] = _held_by(node) or left or bare(given[1])
        elif given[0].kind == "object":
            found.update(_plain_table(given[0]))
    return found


def _held_by(call: Node) -> Node | None:
    """The variable that keeps what a call returns."""
    holder = outermost(call).parent
    name = holder.child("name") if holder is not None and holder.kind == "variable_declarator" else None
    return name if name is not None and name.kind == "identifier" else None


def _plain_table(node: Node) -> Exports:
    pairs = ((key_text(child.child("key")) or child.text, child.child("value") or child) for child in node.children)
    return {name: bare(value) for name, value in pairs if name}


def _set_on(program: Program, function: Node, place: int) -> Exports:
    found: Exports = {}
    for node in function.descendants():
        left = node.child("left") if node.kind == "assignment_expression" else None
        right = node.child("right")
        key = property_name(left) if left is not None else ""
        if left is not None and key and right is not None and _role(program, left.child("object"), function) == place:
            found[key] = bare(right)
    if place < 0:
        found.update((WHOLE, bare(node)) for node in program.returns.get(function, [])[-1:])
    return found
