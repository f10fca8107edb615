"""Which value counts where a variable or a parameter has several or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .strings import text, truth
from .values import Global, Hole, Text, Value, choice

if TYPE_CHECKING:
    from .names import Binding

# Names up to this length were most likely given by a minifier and tell nothing.
_MINIFIED = 2


def renamed(binding: Binding, given: Value) -> Value:
    """An unknown argument under the parameter's name, where that says more than the caller's."""
    simple = isinstance(given, Global) or (isinstance(given, Hole) and len(given.path) == 1)
    if simple and not binding.steps and len(text(given).template.strip("{}")) < len(binding.name):
        return Hole((binding.name,))
    return given


def is_number(value: Value) -> bool:
    """Whether `value` is a number that the source writes."""
    return isinstance(value, Text) and value.numeric


def settled(binding: Binding, found: list[Value]) -> Value:
    """One value for a variable that was given `found`: counters are unknown, empty start values say nothing."""
    if len(found) > 1 and any(is_number(value) for value in found):
        return Hole((binding.name,))
    useful = [value for value in found if not isinstance(value, Hole) and truth(value) is not False]
    if len(found) > 1 and useful:
        return choice(useful)
    holes = [value for value in found if isinstance(value, Hole)]
    if not holes:
        return found[0] if found else Hole((binding.name,))
    telling = len(binding.name) > _MINIFIED and (len(holes[0].path) == 1 or len(found) > 1)
    return Hole((binding.name,)) if telling else holes[0]
