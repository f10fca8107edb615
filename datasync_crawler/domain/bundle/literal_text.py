"""Methods of strings whose every character is known: parts of route patterns are cut out and compared with them."""

from __future__ import annotations

from .values import Fixed, Sequence, Text, Value

_MOST_PARTS = 40
_TESTS = frozenset({"startsWith", "endsWith", "includes"})


def literal_method(value: Text, name: str, given: tuple[Value, ...]) -> Value | None:
    """What `value.name(given…)` returns where both are known, or None."""
    known = [item.template for item in given if isinstance(item, Text) and item.known]
    if not value.known or len(known) != len(given) or not known:
        return None
    if name in _TESTS:
        told = {"startsWith": str.startswith, "endsWith": str.endswith, "includes": str.__contains__}[name]
        return Fixed("true" if told(value.template, known[0]) else "false")
    if name == "split" and known[0]:
        return Sequence(tuple(Text(part) for part in value.template.split(known[0])[:_MOST_PARTS]))
    if name in ("slice", "substring", "charAt") and all(_is_whole(number) for number in known):
        places = [int(number) for number in known]
        end = places[0] + 1 if name == "charAt" else (places[1] if len(places) > 1 else None)
        return Text(value.template[places[0] : end])
    return None


def _is_whole(number: str) -> bool:
    return number.isdecimal() and len(number) < len("1000")
