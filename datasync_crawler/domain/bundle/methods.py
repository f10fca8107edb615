"""Methods of strings, lists and parameter sets that pass through into a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .strings import concat, query_text, text, truth
from .values import NULL, Address, Choice, Closure, Entries, Global, Hole, Record, Sequence, Text, Value, choice

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
_LOOKED_UP = frozenset({"getItem", "get", "getCookie"})


def method(evaluator: Evaluator, value: Value, name: str, given: tuple[Value, ...]) -> Value | None:
    """What `value.name(given…)` returns, or None when the method is not one of the language's."""
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
    """A literal pattern is replaced; an expression (trimming slashes, as a rule) leaves the text as it is."""
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
        return query_text(value.record) if name == "join" else value
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
    return value if name in _SAME else None


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
