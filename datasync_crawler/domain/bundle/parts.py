"""Destructured parts of folded values, with their defaults."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .members import member
from .strings import either
from .values import UNDEFINED, Choice, Entries, Hole, KeyOf, Record, Sequence, Value, choice

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
        return element(value, keys=step.key == "*in")
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


def element(value: Value, *, keys: bool = False) -> Value:
    """Any element of what is looped over; with `keys` any key."""
    if isinstance(value, Record) and (keys or value.query):
        return KeyOf(value) if keys else Sequence((KeyOf(value), choice(value.entries.values())))
    if isinstance(value, Sequence) and not keys:
        return choice(value.items)
    if isinstance(value, Entries):
        known = KeyOf(value.record)
        return known if value.keys_only else Sequence((known, choice(value.record.entries.values())))
    return Hole(("element",))
