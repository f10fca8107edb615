"""Cursors that can be taken apart and made: a JSON object that names the last row, plain or in base64.

A cursor is never presumed to be of this kind: :func:`anatomy` holds it against the row that it was made from.
"""

from __future__ import annotations

import base64
import binascii
import json
import re

from datasync_crawler.domain.profile import CursorShape
from datasync_crawler.domain.times import Moment, read_time

# A cursor's own end of life is looked for between these distances from the answer that brought it, in seconds.
_SHORTEST_LIFE, _LONGEST_LIFE = -5, 7 * 86_400
_ALNUM = re.compile(r"[0-9A-Za-z]")


def anatomy(cursor: str, last_id: str, last_time: int, now: float, unit: int = 1) -> CursorShape | None:
    """How the cursor was made from the page's last row (its id as text, its time in microseconds), or None.

    ``unit`` is the resolution that the row's time was written with: the cursor's may be finer. ``now`` is the wall
    time of the answer in seconds; a member with a time a little after it is the end of life.
    """
    members = _decode(cursor)
    if members is None:
        return None
    row_id = next((name for name, value in members.items() if _is_id(value, last_id)), None)
    row_time = next((name for name, value in members.items() if _is_time(value, last_time, unit)), None)
    if row_id is None or row_time is None or row_id == row_time:
        return None
    deadlines = [n for n, value in members.items() if n not in {row_id, row_time} and _is_deadline(value, now)]
    # A cursor may also tell when it was made; its end is the later of the two.
    expires = max(deadlines, key=lambda name: read_time(members[name]) or (0, 0), default=None)
    constants = {n: json.dumps(v) for n, v in members.items() if n not in {row_id, row_time, expires}}
    return CursorShape(
        alphabet="plain" if _is_plain(cursor) else "urlsafe" if _is_urlsafe(cursor) else "standard",
        padded=len(cursor) % 4 == 0,
        order=tuple(members),
        id=row_id,
        time=row_time,
        time_unit=_unit(members[row_time]),
        expires=expires,
        expires_unit=_unit(members[expires]) if expires else 1000,
        constants=constants,
        id_number=not isinstance(members[row_id], str),
    )


def forge(shape: CursorShape, micros: int, row_id: str, expires_at: float) -> str:
    """A cursor that stands just behind the row of that time (microseconds) and id; good until a wall time (s)."""
    members: dict[str, object] = {name: json.loads(value) for name, value in shape.constants.items()}
    members[shape.id] = int(row_id) if shape.id_number else row_id
    members[shape.time] = micros // shape.time_unit
    if shape.expires:
        members[shape.expires] = int(expires_at * 1_000_000) // shape.expires_unit
    text = json.dumps({name: members[name] for name in shape.order}, separators=(",", ":"))
    if shape.alphabet == "plain":
        return text
    encoded = (base64.urlsafe_b64encode if shape.alphabet == "urlsafe" else base64.b64encode)(text.encode()).decode()
    return encoded if shape.padded else encoded.rstrip("=")


def told_time(shape: CursorShape, cursor: str, row_id: str) -> int | None:
    """The time (microseconds) that a cursor gives to the row of that id; None when it is not about that row."""
    members = _decode(cursor) or {}
    moment = read_time(members.get(shape.time))
    return moment.micros if moment is not None and _is_id(members.get(shape.id), row_id) else None


def lowest_id(sample: str) -> str:
    """An id that sorts below every other of the sample's form: its letters and digits become zeros.

    >>> lowest_id("56a349b5-7243-4e0c-9fd8-f2c1eb2a5d35")
    '00000000-0000-0000-0000-000000000000'
    """
    return _ALNUM.sub("0", sample)


def _decode(cursor: str) -> dict[str, object] | None:
    text = cursor.strip().translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        plain = cursor if _is_plain(cursor) else base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        members = json.loads(plain)
    except (binascii.Error, ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) else None


def _is_id(value: object, row_id: str) -> bool:
    return value == row_id or (type(value) is int and str(value) == row_id)


def _is_plain(cursor: str) -> bool:
    return cursor.lstrip().startswith("{")


def _is_urlsafe(cursor: str) -> bool:
    """Whether the letters tell, or, where none does, the missing padding: only the URL-safe way leaves it out."""
    return bool(re.search(r"[-_]", cursor)) or (len(cursor) % 4 != 0 and not re.search(r"[+/]", cursor))


def _is_time(value: object, micros: int, unit: int) -> bool:
    """Whether both are the same time, each cut to the resolution of the other."""
    moment = read_time(value)
    if moment is None or not isinstance(value, int):
        return False
    coarsest = max(moment.unit, unit)
    return moment.micros // coarsest == micros // coarsest


def _is_deadline(value: object, now: float) -> bool:
    moment: Moment | None = read_time(value) if isinstance(value, int) else None
    return moment is not None and _SHORTEST_LIFE <= moment.micros / 1_000_000 - now <= _LONGEST_LIFE


def _unit(value: object) -> int:
    moment = read_time(value)
    return moment.unit if moment else 1000
