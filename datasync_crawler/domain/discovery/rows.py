"""Where the records sit in an answer, and which of their members are their id, their time and their type.

Structure decides: records are the longest list of alike objects, an id differs in every one of them, a time can be
read and runs in one direction. The usual names of the field only break ties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from datasync_crawler.domain.discovery.leaves import at, leaves, lists, words
from datasync_crawler.domain.profile import Path
from datasync_crawler.domain.times import Moment, read_time

Row = Mapping[str, Any]

_ID_WORDS = frozenset({"id", "uuid", "guid", "key", "uid"})
_TIME_WORDS = frozenset({"time", "timestamp", "at", "ts", "date", "created", "occurred"})
_TYPE_WORDS = frozenset({"type", "kind", "category", "event"})
# Members are judged on this many rows; a page of ten thousand tells no more than its first rows.
_SAMPLE = 400
# Ids that are told of a page's rows differ in at least this share; of a short page some may be repeats, but not most.
_DISTINCT, _FEW_REPEATS, _LEAST_DISTINCT = 0.9, 3, 0.6
# What more of the rows lack is hardly their id.
_SELDOM = 0.1
# A type is a word out of few: fewer distinct values than this.
_FEW = 50
# So many objects may lie around a time that is no member of the record itself.
_DEEPEST = 2


@dataclass(frozen=True, slots=True)
class Columns:
    """The members of a record that matter; ``descending`` is None where the order by time cannot be seen.

    ``time_under`` and ``type_under`` lead from the record to the object that has its time or its type.
    """

    id: str
    time: str | None
    type: str | None
    descending: bool | None
    time_under: Path = ()
    type_under: Path = ()

    def time_of(self, row: Row) -> object:
        """What a record has for its time."""
        return at(row, (*self.time_under, self.time)) if self.time else None


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
    under = time[:-1] if time else ()
    kind = _type_of(rows, under, {(row_id,), time})
    return Columns(
        id=row_id,
        time=time[-1] if time else None,
        type=kind[-1] if kind else None,
        descending=_direction(_moments(rows, time)) if time else None,
        time_under=under,
        type_under=kind[:-1] if kind else (),
    )


def coarsest_unit(rows: Sequence[Row], columns: Columns) -> int:
    """The coarsest resolution of any time of the rows, in microseconds; 1000 when none can be read."""
    return max((moment.unit for row in rows if (moment := read_time(columns.time_of(row)))), default=1000)


def _id_of(rows: Sequence[Row]) -> str | None:
    sample = rows[:_SAMPLE]
    names = [name for name in _members(sample) if _could_be_id([row.get(name) for row in sample])]
    return min(names, key=lambda name: _id_rank(name, sample), default=None)


def _could_be_id(values: Sequence[object]) -> bool:
    present = [value for value in values if value is not None]
    plain = all(isinstance(value, (str, int)) and not isinstance(value, bool) for value in present)
    if not plain or len(present) * 2 <= len(values):
        return False
    # A page may hold some of its rows twice.
    count = len(present)
    return len(set(present)) >= min(_DISTINCT * count, max(count - _FEW_REPEATS, _LEAST_DISTINCT * count))


def _id_rank(name: str, rows: Sequence[Row]) -> tuple[bool, bool, bool, int, bool, int, str]:
    present = [row[name] for row in rows if row.get(name) is not None]
    reads_as_time = read_time(present[0]) is not None
    # A few rows may have lost their id on the way, and that makes nothing else one.
    lost, repeats = len(rows) - len(present), len(present) - len(set(present))
    spoken = words(name)
    seldom = lost > _SELDOM * len(rows)
    return not spoken <= _ID_WORDS, reads_as_time, seldom, repeats, not spoken & _ID_WORDS, lost, name


def _time_of(rows: Sequence[Row], row_id: str) -> Path | None:
    """The path of the time: a member of the record where that will do, else one of an object in it."""
    sample = rows[:_SAMPLE]
    paths = dict.fromkeys(leaf.path for row in sample for leaf in leaves(row) if len(leaf.path) <= _DEEPEST + 1)
    candidates = [path for path in paths if path != (row_id,) and _reads_as_times(sample, path)]
    return min(candidates, key=lambda path: _time_rank(path, sample), default=None)


def _reads_as_times(rows: Sequence[Row], path: Path) -> bool:
    return sum(read_time(at(row, path)) is not None for row in rows) * 10 >= len(rows) * 9


def _time_rank(path: Path, rows: Sequence[Row]) -> tuple[bool, int, bool, str]:
    return _direction(_moments(rows, path)) is None, len(path), not words(path[-1]) & _TIME_WORDS, path[-1]


def _type_of(rows: Sequence[Row], under: Path, taken: set[Path | None]) -> Path | None:
    """The path of the type: a member of the record, or one beside its time where that tells more."""
    sample = rows[:_SAMPLE]
    paths: list[Path] = [(name,) for name in _members(sample)]
    if under:
        beside = [inner for row in sample if isinstance(inner := at(row, under), Mapping)]
        paths += [(*under, name) for name in _members(beside)]
    fit = [path for path in paths if path not in taken and words(path[-1]) & _TYPE_WORDS and _is_word(sample, path)]
    return min(fit, key=lambda path: _type_rank(path, sample, under), default=None)


def _is_word(rows: Sequence[Row], path: Path) -> bool:
    values = [at(row, path) for row in rows]
    return all(value is None or isinstance(value, str) for value in values) and len(set(values)) < _FEW


def _type_rank(path: Path, rows: Sequence[Row], under: Path) -> tuple[bool, int, int, str]:
    # Where records have attributes their own type is the same for all: what the collection is of.
    same = bool(under) and len({at(row, path) for row in rows}) == 1
    return same, len(words(path[-1])), len(path), path[-1]


def _members(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _moments(rows: Sequence[Row], time: Path) -> list[Moment]:
    return [moment for row in rows if (moment := read_time(at(row, time)))]


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
