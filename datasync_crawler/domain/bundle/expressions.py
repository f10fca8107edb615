"""How each kind of expression folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .members import dynamic_member, member, text_hole
from .provided import fold_call, fold_new
from .strings import concat, either, text, truth
from .syntax import Node, key_text, piece, string_value
from .values import (
    NULL,
    UNDEFINED,
    Closure,
    Entries,
    Fixed,
    Global,
    Hole,
    KeyOf,
    Record,
    Regex,
    Sequence,
    Text,
    Value,
    choice,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .evaluator import Evaluator
    from .values import Frame

    Rule = Callable[[Evaluator, Node, Frame | None], Value]


def _string(_evaluator: Evaluator, node: Node, _frame: Frame | None) -> Value:
    return Text(string_value(node) or "")


def _regex(_evaluator: Evaluator, node: Node, _frame: Frame | None) -> Value:
    pattern, flags = node.child("pattern"), node.child("flags")
    return Regex(pattern.text if pattern is not None else "", flags.text if flags is not None else "")


def _template(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    parts: list[Value] = [Text("")]
    for child in node.children:
        if child.kind != "template_substitution":
            parts.append(Text(piece(child)))
        elif child.children:
            parts.append(evaluator.value(child.children[-1], frame))
    return concat(parts)


def _member(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    target, name = node.child("object"), node.child("property")
    if target is None or name is None:
        return Hole(("value",))
    if node in evaluator.program.meaning:
        return evaluator.named(node, frame)
    return member(evaluator, evaluator.value(target, frame), name.text)


def _subscript(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    target, index = node.child("object"), node.child("index")
    if target is None or index is None:
        return Hole(("value",))
    value, key = evaluator.value(target, frame), evaluator.value(index, frame)
    if isinstance(key, Text) and key.known:
        return member(evaluator, value, key.template)
    return dynamic_member(value, key)


def _binary(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    if node.operator == "+":
        return _sum(evaluator, node, frame)
    left, right = node.child("left"), node.child("right")
    if left is None or right is None:
        return Hole(("value",))
    first = evaluator.value(left, frame)
    if node.operator in ("||", "??"):
        return either(first, evaluator.value(right, frame))
    if node.operator == "&&":
        return first if truth(first) is False else evaluator.value(right, frame)
    if node.operator in ("===", "==", "!==", "!="):
        return _compared(first, evaluator.value(right, frame), same=node.operator[0] == "=")
    return text_hole(first)


def _compared(left: Value, right: Value, *, same: bool) -> Value:
    empty = (UNDEFINED, NULL)
    objects = (Record, Sequence, Closure, Entries)
    if (left in empty and isinstance(right, objects)) or (right in empty and isinstance(left, objects)):
        return Fixed("false" if same else "true")
    if not all(isinstance(side, Fixed) or (isinstance(side, Text) and side.known) for side in (left, right)):
        return Hole(("condition",))
    equal = left == right or (left in empty and right in empty)
    return Fixed("true" if equal == same else "false")


def _sum(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    """A chain of `+`, taken apart without recursion: minifiers join hundreds of strings."""
    parts: list[Node] = []
    left: Node | None = node
    while left is not None and left.kind == "binary_expression" and left.operator == "+":
        right = left.child("right")
        if right is not None:
            parts.append(right)
        left = left.child("left")
    total = evaluator.value(left, frame) if left is not None else Text("")
    for part in reversed(parts):
        total = _plus(total, evaluator.value(part, frame))
    return total


def _plus(left: Value, right: Value) -> Value:
    if isinstance(right, Text) and right.numeric:
        if isinstance(left, Text) and left.numeric:
            return Hole(("sum",))
        if isinstance(left, (Hole, Global)):
            return left
    return concat([left, right])


def _ternary(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    condition, yes, no = node.child("condition"), node.child("consequence"), node.child("alternative")
    if condition is None or yes is None or no is None:
        return Hole(("value",))
    told = truth(evaluator.value(condition, frame))
    if told is not None:
        return evaluator.value(yes if told else no, frame)
    return choice([evaluator.value(yes, frame), evaluator.value(no, frame)])


def _object(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    record = Record({})
    for child in node.children:
        if child.kind == "pair":
            record = _with_pair(evaluator, record, child, frame)
        elif child.kind == "shorthand_property_identifier":
            record = record.with_entry(child.text, evaluator.named(child, frame))
        elif child.kind == "method_definition":
            record = record.with_entry(key_text(child.child("name")), Closure(child, frame))
        elif child.kind == "spread_element" and child.children:
            record = record.merged(evaluator.value(child.children[0], frame))
    return record


def _with_pair(evaluator: Evaluator, record: Record, pair: Node, frame: Frame | None) -> Record:
    key, held = pair.child("key"), pair.child("value")
    if key is None or held is None:
        return record
    value = evaluator.value(held, frame)
    if key.kind != "computed_property_name":
        return record.with_entry(key_text(key), value)
    name = evaluator.value(key.children[0], frame) if key.children else Hole(("key",))
    if isinstance(name, KeyOf):
        return record.merged(name.record)
    for option in options(name):
        record = record.with_entry(text(option).template, value)
    return record


def _array(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    items: list[Value] = []
    for child in node.children:
        if child.kind == "spread_element" and child.children:
            items.extend(_spread(evaluator.value(child.children[0], frame)))
        elif child.kind not in (",", "comment"):
            items.append(evaluator.value(child, frame))
    return Sequence(tuple(items))


def _spread(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Sequence):
        return value.items
    if isinstance(value, Entries):
        return (Sequence((KeyOf(value.record), choice(value.record.entries.values()))),)
    return ()


def _unary(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    argument = node.child("argument")
    if node.operator == "void" or argument is None:
        return UNDEFINED
    value = evaluator.value(argument, frame)
    if node.operator != "!":
        return text_hole(value)
    told = truth(value)
    return Hole(("condition",)) if told is None else Fixed("false" if told else "true")


def _last(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    return evaluator.value(node.children[-1], frame) if node.children else UNDEFINED


def _right(evaluator: Evaluator, node: Node, frame: Frame | None) -> Value:
    right = node.child("right")
    return evaluator.value(right, frame) if right is not None else UNDEFINED


EXPRESSIONS: dict[str, Rule] = {
    "identifier": lambda evaluator, node, frame: evaluator.named(node, frame),
    "this": lambda evaluator, node, frame: evaluator.this(node, frame),
    "string": _string,
    "template_string": _template,
    "regex": _regex,
    "number": lambda _evaluator, node, _frame: Text(node.text, numeric=True),
    "true": lambda _evaluator, _node, _frame: Fixed("true"),
    "false": lambda _evaluator, _node, _frame: Fixed("false"),
    "null": lambda _evaluator, _node, _frame: NULL,
    "undefined": lambda _evaluator, _node, _frame: UNDEFINED,
    "meta_property": lambda _evaluator, _node, _frame: Global("import.meta"),
    "member_expression": _member,
    "subscript_expression": _subscript,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "ternary_expression": _ternary,
    "object": _object,
    "array": _array,
    "call_expression": fold_call,
    "new_expression": fold_new,
    "parenthesized_expression": _last,
    "sequence_expression": _last,
    "await_expression": _last,
    "yield_expression": _last,
    "assignment_expression": _right,
}
