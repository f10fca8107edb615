"""Methods of strings, lists and parameter sets that pass through into a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .literal_text import literal_method
from .replacing import replaced
from .strings import concat, query_text, text, truth
from .values import (
    NULL,
    Address,
    Choice,
    Closure,
    Entries,
    Global,
    Hole,
    KeyOf,
    Record,
    Regex,
    Sequence,
    Text,
    Value,
    choice,
)

if TYPE_CHECKING:
    from .evaluator import Evaluator

_SAME = frozenset(
    {
        "toString",
        "trim",
        "trimEnd",
        "valueOf",
        "toISOString",
        "toFixed",
        "bind",
        "catch",
        "finally",
        "sort",
        "reverse",
        "flat",
    }
)
# Lists that are reduced to an address are short.
_MOST_STEPS = 12
_LOOKED_UP = frozenset({"getItem", "get", "getCookie"})


def method(evaluator: Evaluator, value: Value, name: str, given: tuple[Value, ...]) -> Value | None:
    """What `value.name(given…)` returns, or None when the method is not one of the language's."""
    if isinstance(value, Choice) and all(isinstance(option, Text) for option in value.variants):
        each = [_of_text(option, name, given) for option in value.variants]
        return choice(one for one in each if one is not None) if all(one is not None for one in each) else None
    if isinstance(value, (Text, Hole, Choice)):
        return _of_text(value, name, given)
    if isinstance(value, (Sequence, Entries)):
        return _of_list(evaluator, value, name, given)
    if isinstance(value, Closure):
        return _of_function(evaluator, value, name, given)
    if isinstance(value, Address):
        return text(value) if name in ("toString", "toJSON") else None
    if isinstance(value, Record) and value.query:
        return _of_query(value, name, given)
    if isinstance(value, Global):
        return value if name == "bind" else _stored(name, given)
    return None


def _of_text(value: Value, name: str, given: tuple[Value, ...]) -> Value | None:
    if name in _SAME:
        return value
    literal = literal_method(value, name, given) if isinstance(value, Text) else None
    if literal is not None:
        return literal
    if name == "concat":
        return concat([value, *given])
    if isinstance(value, Text) and name in ("replace", "replaceAll") and len(given) > 1:
        return _replaced(value, given[0], given[1])
    if isinstance(value, Text) and value.known and name in ("toUpperCase", "toLowerCase"):
        return Text(value.template.upper() if name == "toUpperCase" else value.template.lower())
    if name in ("toUpperCase", "toLowerCase"):
        return value
    if isinstance(value, Hole):
        return value if name in ("replace", "replaceAll") else _stored(name, given)
    return None


def _stored(name: str, given: tuple[Value, ...]) -> Value | None:
    """A value looked up by a literal name, as in `localStorage.getItem("apiKey")`, is best called by that name."""
    key = given[0] if given else None
    if name in _LOOKED_UP and isinstance(key, Text) and key.known and key.template.replace("_", "").isalnum():
        return Hole((key.template,))
    return None


def _replaced(value: Text, pattern: Value, replacement: Value) -> Value:
    """What is known to be replaced is; anything else leaves the text as it is."""
    if isinstance(pattern, Regex):
        return replaced(value, pattern, replacement)
    if (
        not isinstance(pattern, Text)
        or not pattern.known
        or not pattern.template
        or pattern.template not in value.template
    ):
        return value
    before, _, after = value.template.partition(pattern.template)
    return concat([Text(before, value.known), replacement, Text(after, value.known)])


def _of_list(evaluator: Evaluator, value: Sequence | Entries, name: str, given: tuple[Value, ...]) -> Value | None:
    if isinstance(value, Entries):
        return _of_entries(evaluator, value, name, given)
    return _of_sequence(evaluator, value, name, given)


def _of_entries(evaluator: Evaluator, value: Entries, name: str, given: tuple[Value, ...]) -> Value:
    if name == "join":
        return query_text(value.record)
    if name != "reduce" or len(given) < 2 or not isinstance(given[0], Closure):  # noqa: PLR2004 - a step, a start
        return value
    entry = KeyOf(value.record), choice(value.record.entries.values())
    total = evaluator.apply(given[0], (given[1], entry[0] if value.keys_only else Sequence(entry)))
    if "=" in text(total).template and not isinstance(total, Record):
        return concat([given[1], query_text(value.record)])
    return total


def _of_sequence(evaluator: Evaluator, value: Sequence, name: str, given: tuple[Value, ...]) -> Value | None:
    if value.joined and name in ("reduce", "map", "join"):
        return value.items[0] if name != "map" else value
    if name == "reduce" and given and isinstance(given[0], Closure):
        return _reduced(evaluator, value, given[0], given[1:])
    if name == "join":
        separator = text(given[0]).template if given else ","
        return concat(value.items, separator)
    if name == "filter":
        return Sequence(tuple(item for item in value.items if truth(item) is not False))
    if name == "concat":
        more = [other.items if isinstance(other, Sequence) else (other,) for other in given]
        return Sequence((*value.items, *(item for items in more for item in items)))
    if name == "map" and given and isinstance(given[0], Closure):
        each = given[0]
        return Sequence(tuple(evaluator.apply(each, (item,)) for item in value.items))
    encoded = name == "map" and bool(given) and isinstance(given[0], Global)
    return value if name in _SAME or encoded else None


def _reduced(evaluator: Evaluator, value: Sequence, step: Closure, start: tuple[Value, ...]) -> Value | None:
    """What is left of a list after each step has joined one more item."""
    items = list(value.items[:_MOST_STEPS])
    if not start and not items:
        return None
    total = start[0] if start else items.pop(0)
    for place, item in enumerate(items):
        total = evaluator.apply(step, (total, item, Text(str(place), numeric=True)))
    return total


def _of_function(evaluator: Evaluator, value: Closure, name: str, given: tuple[Value, ...]) -> Value | None:
    if name == "bind":
        return value
    if name == "call":
        return evaluator.apply(value, given[1:])
    if name == "apply":
        return evaluator.apply(value, given[1].items if len(given) > 1 and isinstance(given[1], Sequence) else ())
    return None


def _of_query(value: Record, name: str, given: tuple[Value, ...]) -> Value | None:
    if name == "toString":
        return query_text(value)
    if name == "get" and given:
        return value.entries.get(text(given[0]).template, choice([Hole((text(given[0]).template,))]))
    return Entries(value) if name in ("entries", "keys") else (NULL if name == "has" else None)
