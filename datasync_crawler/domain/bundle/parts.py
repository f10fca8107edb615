"""Destructured parts of folded values, with their defaults."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .members import member
from .strings import either
from .values import UNDEFINED, Choice, Entries, Hole, KeyOf, Record, Sequence, Text, Value, choice

if TYPE_CHECKING:
    from .evaluator import Evaluator
    from .names import Binding
    from .patterns import Step
    from .values import Frame


def part(evaluator: Evaluator, value: Value, binding: Binding, frame: Frame | None) -> Value:
    """The part of `value` that `binding` names."""
    for step in binding.steps:
        value = _step(evaluator, value, step, binding)
        if step.default is not None:
            default = evaluator.value(step.default, frame)
            value = default if value == UNDEFINED else _guess(value, default)
    return value


def _guess(value: Value, default: Value) -> Value:
    """An unknown argument: probably the default, and of a default object an object with more in it."""
    if not isinstance(value, Hole):
        return value
    return replace(default, open=True) if isinstance(default, Record) else either(value, default)


def _step(evaluator: Evaluator, value: Value, step: Step, binding: Binding) -> Value:
    if step.key == "":
        return value
    if step.key == "...":
        return _rest(value, step)
    if step.key in ("*of", "*in"):
        return element(evaluator, value, keys=step.key == "*in")
    if step.key.isdigit() and isinstance(value, Hole):
        return Hole((binding.name,))
    return member(evaluator, value, step.key)


def _rest(value: Value, step: Step) -> Value:
    if isinstance(value, Choice):
        return choice(_rest(option, step) for option in value.variants)
    if not isinstance(value, Record):
        return value
    left = {key: entry for key, entry in value.entries.items() if key not in step.taken}
    return Record(left, value.open, value.query)


def _chosen(evaluator: Evaluator, value: Value) -> Value | None:
    """The element of a table that the evaluator looks at; it learns which tables there are by being asked."""
    if isinstance(value, Entries) and _is_table(tuple(value.record.entries.values())):
        place = evaluator.row_of(tuple(value.record.entries))
        if place is None:
            return None
        name, held = list(value.record.entries.items())[place]
        return Text(name) if value.keys_only else Sequence((Text(name), held))
    if isinstance(value, Sequence) and _is_table(value.items):
        rows = [item for item in value.items if isinstance(item, Record)]
        place = evaluator.row_of(tuple(name for row in rows for name in (*row.entries, ",")))
        return None if place is None else value.items[place]
    return None


def _is_table(rows: tuple[Value, ...]) -> bool:
    return len(rows) > 1 and all(isinstance(row, (Record, Sequence)) for row in rows)


def _one_of_many(item: Value) -> Value:
    return replace(item, example="element") if isinstance(item, Text) and item.known else item


def element(evaluator: Evaluator, value: Value, *, keys: bool = False) -> Value:
    """Any element of what is looped over, or the one that is being looked at; with `keys` any key."""
    chosen = _chosen(evaluator, value)
    if chosen is not None and not keys:
        return chosen
    if isinstance(value, Record) and (keys or value.query):
        return KeyOf(value) if keys else Sequence((KeyOf(value), choice(value.entries.values())))
    if isinstance(value, Sequence) and not keys:
        several = len(value.items) > 1
        return choice(_one_of_many(item) if several else item for item in value.items)
    if isinstance(value, Entries):
        known = KeyOf(value.record)
        return known if value.keys_only else Sequence((known, choice(value.record.entries.values())))
    return Hole(("element",))
