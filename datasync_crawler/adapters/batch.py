"""The rows of a page as the table takes them: storable, each id once, sorted, in COPY's binary form."""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasync_crawler.domain.page import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from datasync_crawler.domain.page import Page

LONGEST_ID = 2_000
"""Bytes in UTF-8: a B-tree of PostgreSQL refuses keys from about 2,700 on."""

_EPOCH = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000-01-01."""

_EARLIEST, _LATEST = -211_813_488_000_000_000, 9_223_371_331_199_999_999
"""The range of timestamptz, in its own microseconds."""

_OPENING = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_CLOSING = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows fit for the table, sorted by id, each id once.

    The order matters: crawlers that store overlapping pages then wait for each other, but never in a circle.
    ``events`` run parallel to ``ids`` where whole events are kept: microseconds, type and JSON.
    """

    ids: list[str]
    events: list[tuple[int | None, str | None, bytes | None]] | None
    met: int
    rejected: tuple[RejectedRow, ...]

    @property
    def canonical(self) -> bool:
        """Whether every id equals its canonical lower-case form as a UUID."""
        return not self.ids or are_uuids(self.ids)

    def binary(self, *, uuid: bool) -> bytes:
        """The rows for ``COPY … WITH BINARY``; as UUIDs only when they are canonical."""
        if uuid and self.events is None:
            # 5,000 rows in about a millisecond: columns, length and value of a row are hexadecimal text in one piece.
            body = bytes.fromhex("".join(f"000100000010{id_}" for id_ in self.ids).replace("-", ""))
        else:
            body = b"".join(self._rows(uuid=uuid))
        return _OPENING + body + _CLOSING

    def _rows(self, *, uuid: bool) -> Iterator[bytes]:
        keys: Iterable[bytes] = (bytes.fromhex(id_.replace("-", "")) if uuid else id_.encode() for id_ in self.ids)
        if self.events is None:
            yield from (b"\0\1" + _field(key) for key in keys)
            return
        for key, (time, type_, payload) in zip(keys, self.events, strict=True):
            kind = None if type_ is None else type_.encode()
            yield b"\0\4" + _field(key) + _field(_timestamp(time)) + _field(kind) + _field(payload)


def _field(value: bytes | None) -> bytes:
    return b"\xff\xff\xff\xff" if value is None else struct.pack(">i", len(value)) + value


def _timestamp(micros: int | None) -> bytes | None:
    """None too for times that PostgreSQL does not know; the row's JSON still has them."""
    if micros is None or not _EARLIEST <= micros - _EPOCH <= _LATEST:
        return None
    return struct.pack(">q", micros - _EPOCH)


def are_uuids(ids: Sequence[str]) -> bool:
    """Whether each of ``ids`` (not empty) is a canonical lower-case UUID; looks at all at once, for speed."""
    text = "".join(ids)
    if set(map(len, ids)) != {36} or not text.isascii():
        return False
    dashes = all(text[place::36] == "-" * len(ids) for place in (8, 13, 18, 23))
    return dashes and text.count("-") == 4 * len(ids) and not text.encode().translate(None, b"-0123456789abcdef")


def sift(page: Page, *, id_only: bool) -> Batch:
    """Frees a page of repeats and of rows that PostgreSQL cannot hold."""
    places = dict(zip(reversed(page.ids), range(len(page.ids) - 1, -1, -1), strict=True))
    faults = _faults(page, places, id_only=id_only)
    rejected = tuple(RejectedRow(reason, _raw(page, places[id_])) for id_, reason in faults.items())
    ids = sorted(places.keys() - faults.keys()) if faults else sorted(places)
    events = None if id_only else [_event(page, places[id_]) for id_ in ids]
    return Batch(ids, events, met=len(page.ids) - len(places), rejected=page.rejected + rejected)


def _faults(page: Page, places: dict[str, int], *, id_only: bool) -> dict[str, str]:
    faults = {}
    joined = "".join(places)
    if not _plain(joined) or _BREAK.search(joined) or max(map(len, places), default=0) > LONGEST_ID // 4:
        faults = {id_: fault for id_ in places if (fault := fault_of_id(id_))}
    if not id_only:
        events = ((id_, _event(page, place)) for id_, place in places.items())
        faults |= {id_: fault for id_, (_, kind, raw) in events if id_ not in faults and (fault := _fault(kind, raw))}
    return faults


# What would make two lines of one id where ids are submitted a line each.
_BREAK = re.compile(r"[\r\n]")


def fault_of_id(id_: str) -> str | None:
    """Why an id can be neither held by PostgreSQL nor submitted as a line, None when it can."""
    if _BREAK.search(id_):
        return "its id has a line break"
    if not _plain(id_):
        return "its id has a character that PostgreSQL cannot hold"
    if len(id_.encode()) > LONGEST_ID:
        return f"its id is longer than {LONGEST_ID} bytes"
    return None


def _fault(type_: str | None, payload: bytes | None) -> str | None:
    if type_ is not None and not _plain(type_):
        return "its type has a character that PostgreSQL cannot hold"
    try:
        json.loads(payload.decode(), parse_constant=_no_constant) if payload is not None else None
    except (ValueError, RecursionError):
        return "its JSON is not one that PostgreSQL can hold"
    return None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _plain(text: str) -> bool:
    """Neither NUL nor half a surrogate pair, which UTF-8 cannot write."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _event(page: Page, place: int) -> tuple[int | None, str | None, bytes | None]:
    type_ = page.types[place] if page.types is not None else None
    return page.times[place], type_, page.payloads[place] if page.payloads is not None else None


def _raw(page: Page, place: int) -> bytes:
    """The row's JSON, or where only ids are kept the JSON of its id."""
    return page.payloads[place] if page.payloads is not None else json.dumps(page.ids[place]).encode()
