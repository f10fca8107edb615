"""Who calls a function: through its name, a property, or a part taken out of what another function returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .modules import calls_from_other_modules
from .program import binding_of_function, property_of
from .syntax import FUNCTIONS, Node, arguments, callee_of, key_text, outermost
from .values import Closure, Hole, Text, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .fold import Folder
    from .names import Binding

# A function that is called at more places is a framework's own; its first callers tell enough.
_MOST_CALLERS = 400

# Names that the language's own objects use: a call of one on an unknown object is rarely the function sought.
_COMMON = frozenset({"add", "call", "delete", "filter", "find", "get", "has", "map", "open", "push", "set", "then"})


@dataclass(frozen=True, slots=True)
class Caller:
    """A call that enters the function; `loose` when its object is unknown, and only name and arguments say so."""

    call: Node
    loose: bool = False


def callers_of(folder: Folder, function: Node) -> list[Caller]:
    """The calls of `function`, in source order."""
    found: dict[Node, Caller] = {}
    binding = binding_of_function(function, folder.program)
    if binding is not None:
        found.update((call, Caller(call)) for call in _calls_through(binding))
        across = calls_from_other_modules(folder.program, binding)
        found.update((call, Caller(call, loose=True)) for call in across)
    for caller in _through_property(folder, function, property_of(function)):
        found.setdefault(caller.call, caller)
    for caller in _curried(folder, function):
        found.setdefault(caller.call, caller)
    return sorted(found.values(), key=lambda caller: caller.call.start)[:_MOST_CALLERS]


def _calls_through(binding: Binding) -> Iterator[Node]:
    for reference in binding.references:
        call = _call_of(reference)
        if call is not None:
            yield call


def _call_of(node: Node) -> Node | None:
    """The call whose callee `node` is."""
    wide = outermost(node)
    parent = wide.parent
    if parent is not None and parent.kind == "call_expression" and wide.field == "function":
        return parent
    return None


def _through_property(folder: Folder, function: Node, name: str) -> Iterator[Caller]:
    for call in _candidates(folder, name) if name else ():
        caller = _checked(folder, call, function, name)
        if caller is not None:
            yield caller


def _candidates(folder: Folder, name: str) -> Iterator[Node]:
    yield from folder.program.calls_by_property.get(name, ())
    for binding in folder.program.bindings_by_part.get(name, ()):
        yield from _calls_through(binding)


def _checked(folder: Folder, call: Node, function: Node, name: str) -> Caller | None:
    callee = callee_of(call)
    if callee is None:
        return None
    targets = options(folder.ask(lambda: folder.value(callee, None))[0])
    if any(isinstance(target, Closure) and target.function is function for target in targets):
        return Caller(call)
    unknown = any(isinstance(target, Hole) for target in targets)
    return Caller(call, loose=True) if unknown and _fits(folder, call, name) else None


def _fits(folder: Folder, call: Node, name: str) -> bool:
    """On an unknown object, the name must be the source's only one of its kind, or an argument must be a path."""
    if name not in _COMMON and len(folder.program.functions_by_property[name]) == 1:
        return True
    given = arguments(call)
    if not given or len(folder.program.functions_by_property[name]) > 1:
        return False
    first = folder.ask(lambda: folder.value(given[0], None))[0]
    return isinstance(first, Text) and first.template.startswith(("/", "http"))


def _curried(folder: Folder, function: Node) -> Iterator[Caller]:
    """Calls of `function` where another function returns it: `make("/base")("/path")`, `const f = make("/base")`."""
    maker = next(function.enclosing(FUNCTIONS), None)
    if maker is None or outermost(function) not in folder.program.returns.get(maker, ()):
        return
    binding = binding_of_function(maker, folder.program)
    for made in _calls_through(binding) if binding is not None else ():
        direct = _call_of(made)
        if direct is not None:
            yield Caller(direct)
        yield from _of_holder(folder, function, outermost(made).parent)


def _of_holder(folder: Folder, function: Node, holder: Node | None) -> Iterator[Caller]:
    """Calls through the variable or the property that holds what a maker returned."""
    if holder is None:
        return
    if holder.kind == "pair":
        yield from _through_property(folder, function, key_text(holder.child("key")))
    name = holder.child("name") if holder.kind == "variable_declarator" else None
    held = folder.program.meaning.get(name) if name is not None else None
    for call in _calls_through(held) if held is not None else ():
        yield Caller(call)
