"""Which declaration a name in the source means: minified code uses the same letter in every function."""

from __future__ import annotations

from dataclasses import dataclass, field

from .patterns import Step, bound_names
from .syntax import CLASSES, FUNCTIONS, Node

_BLOCKS = frozenset(
    {"statement_block", "for_statement", "for_in_statement", "catch_clause", "switch_body", "class_static_block"}
)
_SCOPED = FUNCTIONS | _BLOCKS | CLASSES | {"program"}


@dataclass(slots=True, eq=False)
class Binding:
    """One declared name: where its values come from and where it is used.

    `function` and `index` are set for parameters; `steps` lead from a value to the destructured part; `module` is
    where an import comes from and `imported` its name there (`*` for all). `values` holds each expression assigned,
    with its operator (`=` or `+=`).
    """

    name: str
    owner: Node | None
    function: Node | None = None
    index: int = -1
    rest: bool = False
    module: str = ""
    imported: str = ""
    steps: tuple[Step, ...] = ()
    values: list[tuple[Node, str]] = field(default_factory=list)
    references: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Scope:
    """The names declared in one function, block or class; `hoists` where `var` declarations land."""

    parent: Scope | None
    function: Node | None
    hoists: bool
    bindings: dict[str, Binding] = field(default_factory=dict)

    def find(self, name: str) -> Binding | None:
        """The nearest declaration of `name`, from here outwards."""
        scope: Scope | None = self
        while scope is not None:
            if (binding := scope.bindings.get(name)) is not None:
                return binding
            scope = scope.parent
        return None

    def hoisting(self) -> Scope:
        """The scope that a `var` here declares its name in."""
        scope = self
        while not scope.hoists and scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(slots=True, eq=False)
class Names:
    """The meaning of every identifier: `meaning` lacks those that no declaration in the source explains (globals)."""

    meaning: dict[Node, Binding]
    bindings: list[Binding]


def resolve(root: Node) -> Names:
    """Read all declarations, then tie each identifier to the nearest one around it."""
    scopes = _declare_all(root)
    names = Names({}, [binding for scope in dict.fromkeys(scopes.values()) for binding in scope.bindings.values()])
    stack = [(root, scopes[root])]
    while stack:
        node, scope = stack.pop()
        scope = scopes.get(node, scope)
        if node.kind in ("identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"):
            _refer(node, scope, names)
        stack.extend((child, scope) for child in reversed(node.children))
    return names


def _refer(node: Node, scope: Scope, names: Names) -> None:
    parent = node.parent
    around = scope.parent if parent is not None and _is_own_name(node, parent) else None
    binding = (around or scope).find(node.text)
    if binding is None or _is_foreign(node, parent):
        return
    names.meaning[node] = binding
    if parent is not None and parent.kind in ("assignment_expression", "augmented_assignment_expression"):
        right = parent.child("right")
        if node.field == "left" and right is not None:
            binding.values.append((right, parent.operator or "="))
            return
    if parent is not None and parent.kind == "update_expression":
        binding.values.append((parent, "++"))
    binding.references.append(node)


def _is_own_name(node: Node, parent: Node) -> bool:
    """Whether a declared function is named here: a parameter of the same name hides it inside, not outside."""
    return node.field == "name" and parent.kind in ("function_declaration", "generator_function_declaration")


def _is_foreign(node: Node, parent: Node | None) -> bool:
    """Whether a name belongs to another script: what an import calls it there, what an export calls it for others."""
    if parent is None or parent.kind not in ("import_specifier", "export_specifier"):
        return False
    kept = "alias" if parent.kind == "import_specifier" and parent.child("alias") is not None else "name"
    return node.field != kept


def _declare_all(root: Node) -> dict[Node, Scope]:
    scopes: dict[Node, Scope] = {}
    outer = Scope(None, None, hoists=True)
    stack = [(root, outer)]
    while stack:
        node, scope = stack.pop()
        inner = scope
        if node.kind in _SCOPED and not _is_body(node):
            inner = outer if node is root else _open(node, scope)
            scopes[node] = inner
        _declare(node, scope, inner)
        stack.extend((child, inner) for child in reversed(node.children))
    return scopes


def _is_body(node: Node) -> bool:
    return node.kind == "statement_block" and node.parent is not None and node.parent.kind in FUNCTIONS


def _open(node: Node, scope: Scope) -> Scope:
    is_function = node.kind in FUNCTIONS
    return Scope(scope, node if is_function else scope.function, hoists=is_function)


def _declare(node: Node, outer: Scope, inner: Scope) -> None:
    kind = node.kind
    if kind == "variable_declarator":
        home = outer.hoisting() if node.parent is not None and node.parent.kind == "variable_declaration" else outer
        _bind(home, node.child("name"), node.child("value"))
    elif kind in FUNCTIONS:
        _declare_function(node, outer, inner)
    elif kind in CLASSES:
        _bind(outer if kind == "class_declaration" else inner, node.child("name"), node)
    elif kind == "for_in_statement" and node.text:
        _bind(inner, node.child("left"), node.child("right"), (Step(f"*{node.operator}"),))
    elif kind == "catch_clause":
        _bind(inner, node.child("parameter"), None)
    elif kind == "import_statement":
        _declare_import(node, outer)


def _bind(scope: Scope, pattern: Node | None, value: Node | None, first: tuple[Step, ...] = ()) -> None:
    for name, steps in bound_names(pattern, first):
        binding = scope.bindings.setdefault(name, Binding(name, scope.function))
        binding.steps = steps
        if value is not None:
            binding.values.append((value, "="))


def _declare_function(node: Node, outer: Scope, inner: Scope) -> None:
    name = node.child("name")
    if name is not None and node.kind != "method_definition":
        _bind(outer if node.kind.endswith("declaration") else inner, name, node)
    for index, parameter in enumerate(parameters(node)):
        rest = parameter.kind == "rest_pattern"
        for bound, steps in bound_names(parameter.children[0] if rest and parameter.children else parameter, ()):
            inner.bindings[bound] = Binding(bound, node, function=node, index=index, rest=rest, steps=steps)


def _declare_import(node: Node, scope: Scope) -> None:
    source = node.child("source")
    module = "".join(child.text for child in source.children) if source is not None else ""
    for part in node.descendants():
        around = part.parent
        if part.kind != "identifier" or around is None:
            continue
        imported = {"import_clause": "default", "namespace_import": "*"}.get(around.kind, "")
        if around.kind == "import_specifier":
            written = around.child("name")
            if written is part and around.child("alias") is not None:
                continue
            imported = written.text or "".join(child.text for child in written.children) if written is not None else ""
        if imported:
            scope.bindings[part.text] = Binding(part.text, None, module=module, imported=imported)


def parameters(function: Node) -> list[Node]:
    """The parameter patterns of a function, in order."""
    single = function.child("parameter")
    if single is not None:
        return [single]
    held = function.child("parameters")
    return [] if held is None else [child for child in held.children if child.kind != "comment"]
