"""Tying what modules import to what others export, so that scripts read together are one program.

An import becomes the very variable that it imports; a use as a member of a module (`m.name`) becomes a further
reference of the variable or function exported under that name. Modules are scripts that import each other by
address and the numbered functions of webpack and Turbopack, whichever chunk they lie in.
"""

from __future__ import annotations

from posixpath import normpath
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from .exports import WHOLE, Exports, function_exports, registered, specifiers, statement_exports
from .syntax import FUNCTIONS, Node, arguments, bare, callee_of, key_text, property_name, string_value

if TYPE_CHECKING:
    from .names import Binding
    from .program import Program

_ENDINGS = ("", ".js", ".mjs", ".ts", ".tsx", ".jsx", ".vue", "/index.js", "/index.ts", "/index.tsx")
_MOST_HOPS = 6
_LOADER = 2


class Linker:
    """Ties the modules of one program; afterwards `program` holds all that was found."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._by_function: dict[Node, Exports] = {}
        self._by_address: dict[str, Exports] = {}
        self._loaders: dict[Binding, bool] = {}

    def link(self) -> None:
        """Tie everything that can be tied."""
        program = self._program
        for url, root in program.scripts.items():
            found = registered(program, root)
            self._by_address[_clean(url)] = found[2] if found else statement_exports(program, root)
        for url, root in program.scripts.items():
            self._pass_on(url, root)
        for binding in program.bindings:
            if binding.module and binding.imported:
                self._tie_import(binding)
        for url, root in program.scripts.items():
            self._tie_registered(url, root)
        for _ in range(2):
            for binding in program.bindings:
                self._tie_variable(binding)
        self._tie_members()

    def _pass_on(self, url: str, root: Node) -> None:
        """`export … from`: what a script exports of another."""
        own = self._by_address[_clean(url)]
        for statement in root.children:
            source = statement.child("source") if statement.kind == "export_statement" else None
            found = self.at(url, string_value(source) or "") if source is not None else None
            if found is None:
                continue
            parts = specifiers(statement)
            for part in parts:
                name = key_text(part.child("name"))
                if name in found:
                    own.setdefault(key_text(part.child("alias")) or name, found[name])
            if not parts:
                own.update({name: node for name, node in found.items() if name not in own and name != "default"})

    def at(self, url: str, module: str) -> Exports | None:
        """What the script at the address `module`, as the script at `url` writes it, exports."""
        target = _clean(urljoin(url, module)) if "!/" not in url else _clean(url.rpartition("/")[0] + "/" + module)
        return next((self._by_address[target + end] for end in _ENDINGS if target + end in self._by_address), None)

    def _tie_import(self, binding: Binding) -> None:
        url = self._program.url_of(binding.references[0]) if binding.references else ""
        found = self.at(url, binding.module) if binding.references else None
        if found is None:
            return
        if binding.imported == "*":
            self._program.namespaces[binding] = found
        elif binding.imported in found:
            self._replace(binding, found[binding.imported])

    def _replace(self, binding: Binding, target: Node) -> None:
        """Let every use of `binding` mean `target`."""
        program, found = self._program, self._final(target)
        if found is binding:
            return
        if found is None:
            binding.values, binding.module, binding.steps = [(target, "=")], "", ()
            program.uses[target].extend(binding.references)
            return
        for reference in binding.references:
            program.meaning[reference] = found
        found.references.extend(binding.references)

    def _final(self, target: Node) -> Binding | None:
        """The variable that an exported name is in the end, through scripts that only pass it on."""
        program = self._program
        found = program.meaning.get(target)
        for _ in range(_MOST_HOPS):
            if found is None or not found.module or not found.references or found.imported in ("", "*"):
                break
            onward = (self.at(program.url_of(found.references[0]), found.module) or {}).get(found.imported)
            following = program.meaning.get(onward) if onward is not None else None
            if following is None or following is found:
                break
            found = following
        return found

    def _tie_registered(self, url: str, root: Node) -> None:
        program = self._program
        wanted, taking, _ = registered(program, root) or ((), (), {})
        for module, taker in zip(wanted, taking, strict=False):
            found = self.at(url, module)
            for node in taker.descendants() if found is not None else ():
                binding = program.meaning.get(node)
                inside = binding is not None and binding.function is taker and binding.index == 0
                if binding is not None and found is not None and (inside or node is taker):
                    program.namespaces[binding] = found

    def _tie_variable(self, binding: Binding) -> None:
        program = self._program
        if binding in program.namespaces or binding.module:
            return
        exports = self._held(binding)
        if exports is None:
            self._tie_setter(binding)
        elif not binding.steps:
            program.namespaces[binding] = exports
        elif len(binding.steps) == 1 and binding.steps[0].key in exports:
            self._replace(binding, exports[binding.steps[0].key])

    def _held(self, binding: Binding) -> Exports | None:
        if binding.function is None:
            return self.module(binding.values[0][0]) if len(binding.values) == 1 else None
        held = binding.function.parent
        callee = callee_of(held.parent) if held is not None and held.parent is not None else None
        if binding.index or held is None or held.kind != "arguments" or callee is None:
            return None
        source = callee.child("object") if property_name(callee) == "then" else None
        return self.module(source) if source is not None else None

    def _tie_setter(self, binding: Binding) -> None:
        """A variable that is assigned a member of a module: `setters: [m => { v = m.name }]`."""
        node = bare(binding.values[0][0]) if len(binding.values) == 1 and not binding.steps else None
        if node is None or node.kind != "member_expression" or binding.function is not None:
            return
        held = node.child("object")
        exports = self.module(held) if held is not None else None
        if exports is not None and property_name(node) in exports:
            self._replace(binding, exports[property_name(node)])

    def _tie_members(self) -> None:
        program = self._program
        for node in program.members:
            held = node.child("object")
            exports = self.module(held) if held is not None else None
            target = exports.get(property_name(node)) if exports is not None else None
            if target is None:
                continue
            found = self._final(target)
            if found is None:
                program.uses[target].append(node)
            else:
                found.references.append(node)
                program.tied[node] = found

    def module(self, node: Node, hops: int = _MOST_HOPS) -> Exports | None:
        """The exports of the module that an expression stands for, or None."""
        node = bare(node)
        if node.kind == "identifier":
            binding = self._program.meaning.get(node)
            return self._program.namespaces.get(binding) if binding is not None else None
        if node.kind != "call_expression" or not hops:
            return None
        found = self._called(node, hops - 1)
        if found is not None:
            self._program.loaded[node] = found
        return found

    def _called(self, call: Node, hops: int) -> Exports | None:
        callee, given = callee_of(call), arguments(call)
        if callee is None or (not given and callee.kind != "identifier"):
            return None
        if callee.kind == "import" or (property_name(callee) == "import" and given):
            return self.at(self._program.url_of(call), string_value(given[0]) or "")
        function = self._required(callee, given)
        if function is not None:
            return self._exports(function)
        if not given:
            return self.module(callee, hops)
        if property_name(callee) in ("then", "") and given[0].kind in FUNCTIONS:
            returned = self._program.returns.get(given[0], [])
            return self.module(returned[0], hops) if len(returned) == 1 else None
        if property_name(callee) == "then" and property_name(callee_of(given[0]) or given[0]) == "bind":
            loader, bound = callee_of(given[0]), arguments(given[0])
            held = loader.child("object") if loader is not None else None
            function = self._required(held, bound[1:]) if held is not None else None
            return self._exports(function) if function is not None else None
        plain = property_name(callee) == "n" or callee.kind == "identifier"
        return self.module(given[0], hops) if plain and len(given) == 1 else None

    def _required(self, callee: Node, given: list[Node]) -> Node | None:
        """The module function that a loader is asked for by its number or name."""
        if not given or given[0].kind not in ("number", "string"):
            return None
        key = given[0].text or string_value(given[0]) or ""
        holder = callee.child("object") if callee.kind == "member_expression" else callee
        known = self._program.modules
        found = known.get((key, self._program.url_of(callee))) or known.get((key, "")) if (key, "") in known else None
        binding = self._program.meaning.get(holder) if holder is not None and found is not None else None
        return found if binding is not None and self._loads(binding, property_name(callee)) else None

    def _loads(self, binding: Binding, name: str) -> bool:
        if binding.function is not None:
            of_module = binding.function in self._program.module_functions
            return of_module and binding.index == (0 if name in ("i", "r") else _LOADER)
        if binding not in self._loaders:
            value = binding.values[0][0] if len(binding.values) == 1 else None
            inside = value.descendants() if value is not None and value.kind in FUNCTIONS else ()
            self._loaders[binding] = any(node.text == "exports" for node in inside)
        return self._loaders[binding] and not name

    def _exports(self, function: Node) -> Exports:
        if function not in self._by_function:
            self._by_function[function] = {}
            found = function_exports(self._program, function)
            whole = found.get(WHOLE)
            if whole is not None:
                found = {**(self.module(whole) or {}), **found}
            self._by_function[function].update(found)
        return self._by_function[function]


def _clean(url: str) -> str:
    """An address without query and roundabout ways."""
    plain = url.partition("?")[0].partition("#")[0]
    return plain if "://" in plain and "!/" not in plain else normpath(plain)
