"""Numbers and truths that a service writes as texts: ``"total": "3000000"``, ``"hasMore": "true"``."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"\d{1,18}", re.ASCII)
_TRUTHS = {"true": True, "false": False}


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
