"""Objects that a chain of calls builds up: methods that change `this` and return it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .classes import class_parts, instance_member
from .strings import concat, text
from .syntax import Node, arguments, bare, callee_of, property_name
from .values import EMPTY, Frame, Instance, Record, Sequence, Value

if TYPE_CHECKING:
    from .evaluator import Evaluator
    from .program import Program
    from .values import Closure


def is_fluent(program: Program, node: Node) -> bool:
    """Whether a class has a method that returns the object it is called on."""
    if node not in program.fluent:
        methods = [part for part in class_parts(node) if part.kind == "method_definition"]
        methods += [bare(part.value) for part in program.prototypes.get(node, ())]
        program.fluent[node] = any(_returns_itself(program, method) for method in methods)
    return program.fluent[node]


def _returns_itself(program: Program, function: Node) -> bool:
    return any(bare(node).kind == "this" for node in program.returns.get(function, ()))


def after_call(evaluator: Evaluator, instance: Instance, method: Closure, given: tuple[Value, ...]) -> Instance | None:
    """The object as it is after a method that returns it; None for other methods."""
    if not _returns_itself(evaluator.program, method.function):
        return None
    for node in method.function.descendants():
        frame = Frame(method.function, given, instance, method.frame)
        change = _change(evaluator, node, instance, frame)
        if change is not None:
            key, value = change
            instance = Instance(instance.blueprint, instance.arguments, {**instance.changed, key: value})
    return instance


def _change(evaluator: Evaluator, node: Node, instance: Instance, frame: Frame) -> tuple[str, Value] | None:
    if node.kind in ("assignment_expression", "augmented_assignment_expression"):
        return _assigned(evaluator, node, instance, frame)
    callee, given = callee_of(node) if node.kind == "call_expression" else None, arguments(node)
    if callee is None or not given:
        return None
    if property_name(callee) == "assign" and len(given) > 1 and (key := _own(given[0])):
        return key, _record(instance_member(evaluator, instance, key)).merged(evaluator.value(given[1], frame))
    held = callee.child("object")
    key = _own(held) if held is not None else ""
    if not key:
        return None
    before = instance_member(evaluator, instance, key)
    if property_name(callee) in ("set", "append") and len(given) > 1:
        name = text(evaluator.value(given[0], frame)).template
        return key, _record(before).with_entry(name, evaluator.value(given[1], frame))
    if property_name(callee) == "push" and isinstance(before, Sequence):
        return key, Sequence((*before.items, *(evaluator.value(item, frame) for item in given)))
    return None


def _assigned(evaluator: Evaluator, node: Node, instance: Instance, frame: Frame) -> tuple[str, Value] | None:
    left, right = node.child("left"), node.child("right")
    if left is None or right is None:
        return None
    value = evaluator.value(right, frame)
    if key := _own(left):
        joins = node.kind == "augmented_assignment_expression"
        return key, concat([instance_member(evaluator, instance, key), value]) if joins else value
    held, index = left.child("object"), left.child("index")
    key = _own(held) if held is not None else ""
    if not key:
        return None
    name = property_name(left) or (text(evaluator.value(index, frame)).template if index is not None else "")
    return key, _record(instance_member(evaluator, instance, key)).with_entry(name, value)


def _own(node: Node) -> str:
    """The key of `this.key`."""
    held = node.child("object")
    return property_name(node) if held is not None and held.kind == "this" else ""


def _record(value: Value) -> Record:
    return value if isinstance(value, Record) else EMPTY
