"""How a row reads: the form of its id, of its time, what it is wrapped in, and how events lie in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from datasync_crawler.simulator.switches import one_of

_FIRST_NUMBER = 1_000_001
_EAST = timezone(timedelta(hours=5, minutes=30))
_CYCLE = ("ms", "iso", "s", "text", "offset", "us")


@dataclass(frozen=True, slots=True)
class RowShape:
    """Switches of a row. An empty ``time_form`` is the default service's: mixed in lists, numbers in the feed."""

    id_form: str = one_of("uuid", "upper", "prefixed", "integer")
    """uuid, upper (case), prefixed (a word and 32 digits) or integer (counting in the order of time)."""
    id_prefix: str = "evt_"
    time_form: str = one_of("", "s", "ms", "us", "iso", "iso-seconds", "offset", "text", "all")
    """s, ms, us (numbers), iso, iso-seconds, offset (texts), text (a number in quotes), all (in turn, on a page)."""
    row_under: str = ""
    """The field that holds the row, where rows are wrapped."""
    attributes_under: str = ""
    """The field of a row that holds all but its id and what kind of thing it is, as JSON:API has it."""
    density: str = one_of("even", "ties", "instant", "uneven", "gaps")
    """even, ties (every three hours), instant (a sixth at one time), uneven (most near the end) or gaps (of days)."""

    def written_id(self, plain: str, row: int, count: int) -> str:
        """The id of a row of ``count`` as text, from its UUID."""
        if self.id_form == "upper":
            return plain.upper()
        if self.id_form == "prefixed":
            return self.id_prefix + plain.replace("-", "")
        if self.id_form == "integer":
            return str(_FIRST_NUMBER + count - row)
        return plain

    def arranged(self, row: dict[str, object], id_field: str) -> dict[str, object]:
        """The members of a row where they stand: all in it, or most of them in its attributes."""
        if not self.attributes_under:
            return row
        attributes = {name: value for name, value in row.items() if name != id_field}
        return {id_field: row[id_field], "type": "event", self.attributes_under: attributes}

    def plain_id(self, written: str) -> str:
        """The UUID of an id that is made of one."""
        if self.id_form == "upper":
            return written.lower()
        if self.id_form == "prefixed":
            digits = written.removeprefix(self.id_prefix)
            return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        return written

    def numbered_row(self, written: str, count: int) -> int | None:
        """The row of ``count`` that an integer id belongs to, or None."""
        row = _FIRST_NUMBER + count - int(written) if written.isdecimal() else -1
        return row if 0 <= row < count else None

    def written_time(self, stamp: int, position: int, *, mixed: bool) -> int | str:
        """Milliseconds since 1970 as the row at a position of a page tells them."""
        form = self.time_form or ("ms" if not mixed or position % 3 == 0 else "iso")
        return told_time(stamp, _CYCLE[position % len(_CYCLE)] if form == "all" else form)


def told_time(stamp: int, form: str) -> int | str:
    """Milliseconds since 1970 in a form of ``time_form``; seconds are cut, microseconds are those of ``micros``."""
    if form == "s":
        return stamp // 1000
    if form == "us":
        return micros(stamp)
    if form == "text":
        return str(stamp)
    if form == "offset":
        return datetime.fromtimestamp(stamp / 1000, _EAST).isoformat(timespec="milliseconds")
    if form in ("iso", "iso-seconds"):
        precision = "milliseconds" if form == "iso" else "seconds"
        return datetime.fromtimestamp(stamp / 1000, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
    return stamp


def micros(stamp: int) -> int:
    """Microseconds of a time in milliseconds: equal times have equal ones."""
    return stamp * 1000 + stamp * 7919 % 1000
