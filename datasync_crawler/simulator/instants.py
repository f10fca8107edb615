"""Bounds of a range of time as a caller writes them, held against events whose times are kept in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from datasync_crawler.simulator.rowshape import micros

_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}


@dataclass(frozen=True, slots=True)
class Bound:
    """A moment in microseconds; ``exact`` where the caller can write microseconds of events."""

    micros: int
    exact: bool = False

    def lowest(self, *, inclusive: bool) -> int:
        """The lowest time in ms that is not before the moment, or (not inclusive) that is after it."""
        whole, rest = divmod(self.micros, 1000)
        within = micros(whole) % 1000 if self.exact else 0
        reached = within >= rest if inclusive else within > rest
        return whole if reached else whole + 1


def read_bound(text: str | None, form: str) -> Bound | None:
    """The moment that a parameter means in a form (s, ms, us or iso); None when it cannot be read."""
    if not text:
        return None
    try:
        if form == "iso":
            moment = datetime.fromisoformat(text.replace(" ", "+"))
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return Bound(round(aware.timestamp() * 1000) * 1000)
        return Bound(int(text) * _UNITS[form], exact=form == "us")
    except ValueError:
        return None
