"""A recognised call whose parts are still values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .values import EMPTY, UNDEFINED

if TYPE_CHECKING:
    from .values import Value


@dataclass(frozen=True, slots=True)
class Draft:
    """Like a CodeCall, before its parts are told as text; the method is UNDEFINED where the code does not say."""

    via: str
    method: Value
    url: Value
    params: Value = EMPTY
    headers: Value = EMPTY
    body: Value = UNDEFINED
