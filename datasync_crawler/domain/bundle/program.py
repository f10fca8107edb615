"""Parsed scripts with the tables that folding and tracing look things up in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .changes import Change, changes_among
from .libraries import BASES, MAKERS
from .linking import Linker
from .names import parameters, resolve
from .prototypes import find_prototypes
from .shared import share
from .syntax import (
    FUNCTIONS,
    Node,
    arguments,
    called_name,
    callee_of,
    key_text,
    outermost,
    parse,
    property_name,
    string_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .exports import Exports
    from .names import Binding
    from .prototypes import Inherited


@dataclass(slots=True, eq=False)
class Program:
    """Scripts that are read together: their trees, what their names mean, and where things of one kind are.

    `unexplained` holds identifiers that no declaration of their own script explains; `modules` bundlers' module
    functions by number and script, and by number alone (`""`); `namespaces` the variables that hold all a module
    exports, `loaded` the calls that give it, `given_out` the calls that only hand an exported value on; `tied` the
    uses of exported variables as members of their modules, and `uses` the uses of exported expressions that no
    variable holds; `clients` the variables that hold a client library, `fetchers` the parameters that are
    given `fetch`, `fetcher_names` the properties that
    keep it; `fluent` remembers which classes have methods that return the object they are called on; `constructors`
    are functions that make objects, `prototypes` what those and classes pass on to their instances, `owners` which of
    them a function on a prototype belongs to.
    """

    scripts: dict[str, Node]
    meaning: dict[Node, Binding] = field(default_factory=dict)
    bindings: list[Binding] = field(default_factory=list)
    calls: list[Node] = field(default_factory=list)
    members: list[Node] = field(default_factory=list)
    unexplained: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    calls_by_property: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    bindings_by_part: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    functions_by_property: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    assignments_by_property: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    returns: dict[Node, list[Node]] = field(default_factory=lambda: defaultdict(list))
    modules: dict[tuple[str, str], Node] = field(default_factory=dict)
    module_functions: set[Node] = field(default_factory=set)
    namespaces: dict[Binding, Exports] = field(default_factory=dict)
    loaded: dict[Node, Exports] = field(default_factory=dict)
    given_out: dict[Node, Node] = field(default_factory=dict)
    tied: dict[Node, Binding] = field(default_factory=dict)
    uses: dict[Node, list[Node]] = field(default_factory=lambda: defaultdict(list))
    clients: frozenset[Binding] = frozenset()
    fetchers: frozenset[Binding] = frozenset()
    fetcher_names: frozenset[str] = frozenset()
    fluent: dict[Node, bool] = field(default_factory=dict)
    constructors: set[Node] = field(default_factory=set)
    prototypes: dict[Node, list[Inherited]] = field(default_factory=lambda: defaultdict(list))
    owners: dict[Node, Node] = field(default_factory=dict)
    _changes: dict[Binding, tuple[Change, ...]] = field(default_factory=dict)
    _urls: dict[Node, str] = field(default_factory=dict)

    def changes_of(self, binding: Binding) -> tuple[Change, ...]:
        """What the source does to the object that `binding` holds."""
        if binding not in self._changes:
            self._changes[binding] = ()
            filled = [change for taker in self._filled_by(binding) for change in self.changes_of(taker)]
            self._changes[binding] = (*changes_among(binding.references, self.meaning), *filled)
        return self._changes[binding]

    def _filled_by(self, binding: Binding) -> Iterator[Binding]:
        """Parameters of `(function (e) {…})(x || (x = {}))`, as compilers write enumerations."""
        for reference in binding.references:
            either = reference.parent
            held = either.parent if either is not None and either.kind == "binary_expression" else None
            callee = callee_of(held.parent) if held is not None and held.parent is not None else None
            taking = parameters(callee) if callee is not None and callee.kind in FUNCTIONS else []
            taker = self.meaning.get(taking[0]) if taking and held is not None and held.kind == "arguments" else None
            if taker is not None:
                yield taker

    def url_of(self, node: Node) -> str:
        """The address of the script that a node stands in."""
        if not self._urls:
            self._urls = {root: url for url, root in self.scripts.items()}
        while node.parent is not None:
            node = node.parent
        return self._urls.get(node, "")


def read_program(sources: Mapping[str, bytes]) -> Program:
    """Parse the scripts, fill the tables in source order and tie together what they import from each other."""
    program = Program({url: parse(source) for url, source in sources.items()})
    for url, root in program.scripts.items():
        names = resolve(root)
        program.meaning.update(names.meaning)
        program.bindings += names.bindings
        for binding in names.bindings:
            if binding.steps:
                program.bindings_by_part[binding.steps[-1].key].append(binding)
        for node in root.descendants():
            _enter(program, node, url)
    share(program)
    Linker(program).link()
    find_prototypes(program)
    program.clients = frozenset(_clients(program))
    return program


def _clients(program: Program) -> Iterator[Binding]:
    """The variables that hold a client library: a bundler renames it, but not what it is asked to create."""
    carriers = [assignment.child("left") for assignment in program.assignments_by_property.get("isAxiosError", ())]
    making = (call for name in sorted(MAKERS) for call in program.calls_by_property.get(name, ()))
    makers = [callee_of(call) for call in making if _has_base(call)]
    for member in (*carriers, *makers):
        holder = member.child("object") if member is not None else None
        binding = program.meaning.get(holder) or program.tied.get(holder) if holder is not None else None
        if binding is not None and not _is_made(binding):
            yield binding


def _is_made(binding: Binding) -> bool:
    """Whether a variable holds what a library made, not the library."""
    return any(node.kind == "call_expression" and called_name(node) in MAKERS for node, _ in binding.values)


def _has_base(call: Node) -> bool:
    given = arguments(call)
    pairs = given[0].children if given and given[0].kind == "object" else ()
    return any(key_text(pair.child("key")) in BASES for pair in pairs)


def _enter(program: Program, node: Node, url: str) -> None:
    kind = node.kind
    if kind in ("call_expression", "new_expression"):
        program.calls.append(node)
        program.calls_by_property[called_name(node)].append(node)
    elif kind == "identifier":
        if node not in program.meaning:
            program.unexplained[node.text].append(node)
    elif kind == "member_expression":
        program.members.append(node)
    elif kind in FUNCTIONS:
        _enter_function(program, node, url)
    elif kind == "return_statement" and node.children:
        function = next(node.enclosing(FUNCTIONS), None)
        if function is not None:
            program.returns[function].append(node.children[0])
    elif kind == "assignment_expression":
        left = node.child("left")
        if left is not None and left.kind in ("member_expression", "subscript_expression"):
            program.assignments_by_property[property_name(left)].append(node)


def _enter_function(program: Program, node: Node, url: str) -> None:
    program.functions_by_property[property_of(node)].append(node)
    body = node.child("body")
    if body is not None and body.kind != "statement_block":
        program.returns[node].append(body)
    number = module_number(node)
    if number:
        program.modules.setdefault((number, url), node)
        program.modules.setdefault((number, ""), node)
        program.module_functions.add(node)


def module_number(function: Node) -> str:
    """The number or path under which a bundler keeps a module's function; empty for other functions."""
    key: Node | None = function.child("name")
    kept = outermost(function)
    parent = kept.parent
    if parent is not None and function.kind != "method_definition":
        key = parent.child("key") if parent.kind == "pair" else None
        left = parent.child("left") if parent.kind == "assignment_expression" else None
        if left is not None and left.kind == "subscript_expression":
            key = left.child("index")
        elif parent.kind == "array":
            place = [child for child in parent.children if child.kind != ","]
            key = place[place.index(kept) - 1] if kept in place[1:] else None
    if key is None or key.kind not in ("number", "string"):
        return ""
    return key.text or string_value(key) or ""


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
