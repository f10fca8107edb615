"""Destructuring patterns: which names they bind, and the way from the whole value to each part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .syntax import Node

_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Step:
    """Take the part `key` of a value, or `default` where it is undefined.

    `*of` and `*in` take any element or key of the value looped over, `...` the rest without the keys in `taken`, and
    the empty key takes the value itself (a parameter with a default).
    """

    key: str
    default: Node | None = None
    taken: tuple[str, ...] = ()


def bound_names(pattern: Node | None, steps: tuple[Step, ...]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Each name that `pattern` binds, with the steps that lead to it."""
    if pattern is None or len(steps) > _DEEPEST:
        return
    kind = pattern.kind
    if kind in ("identifier", "shorthand_property_identifier_pattern"):
        yield pattern.text, steps
    elif kind in ("assignment_pattern", "object_assignment_pattern"):
        yield from _with_default(pattern, steps)
    elif kind == "object_pattern":
        yield from _from_object(pattern, steps)
    elif kind == "array_pattern":
        yield from _from_array(pattern, steps)


def _with_default(pattern: Node, steps: tuple[Step, ...]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    left, right = pattern.child("left"), pattern.child("right")
    if left is None:
        return
    if left.kind == "shorthand_property_identifier_pattern":
        yield left.text, (*steps, Step(left.text, right))
    elif steps and steps[-1].default is None:
        yield from bound_names(left, (*steps[:-1], Step(steps[-1].key, right)))
    else:
        yield from bound_names(left, (*steps, Step("", right)))


def _from_object(pattern: Node, steps: tuple[Step, ...]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    taken: list[str] = []
    for part in pattern.children:
        if part.kind == "shorthand_property_identifier_pattern":
            taken.append(part.text)
            yield part.text, (*steps, Step(part.text))
        elif part.kind == "object_assignment_pattern":
            taken.extend(child.text for child in part.children[:1])
            yield from _with_default(part, steps)
        elif part.kind == "pair_pattern":
            key = _key_text(part.child("key"))
            taken.append(key)
            yield from bound_names(part.child("value"), (*steps, Step(key)))
        elif part.kind == "rest_pattern" and part.children:
            yield from bound_names(part.children[0], (*steps, Step("...", None, tuple(taken))))


def _key_text(key: Node | None) -> str:
    if key is None:
        return ""
    return key.text or "".join(child.text for child in key.children)


def _from_array(pattern: Node, steps: tuple[Step, ...]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    index = 0
    for part in pattern.children:
        if part.kind == ",":
            index += 1
        elif part.kind != "rest_pattern":
            yield from bound_names(part, (*steps, Step(str(index))))
