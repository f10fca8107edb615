"""Values as JavaScript sees them in a string or a condition."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice, product
from typing import TYPE_CHECKING

from .values import (
    MOST_VARIANTS,
    NULL,
    UNDEFINED,
    Address,
    Choice,
    Fixed,
    Global,
    Hole,
    KeyOf,
    Record,
    Sequence,
    Text,
    Value,
    choice,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

# The end of what stands before a part of its own in a path, behind another part.
_IN_PATH = re.compile(r"[\w}]/$")
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def text(value: Value) -> Text:
    """`value` as it appears inside a string; of a choice the first variant."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Choice):
        return text(value.variants[0])
    if isinstance(value, Record) and value.query:
        return query_text(value)
    if isinstance(value, Address):
        return _address_text(value)
    if isinstance(value, Sequence):
        return _joined([text(item) for item in value.items], ",")
    if isinstance(value, Fixed):
        return Text("" if value in (UNDEFINED, NULL) else value.word)
    return Text(f"{{{_placeholder(value)}}}", known=False)


def _placeholder(value: Value) -> str:
    if isinstance(value, Hole):
        return value.name
    if isinstance(value, Global):
        return Hole(tuple(value.path.split("."))).name
    return "key" if isinstance(value, KeyOf) else "value"


def query_text(record: Record) -> Text:
    """The entries as a query string, without a question mark."""
    pairs = [(key, text(value)) for key, value in record.entries.items() if value != UNDEFINED]
    told = _joined([Text(f"{key}={value.template}", value.known) for key, value in pairs], "&")
    return replace(told, known=told.known and not record.open)


def _joined(parts: list[Text], separator: str) -> Text:
    return Text(separator.join(part.template for part in parts), all(part.known for part in parts))


def _address_text(address: Address) -> Text:
    query = query_text(address.query)
    if not query.template:
        return address.url
    sign = "&" if "?" in address.url.template else "?"
    return _joined([address.url, query], sign)


def concat(parts: Iterable[Value], separator: str = "") -> Value:
    """The parts as one string, once for each combination of their variants."""
    placed: list[tuple[Value, ...]] = []
    before = ""
    for part in parts:
        variants = options(part)
        if _IN_PATH.search(before):
            variants = tuple(form for variant in variants for form in _forms(variant))
        placed.append(variants)
        before = text(part).template + separator
    combinations = islice(product(*placed), MOST_VARIANTS)
    return choice(_joined([text(part) for part in combination], separator) for combination in combinations)


def _forms(value: Value) -> tuple[Value, ...]:
    """A part of a path that is only one of many: what it is one of, and itself where it may be a name of its own."""
    if not isinstance(value, Text) or not value.example or "/" in value.template:
        return (value,)
    place = Text(f"{{{value.example}}}", known=False)
    return (place,) if any(sign.isdigit() for sign in value.template) else (place, value)


def truth(value: Value) -> bool | None:
    """Whether JavaScript takes `value` for true; None when it cannot be told."""
    if isinstance(value, Fixed):
        return value.word == "true"
    if isinstance(value, Text):
        fixed = PLACEHOLDER.sub("", value.template).strip("0")
        return True if fixed else (False if value.known else None)
    if isinstance(value, (Hole, Global, Choice, KeyOf)):
        return None
    return True


def either(left: Value, right: Value) -> Value:
    """`left || right`: what is known beats what is not, and an empty fallback says nothing."""
    told = truth(left)
    if told is not None:
        return left if told else right
    if isinstance(left, Choice):
        return choice([option for option in left.variants if truth(option)] or [right])
    if isinstance(left, Hole) and isinstance(right, Text) and right.known:
        right = replace(right, example=left.name)
    return right if truth(right) else left
