"""Headers, form data and search parameters from whatever they are made of."""

from __future__ import annotations

from .strings import text
from .values import Entries, Record, Sequence, Text, Value


def from_pairs(value: Value) -> Record:
    """A record from a list of pairs; open where the list is not known."""
    record = Record({}, open=not isinstance(value, Sequence))
    for item in value.items if isinstance(value, Sequence) else ():
        if isinstance(item, Sequence) and len(item.items) > 1:
            record = record.with_entry(text(item.items[0]).template, item.items[1])
    return record


def as_record(value: Value, *, query: bool = False) -> Record:
    """`value` as what a Headers or URLSearchParams would hold if made from it."""
    if isinstance(value, Text):
        return _parsed(value.template)
    if isinstance(value, Entries):
        value = value.record
    if isinstance(value, Sequence):
        value = from_pairs(value)
    return Record({}, query=query).merged(value)


def _parsed(query: str) -> Record:
    pairs = (pair.partition("=") for pair in query.lstrip("?").split("&") if "=" in pair)
    return Record({name: Text(value, "{" not in value) for name, _, value in pairs}, query=True)
