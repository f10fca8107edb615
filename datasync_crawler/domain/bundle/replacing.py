"""What `text.replace(/expression/, by)` leaves: bases lose their last slashes, doubled ones are made one.

The source may hold any expression, so only those are followed whose work is bounded on a text of bounded length.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from .strings import PLACEHOLDER, concat
from .values import Choice, Global, Hole, Regex, Text, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_TEXT, _LONGEST_SOURCE = 300, 80
_FOLLOWED_FLAGS = frozenset("giu")
# An escape or a class, which hold no sign of their own.
_CLOSED = re.compile(r"\\.|\[(?:\\.|[^\]\\]){0,999}\]")
_ENDING = re.compile(rf"({_CLOSED.pattern})|\$")
_ESCAPE = re.compile(r"\\.")
# Escapes that mean the same here and in JavaScript: of signs, and the classes of characters.
_ALIKE = re.compile(r"\\(?:[^a-zA-Z0-9]|[dDwWsSb])")
# What is read otherwise here than in JavaScript, now or announced: an empty class, and signs inside one.
_OTHERWISE = re.compile(r"\[\^?\]|.\[|--|&&|\|\||~~")
_OPENING = re.compile(r"\((?:\?(?:[:=!]|<[=!]))?")
_OF_GROUP = re.compile(r"\)[*+{]")
_UNBOUNDED = re.compile(r"[*+]|\{\d")
_MOST_OPTIONAL, _MOST_GROUPS = 3, 2
_MATCHED = re.compile(r"\$([$&1-9])")


def replaced(value: Text, regex: Regex, by: Value) -> Value:
    """`value` with the matches of `regex` replaced; itself where that cannot be told, as where parts are unknown."""
    compiled = _understood(regex.source, regex.flags)
    if compiled is None or len(value.template) > _LONGEST_TEXT or not isinstance(by, (Text, Hole, Choice, Global)):
        return value
    found = list(islice(compiled.finditer(value.template), None if "g" in regex.flags else 1))
    if not found or (not value.known and _meets_placeholder(value.template, found)):
        return value
    parts: list[Value] = []
    place = 0
    for match in found:
        parts += [Text(value.template[place : match.start()], value.known), _filled(by, match)]
        place = match.end()
    result = concat([*parts, Text(value.template[place:], value.known)])
    return replace(result, example=value.example) if isinstance(result, Text) else result


def _meets_placeholder(template: str, found: Iterable[re.Match[str]]) -> bool:
    places = [placeholder.span() for placeholder in PLACEHOLDER.finditer(template)]
    return any(match.start() < end and start < match.end() for match in found for start, end in places)


def _filled(by: Value, match: re.Match[str]) -> Value:
    """What stands in place of a match: `$1` for its first group, `$&` for all of it."""
    if not isinstance(by, Text) or not by.known:
        return by

    def meant(sign: re.Match[str]) -> str:
        if sign[1] in "$&":
            return "$" if sign[1] == "$" else match[0]
        return (match[int(sign[1])] or "") if int(sign[1]) <= match.re.groups else sign[0]

    return Text(_MATCHED.sub(meant, by.template))


@lru_cache(maxsize=256)
def _understood(source: str, flags: str) -> re.Pattern[str] | None:
    """The expression, or None where it is written otherwise in JavaScript or could cost much."""
    if not source or len(source) > _LONGEST_SOURCE or not _FOLLOWED_FLAGS.issuperset(flags) or not _is_cheap(source):
        return None
    for closed in _CLOSED.findall(source):
        if not all(_ALIKE.match(escape) for escape in _ESCAPE.findall(closed)):
            return None
        if _OTHERWISE.search(_ESCAPE.sub("x", closed)):
            return None
    try:
        ending = _ENDING.sub(lambda sign: sign[1] or r"\Z", source)
        return re.compile(ending, re.ASCII | (re.IGNORECASE if "i" in flags else 0))
    except (re.error, OverflowError):
        return None


def _is_cheap(source: str) -> bool:
    """Whether matching takes at most about the square of the text: one repetition along any way through."""
    signs = _CLOSED.sub("x", source)
    groups, plain = len(_OPENING.findall(signs)), _OPENING.sub("(", signs)
    ways = plain.split("|") if not groups else [plain]
    return (
        groups <= _MOST_GROUPS
        and plain.count("?") <= _MOST_OPTIONAL
        and not _OF_GROUP.search(plain)
        and all(len(_UNBOUNDED.findall(way)) <= 1 for way in ways)
    )
