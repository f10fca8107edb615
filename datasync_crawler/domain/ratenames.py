"""Names of budget headers: which headers of an answer tell of one budget, whatever that budget is called.

A budget is a family of headers that share all words but the one for what they tell: ``X-Throttle-Limit``,
``X-Throttle-Left``, ``X-Throttle-Reset-In``. A family whose name says rate limit is believed as it stands; any other
has to tell how many calls are left and one thing more, and must not be about pages or rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

SPANS: Mapping[str, float] = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}
"""Windows (seconds) that a header's name may tell."""

_LIMIT = frozenset({"limit", "quota", "max", "allowed", "capacity", "budget"})
# Of several words of a name the first part here that has one is what it tells: x-limit-remaining tells what remains.
_PARTS: Mapping[str, frozenset[str]] = {
    "remaining": frozenset({"remaining", "left", "available"}),
    "reset": frozenset({"reset", "resets", "renews", "refill"}),
    "window": frozenset({"window", "period", "interval"}),
    "used": frozenset({"used", "consumed", "spent"}),
    "limit": _LIMIT,
}
_SAID_BY_NAME = "ratelimit"
_FILLERS = frozenset({"x", "after", "at", "in", "on", "seconds"})
_ROWS = frozenset({"page", "row", "item", "record", "result", "event", "byte", "cursor"})
_OTHER_MATTERS = (
    _ROWS | {f"{word}s" for word in _ROWS} | {"paging", "pagination", "entries", "size", "total", "content"}
)
_SEPARATORS = re.compile(r"[-_]+")


@dataclass(frozen=True, slots=True)
class Family:
    """One budget's headers: values by what they tell (limit, remaining, reset, window, used)."""

    words: tuple[str, ...]
    span: str = ""
    told: dict[str, str] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """Whether the name itself says that this is a rate limit."""
        return _SAID_BY_NAME in self.words

    @property
    def about_calls(self) -> bool:
        """Whether the headers are about a budget of calls, as far as names can tell."""
        if self.named:
            return True
        return "remaining" in self.told and len(self.told) > 1 and not _OTHER_MATTERS & {*self.words}


def families(headers: Mapping[str, str]) -> tuple[Family, ...]:
    """The budgets that an answer's headers (names in lower case) tell of, in no order that matters."""
    found: dict[tuple[tuple[str, ...], str], Family] = {}
    for name, value in headers.items():
        place = _place(name)
        if place is not None:
            part, words, span = place
            found.setdefault((words, span), Family(words, span)).told.setdefault(part, value)
    return tuple(family for family in found.values() if family.about_calls)


@lru_cache(maxsize=1024)
def _place(name: str) -> tuple[str, tuple[str, ...], str] | None:
    """What a header tells, and the words and the span of its family; None when its name is none of a budget's."""
    words = _SEPARATORS.split(name.replace("rate-limit", _SAID_BY_NAME))
    span = next((span for span in SPANS if span in words or span + "s" in words), "")
    for part, names in _PARTS.items():
        word = next((word for word in reversed(words) if word in names), None)
        if word is not None:
            return part, _family(words, word, span), span
    return None


def _family(words: Sequence[str], part: str, span: str) -> tuple[str, ...]:
    """The words without the part, the span, fillers, and the words for a limit where others are left."""
    rest = [word for word in words if word not in _FILLERS | {part, span, span + "s"}]
    return tuple(word for word in rest if word not in _LIMIT) or tuple(rest) or (part,)
