"""What an instance of a class holds: fields, getters, methods, and what its constructor assigns."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from .syntax import CLASSES, FUNCTIONS, Node, arguments, callee_of, key_text
from .values import (
    MOST_VARIANTS,
    UNDEFINED,
    Blueprint,
    Closure,
    Frame,
    Hole,
    Instance,
    Text,
    Value,
    choice,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .evaluator import Evaluator
    from .program import Program

# Chains of inheritance are short; the bound also ends a class that extends itself.
_MOST_PARENTS = 5


def parent_class(evaluator: Evaluator, blueprint: Blueprint) -> Blueprint | None:
    """The class that this one extends, where the source holds it."""
    heritage = next((child for child in blueprint.node.children if child.kind == "class_heritage"), None)
    if heritage is None or not heritage.children:
        return None
    parent = evaluator.value(heritage.children[0], blueprint.frame)
    return parent if isinstance(parent, Blueprint) and parent.node is not blueprint.node else None


def lineage(evaluator: Evaluator, blueprint: Blueprint) -> list[Blueprint]:
    """The class and those it inherits from, nearest first."""
    line = [blueprint]
    while len(line) < _MOST_PARENTS and (parent := parent_class(evaluator, line[-1])) is not None:
        line.append(parent)
    return line


def class_parts(node: Node) -> Sequence[Node]:
    """The methods and fields in the body of a class."""
    body = node.child("body")
    return () if body is None else body.children


def part_named(node: Node, key: str) -> Node | None:
    """The method or field `key` of a class."""
    for part in class_parts(node):
        name = part.child("name") if part.kind == "method_definition" else part.child("property")
        if name is not None and key_text(name) == key:
            return part
    return None


def constructor_of(node: Node) -> Node | None:
    """The constructor that a class writes itself; a function that makes objects is its own."""
    return node if node.kind in FUNCTIONS else part_named(node, "constructor")


def instance_member(evaluator: Evaluator, instance: Instance, key: str) -> Value:
    """`instance.key`: what the constructor assigns counts before fields, nearer classes before their parents."""
    if key in instance.changed:
        return instance.changed[key]
    given = instance.arguments
    for blueprint in lineage(evaluator, instance.blueprint):
        frame = constructor_frame(blueprint, given, instance)
        found = _assigned(evaluator, blueprint, frame, key)
        if found is None:
            found = _declared(evaluator, blueprint, instance, key)
        if found is None:
            found = _inherited(evaluator, blueprint, instance, key)
        if found is not None:
            return found if _is_settled(evaluator, found, key) else Hole(("this", key))
        given = _passed_up(evaluator, blueprint, given, frame)
    return Hole(("this", key))


def constructor_frame(blueprint: Blueprint, given: tuple[Value, ...] | None, instance: Instance) -> Frame | None:
    """The frame of the constructor's call, or the class's own frame where the arguments are unknown."""
    constructor = constructor_of(blueprint.node)
    if constructor is None or given is None:
        return blueprint.frame
    return Frame(constructor, given, instance, blueprint.frame)


def _is_settled(evaluator: Evaluator, value: Value, key: str) -> bool:
    """An empty start value that other code fills later tells nothing."""
    empty = value == UNDEFINED or (not isinstance(value, Text) and getattr(value, "word", "") == "null")
    if not empty and value != Text(""):
        return True
    return len(evaluator.program.assignments_by_property.get(key, ())) == 0


def _assigned(evaluator: Evaluator, blueprint: Blueprint, frame: Frame | None, key: str) -> Value | None:
    constructor = constructor_of(blueprint.node)
    if constructor is None:
        return None
    found = [
        _owned(evaluator.value(right, frame), frame)
        for right in (node.child("right") for node in evaluator.program.assignments_by_property.get(key, ()))
        if right is not None and _assigns_this(right.parent, constructor)
    ]
    return choice(found) if found else None


def _owned(value: Value, frame: Frame | None) -> Value:
    """A function that a constructor hangs on the object it makes has that object as its `this`."""
    own = isinstance(value, Closure) and value.function.kind == "function_expression" and value.this is None
    return replace(value, this=frame.this) if own and isinstance(value, Closure) and frame is not None else value


def _assigns_this(assignment: Node | None, constructor: Node | None) -> bool:
    left = assignment.child("left") if assignment is not None else None
    target = left.child("object") if left is not None else None
    if target is None or target.kind != "this" or assignment is None:
        return False
    return this_function(assignment) is constructor


def _declared(evaluator: Evaluator, blueprint: Blueprint, instance: Instance, key: str) -> Value | None:
    part = part_named(blueprint.node, key)
    if part is None:
        return None
    frame = Frame(blueprint.node, (), instance, blueprint.frame)
    if part.kind != "method_definition":
        value = part.child("value")
        return evaluator.value(value, frame) if value is not None else UNDEFINED
    method = Closure(part, frame, instance)
    return evaluator.apply(method, ()) if part.operator == "get" else method


def _inherited(evaluator: Evaluator, blueprint: Blueprint, instance: Instance, key: str) -> Value | None:
    """What the prototype holds under `key`; of parts that are written in a loop, the one of that name."""
    for part in evaluator.program.prototypes.get(blueprint.node, ()):
        frame = blueprint.frame
        if isinstance(part.key, Node):
            names = [name for name in options(evaluator.value(part.key, frame)) if name == Text(key)]
            frame = _turn(evaluator, part.key, names[0], frame) if names else None
            if not names:
                continue
        elif part.key != key:
            continue
        value = evaluator.value(part.value, frame)
        return Closure(value.function, value.frame, instance) if isinstance(value, Closure) else value
    return None


def _turn(evaluator: Evaluator, key: Node, name: Value, frame: Frame | None) -> Frame | None:
    """The turn of a loop's callback that is handed `name`."""
    binding = evaluator.program.meaning.get(key)
    if binding is None or binding.function is None or binding.index or binding.steps:
        return frame
    return Frame(binding.function, (name,), None, frame)


