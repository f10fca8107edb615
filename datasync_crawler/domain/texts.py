"""Texts that services write: numbers and truths among them (``"total": "3000000"``), and what no terminal may get."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"\d{1,18}", re.ASCII)
_TRUTHS = {"true": True, "false": False}
# Whatever moves a cursor, changes a terminal or turns the direction of a line, but for tabs and ends of lines.
_UNPRINTABLE = {
    code: chr(code).encode("unicode_escape").decode()
    for code in (*range(9), *range(11, 32), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
}


def printable(text: str) -> str:
    r"""The text with its control characters told instead of written.

    >>> print(printable("a\x1b[2Jb\r"))
    a\x1b[2Jb\r
    """
    return text if text.isascii() and text.isprintable() else text.translate(_UNPRINTABLE)


def whole(value: object) -> int | None:
    """The whole number that a JSON value is, or as a text means; None when it is none.

    >>> whole(7), whole("3000000"), whole(True), whole("7a"), whole(7.0)
    (7, 3000000, None, None, None)
    """
    if type(value) is int:
        return value
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else None


def truth(value: object) -> bool | None:
    """The truth that a JSON value is, or as a text means; None when it is none.

    >>> truth(False), truth("true"), truth("False"), truth("yes"), truth(1)
    (False, True, False, None, None)
    """
    if isinstance(value, bool):
        return value
    return _TRUTHS.get(value.lower()) if isinstance(value, str) else None
