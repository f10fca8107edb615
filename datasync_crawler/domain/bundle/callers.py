"""Who calls a function: through its name, a property, or a part taken out of what another function returns."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .caller import Caller
from .clients import is_address
from .keyed import by_default, handed_over
from .passed import receiving
from .program import binding_of_function, property_of
from .syntax import FUNCTIONS, Node, arguments, callee_of, key_text, outermost, property_name
from .values import Hole, Text, closures, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .fold import Folder
    from .names import Binding

# A function that is called at more places is a framework's own; its first callers tell enough.
_MOST_CALLERS = 400

# Names that the language's own objects use: a call of one on an unknown object is rarely the function sought.
_COMMON = frozenset(
    [
        "add",
        "append",
        "apply",
        "bind",
        "call",
        "catch",
        "close",
        "concat",
        "delete",
        "dispatch",
        "emit",
        "entries",
        "error",
        "exec",
        "filter",
        "find",
        "forEach",
        "get",
        "has",
        "includes",
        "join",
        "keys",
        "log",
        "map",
        "match",
        "next",
        "off",
        "on",
        "open",
        "pop",
        "push",
        "reduce",
        "remove",
        "replace",
        "resolve",
        "send",
        "set",
        "shift",
        "slice",
        "sort",
        "splice",
        "split",
        "subscribe",
        "test",
        "then",
        "toString",
        "unshift",
        "values",
        "warn",
    ]
)


def callers_of(folder: Folder, function: Node) -> list[Caller]:
    """The calls of `function`, in the order of the scripts and in source order."""
    found: dict[Node, Caller] = {}
    binding = binding_of_function(function, folder.program)
    if binding is not None:
        found.update((call, Caller(call)) for call in _calls_through(binding))
        found.update((caller.call, caller) for caller in _through_method(binding))
    for use in folder.program.uses.get(function, ()):
        call = _call_of(use)
        if call is not None:
            found[call] = Caller(call, loose=True)
    names = [property_of(function), *_computed_names(folder, function)]
    for name in dict.fromkeys([*names, *(_kept_under(binding) if binding is not None else ())]):
        for caller in _through_property(folder, function, name):
            found.setdefault(caller.call, caller)
    for caller in _curried(folder, function):
        found.setdefault(caller.call, caller)
    for caller in (*handed_over(folder, function, binding), *by_default(folder, function, binding)):
        found.setdefault(caller.call, caller)
    place = {url: number for number, url in enumerate(folder.program.scripts)}
    ordered = sorted(found.values(), key=lambda caller: (place[folder.program.url_of(caller.call)], caller.call.start))
    return ordered[:_MOST_CALLERS]


def _computed_names(folder: Folder, function: Node) -> Iterator[str]:
    """The properties under which a loop keeps a function: `verbs.forEach(verb => { api[verb] = f })`."""
    assignment = outermost(function).parent
    left = assignment.child("left") if assignment is not None and assignment.kind == "assignment_expression" else None
    index = left.child("index") if left is not None else None
    if index is None:
        return
    for name in options(folder.ask(partial(folder.value, index, None))[0]):
        if isinstance(name, Text) and name.known:
            yield name.template


def _kept_under(binding: Binding) -> Iterator[str]:
    """The properties under which objects keep what a variable holds: `{get: f}`, `{f}`."""
    for reference in binding.references:
        around = reference.parent
        if around is not None and around.kind == "pair" and reference.field == "value":
            yield key_text(around.child("key"))
        elif reference.kind == "shorthand_property_identifier":
            yield reference.text


def _calls_through(binding: Binding) -> Iterator[Node]:
    for reference in binding.references:
        call = _call_of(reference)
        if call is not None:
            yield call


def _through_method(binding: Binding) -> Iterator[Caller]:
    """`f.apply(this, arguments)`, as compilers write it that make old functions of new ones, and `f.call(this, x)`."""
    for use in binding.references:
        held = use.parent
        around = held.parent if held is not None and held.kind == "arguments" else None
        private = around is not None and any(node.kind == "this" for node in arguments(around)[:2])
        reference = around if around is not None and private else use
        method = reference.parent
        name = property_name(method) if method is not None and reference.field == "object" else ""
        call = _call_of(method) if method is not None and name in ("call", "apply") else None
        if call is not None:
            yield Caller(call, loose=True, by=name)


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
    if any(closure.function is function for target in targets for closure in closures(target)):
        return Caller(call)
    unknown = any(isinstance(target, Hole) for target in targets)
    return Caller(call, loose=True) if unknown and _fits(folder, call, name) else None


def _fits(folder: Folder, call: Node, name: str) -> bool:
    """On an unknown object, the name must be the source's only one of its kind, or an argument must be a path."""
    if name not in _COMMON and len(folder.program.functions_by_property[name]) == 1:
        return True
    given = arguments(call)[:2]
    return any(is_address(folder.ask(partial(folder.value, node, None))[0]) for node in given)


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
    if holder.kind == "arguments":
        for made in holder.children:
            for taking in receiving(folder, made):
                yield from (Caller(call, loose=True) for call in _calls_through(taking))
    if holder.kind == "pair":
        yield from _through_property(folder, function, key_text(holder.child("key")))
    name = holder.child("name") if holder.kind == "variable_declarator" else None
    held = folder.program.meaning.get(name) if name is not None else None
    if held is None:
        return
    yield from (Caller(call) for call in _calls_through(held))
    for kept in dict.fromkeys(_kept_under(held)):
        yield from _through_property(folder, function, kept)