def _passed_up(
    evaluator: Evaluator, blueprint: Blueprint, given: tuple[Value, ...] | None, frame: Frame | None
) -> tuple[Value, ...] | None:
    """What the constructor gives to `super(…)`; a class without one passes its own arguments."""
    constructor = constructor_of(blueprint.node)
    if constructor is None:
        return given
    for node in constructor.descendants():
        callee = callee_of(node) if node.kind == "call_expression" else None
        if callee is not None and callee.kind == "super":
            return tuple(evaluator.value(argument, frame) for argument in arguments(node))
    return None


def static_member(evaluator: Evaluator, blueprint: Blueprint, key: str) -> Value:
    """`Class.key`: a static field or method, or what was assigned to the class from outside."""
    part = part_named(blueprint.node, key)
    if part is None:
        return Hole(("class", key))
    if part.kind == "method_definition":
        return Closure(part, blueprint.frame, blueprint)
    value = part.child("value")
    return evaluator.value(value, blueprint.frame) if value is not None else UNDEFINED


def this_function(node: Node) -> Node | None:
    """The function or class that decides what `this` is at `node`: arrows have no `this` of their own."""
    return next((around for around in node.enclosing(FUNCTIONS | CLASSES) if around.kind != "arrow_function"), None)


def holder_of(program: Program, node: Node, around: Node) -> Node | None:
    """What `this` at `node` is one of: the class or constructor function whose part `around` is, or the object."""
    if around in program.constructors:
        return around
    if around in program.owners:
        return program.owners[around]
    assignment = around.parent
    maker = this_function(assignment) if assignment is not None else None
    if maker in program.constructors and assignment is not None and _assigns_this(assignment, maker):
        return maker
    return next(node.enclosing(CLASSES | {"object"}), None)


def blueprint_of(program: Program, value: Value) -> Blueprint | None:
    """What `new` of a value makes instances of: a class or a constructor function of the source."""
    if isinstance(value, Closure) and value.function in program.constructors:
        return Blueprint(value.function, value.frame)
    return value if isinstance(value, Blueprint) else None


def made_by_new(evaluator: Evaluator) -> dict[Node, list[tuple[Blueprint, Node]]]:
    """For each class, every `new` in the source of it or of a class that extends it."""
    found: dict[Node, list[tuple[Blueprint, Node]]] = {}
    for call in evaluator.program.calls:
        callee = callee_of(call) if call.kind == "new_expression" else None
        if callee is None or callee.kind not in ("identifier", "member_expression"):
            continue
        made = blueprint_of(evaluator.program, evaluator.apart(partial(evaluator.value, callee, None)))
        if made is not None:
            for part in lineage(evaluator, made):
                found.setdefault(part.node, []).append((made, call))
    return found


def instances_of(evaluator: Evaluator, made: list[tuple[Blueprint, Node]]) -> tuple[Instance, ...]:
    """The instances that these `new` expressions make, the first few of them."""
    return tuple(
        Instance(blueprint, tuple(evaluator.value(argument, None) for argument in arguments(call)))
        for blueprint, call in made[:MOST_VARIANTS]
    )
