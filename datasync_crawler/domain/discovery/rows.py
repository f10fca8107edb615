"""Where the records sit in an answer, and which of their members are their id, their time and their type.

Structure decides: records are the longest list of alike objects, an id differs in every one of them, a time can be
read and runs in one direction. The usual names of the field only break ties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from datasync_crawler.domain.discovery.leaves import lists, words
from datasync_crawler.domain.profile import Path
from datasync_crawler.domain.times import Moment, read_time

Row = Mapping[str, Any]

_ID_WORDS = frozenset({"id", "uuid", "guid", "key", "uid"})
_TIME_WORDS = frozenset({"time", "timestamp", "at", "ts", "date", "created", "occurred"})
_TYPE_WORDS = frozenset({"type", "kind", "category", "event"})
# Members are judged on this many rows; a page of ten thousand tells no more than its first rows.
_SAMPLE = 400
# Ids that are told of a page's rows differ in at least this share.
_DISTINCT = 0.9
# A type is a word out of few: fewer distinct values than this.
_FEW = 50


@dataclass(frozen=True, slots=True)
class Columns:
    """The members of a record that matter; ``descending`` is None where the order by time cannot be seen."""

    id: str
    time: str | None
    type: str | None
    descending: bool | None


class Records(NamedTuple):
    """The records of an answer: the path to their list, and from a member of it to the record itself."""

    path: Path
    under: Path
    rows: Sequence[Row]


def find_rows(document: Any) -> Records | None:
    """The records of the longest list of objects that have an id, None when there is none."""
    found = [(path, rows) for path, rows in lists(document) if rows and all(isinstance(row, Mapping) for row in rows)]
    for path, rows in sorted(found, key=lambda item: len(item[1]), reverse=True):
        under, inner = _unwrapped(rows)
        if _id_of(inner) is not None:
            return Records(path, under, inner)
    return None


def _unwrapped(rows: Sequence[Row]) -> tuple[Path, Sequence[Row]]:
    """The objects inside of wrappers, which have one object each and no id of their own."""
    names = [name for name in rows[0] if all(isinstance(row.get(name), Mapping) for row in rows)]
    row_id = _id_of(rows)
    if len(names) != 1 or (row_id is not None and words(row_id) & _ID_WORDS):
        return (), rows
    inner = [row[names[0]] for row in rows]
    return ((names[0],), inner) if _id_of(inner) is not None else ((), rows)


def read_columns(rows: Sequence[Row]) -> Columns | None:
    """Which members are id, time and type; None when no member could be an id."""
    row_id = _id_of(rows)
    if row_id is None:
        return None
    time = _time_of(rows, row_id)
    descending = _direction(_moments(rows, time)) if time else None
    return Columns(row_id, time, _type_of(rows, {row_id, time}), descending)


def coarsest_unit(rows: Sequence[Row], time: str) -> int:
    """The coarsest resolution of any time of the rows, in microseconds; 1000 when none can be read."""
    return max((moment.unit for row in rows if (moment := read_time(row.get(time)))), default=1000)


def _id_of(rows: Sequence[Row]) -> str | None:
    sample = rows[:_SAMPLE]
    names = [name for name in _members(sample) if _could_be_id([row.get(name) for row in sample])]
    return min(names, key=lambda name: _id_rank(name, sample), default=None)


def _could_be_id(values: Sequence[object]) -> bool:
    present = [value for value in values if value is not None]
    plain = all(isinstance(value, (str, int)) and not isinstance(value, bool) for value in present)
    # A page may hold some of its rows twice.
    return plain and len(present) * 2 > len(values) and len(set(present)) >= _DISTINCT * len(present)


def _id_rank(name: str, rows: Sequence[Row]) -> tuple[bool, bool, int, bool, str]:
    reads_as_time = read_time(rows[0].get(name)) is not None
    distinct = len({row.get(name) for row in rows})
    return (not words(name) <= _ID_WORDS, reads_as_time, -distinct, not words(name) & _ID_WORDS, name)


def _time_of(rows: Sequence[Row], row_id: str) -> str | None:
    sample = rows[:_SAMPLE]
    candidates = [name for name in _members(sample) if name != row_id and _reads_as_times(sample, name)]
    return min(candidates, key=lambda name: _time_rank(name, sample), default=None)


def _reads_as_times(rows: Sequence[Row], name: str) -> bool:
    return sum(read_time(row.get(name)) is not None for row in rows) * 10 >= len(rows) * 9


def _time_rank(name: str, rows: Sequence[Row]) -> tuple[bool, bool, str]:
    return (_direction(_moments(rows, name)) is None, not words(name) & _TIME_WORDS, name)


def _type_of(rows: Sequence[Row], taken: set[str | None]) -> str | None:
    sample = rows[:_SAMPLE]
    names = [name for name in _members(sample) if name not in taken and words(name) & _TYPE_WORDS]
    named = [name for name in names if _is_word(sample, name)]
    return min(named, key=lambda name: (len(words(name)), name), default=None)


def _is_word(rows: Sequence[Row], name: str) -> bool:
    values = [row.get(name) for row in rows]
    return all(value is None or isinstance(value, str) for value in values) and len(set(values)) < _FEW


def _members(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _moments(rows: Sequence[Row], time: str) -> list[Moment]:
    return [moment for row in rows if (moment := read_time(row.get(time)))]


def _direction(moments: Sequence[Moment]) -> bool | None:
    steps = [_step(first, second) for first, second in pairwise(moments)]
    if not any(steps) or moments[0].micros == moments[-1].micros:
        return None
    if all(step <= 0 for step in steps):
        return True
    return False if all(step >= 0 for step in steps) else None


def _step(first: Moment, second: Moment) -> int:
    """From one time to the next, both cut to the coarser of their resolutions."""
    unit = max(first.unit, second.unit)
    return second.micros // unit - first.micros // unit
