"""The key's stand-in: a value of the same form that opens nothing, and that is recognised wherever it travels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

KEY = "{key}"

_PREFIX = re.compile(r"[A-Za-z]{1,12}[_-]")
_SHORTEST = 12
_DIGITS, _LOWER, _UPPER = "1357902468", "bdfaec", "BDFAEC"


def stand_in(key: str) -> str:
    """A key of the same form (prefix, length, kinds of characters) without a character of the real one's secret part.

    >>> stand_in("ds_0f1e2d3c4b5a6978")
    'ds_1d5a9c2d6a1c5790'
    """
    prefix = _PREFIX.match(key)
    kept = prefix[0] if prefix and len(key) > 2 * len(prefix[0]) else ""
    secret = key[len(kept) :]
    if len(secret) < _SHORTEST:
        return "stand-in-for-a-key"
    made = "".join(_replaced(index, character) for index, character in enumerate(secret))
    return kept + made if made != secret else kept + made[::-1]


def templated(text: str, placeholder: str) -> str:
    """The text with ``{key}`` wherever the stand-in stood, plain or percent-encoded."""
    return text.replace(placeholder, KEY).replace(quote(placeholder, safe=""), KEY)


def templated_headers(headers: Iterable[tuple[str, str]], placeholder: str) -> tuple[tuple[str, str], ...]:
    """The headers with ``{key}`` wherever the stand-in stood."""
    return tuple((name, templated(value, placeholder)) for name, value in headers)


def _replaced(index: int, character: str) -> str:
    if character.isdigit():
        return _DIGITS[index % len(_DIGITS)]
    if character.isalpha():
        return (_UPPER if character.isupper() else _LOWER)[index % len(_LOWER)]
    return character
