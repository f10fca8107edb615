"""The rows of pages as the table takes them: storable, each id of a page once, in COPY's binary form."""

from __future__ import annotations

import json
import struct
from binascii import unhexlify
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
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
_UUID_ROW = "000100000010"
_NULL = b"\xff\xff\xff\xff"
_LENGTH, _TIMESTAMP = struct.Struct(">i").pack, struct.Struct(">iq").pack


Event = tuple[int | None, str | None, bytes | None]
"""What is kept of a row beside its id: microseconds, type and JSON."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows fit for the table, each id once, in the order served.

    ``events`` run parallel to ``ids`` where whole events are kept. ``canonical`` says that every id equals its
    canonical lower-case form as a UUID.
    """

    ids: list[str]
    events: list[Event] | None
    canonical: bool
    met: int = 0
    rejected: tuple[RejectedRow, ...] = ()

    def in_order(self) -> Batch:
        """The same rows sorted by id.

        The order matters where there is a key: crawlers that store overlapping pages then wait for each other, but
        never in a circle.
        """
        if self.events is None:
            return Batch(sorted(self.ids), None, self.canonical)
        rows = sorted(zip(self.ids, self.events, strict=True), key=itemgetter(0))
        return Batch([id_ for id_, _ in rows], [event for _, event in rows], self.canonical)

    def binary(self, *, uuid: bool) -> bytes:
        """The rows for ``COPY … WITH BINARY``; as UUIDs only when they are canonical."""
        if uuid and self.events is None and self.ids:
            # Columns, length and value of a row are hexadecimal text: 5,000 rows in a quarter of a millisecond.
            body = unhexlify((_UUID_ROW + _UUID_ROW.join(self.ids)).encode().translate(None, b"-"))
        else:
            body = b"".join(self._rows(uuid=uuid))
        return _OPENING + body + _CLOSING

    def _rows(self, *, uuid: bool) -> Iterator[bytes]:
        keys: Iterable[bytes] = (bytes.fromhex(id_.replace("-", "")) if uuid else id_.encode() for id_ in self.ids)
        if self.events is None:
            yield from (b"\0\1" + _field(key) for key in keys)
            return
        kinds = {
            type_: _field(None if type_ is None else type_.encode())
            for type_ in {type_ for _, type_, _ in self.events}
        }
        for key, (time, type_, payload) in zip(keys, self.events, strict=True):
            yield b"\0\4%b%b%b" % (_field(key), _timestamp(time), kinds[type_])
            yield _NULL if payload is None else _LENGTH(len(payload))
            yield payload or b""


def _field(value: bytes | None) -> bytes:
    return _NULL if value is None else _LENGTH(len(value)) + value


def _timestamp(micros: int | None) -> bytes:
    """The field of a time; null too for those that PostgreSQL does not know: the row's JSON still has them."""
    if micros is None or not _EARLIEST <= micros - _EPOCH <= _LATEST:
        return _NULL
    return _TIMESTAMP(8, micros - _EPOCH)


def together(batches: Sequence[Batch]) -> Batch:
    """The rows of all, one batch after the other."""
    if len(batches) == 1:
        return batches[0]
    ids = list(chain.from_iterable(batch.ids for batch in batches))
    whole = any(batch.events is not None for batch in batches)
    events = list(chain.from_iterable(batch.events or [] for batch in batches)) if whole else None
    return Batch(ids, events, all(batch.canonical for batch in batches))


def are_uuids(ids: Sequence[str]) -> bool:
    """Whether each of ``ids`` (not empty) is a canonical lower-case UUID; looks at all at once, for speed."""
    text = "\n".join(ids)
    if len(text) != 37 * len(ids) - 1 or not text.isascii() or text[36::37] != "\n" * (len(ids) - 1):
        return False
    dashes = all(text[place::37] == "-" * len(ids) for place in (8, 13, 18, 23))
    # Without its digits each id has left just those dashes, and the line break before the next one.
    return dashes and text.encode().translate(None, b"0123456789abcdef") == (b"----\n" * len(ids))[:-1]


def sift(page: Page, *, id_only: bool, warily: bool = False) -> Batch:
    """Frees a page of repeats and of rows that PostgreSQL cannot hold.

    Of whole events only ``warily`` looks into each: nearly all pages are fine, and PostgreSQL says which are not.
    """
    ids, places = page.ids, None
    if len(set(ids)) < len(ids):
        places = dict(zip(reversed(ids), range(len(ids) - 1, -1, -1), strict=True))
        ids = sorted(places, key=places.__getitem__)
    canonical = not ids or are_uuids(ids)
    faults = {} if canonical else _faults_of_ids(ids)
    if warily and not id_only:
        faults = _faults_of_events(page, ids, places) | faults
    if faults:
        places = places or {id_: place for place, id_ in enumerate(ids)}
        ids = [id_ for id_ in ids if id_ not in faults]
        canonical = canonical or not ids or are_uuids(ids)
    rejected = tuple(RejectedRow(reason, _raw(page, places[id_])) for id_, reason in faults.items()) if places else ()
    events = None if id_only else _events(page, ids, places)
    met = len(page.ids) - len(ids) - len(faults)
    return Batch(ids, events, canonical, met=met, rejected=page.rejected + rejected)


def _faults_of_ids(ids: list[str]) -> dict[str, str]:
    joined = "".join(ids)
    # What would make two lines of one id where ids are submitted a line each.
    broken = "\n" in joined or "\r" in joined or not _plain(joined)
    if not broken and max(map(len, ids), default=0) <= LONGEST_ID // 4:
        return {}
    return {id_: fault for id_ in ids if (fault := fault_of_id(id_))}


def _faults_of_events(page: Page, ids: list[str], places: dict[str, int] | None) -> dict[str, str]:
    """Of the rows of ``ids``; ``places`` as :func:`_events` has them, None when those are all of the page's."""
    events = zip(ids, _events(page, ids, places), strict=True)
    return {id_: fault for id_, (_, kind, raw) in events if (fault := _fault(kind, raw))}


def fault_of_id(id_: str) -> str | None:
    """Why an id can be neither held by PostgreSQL nor submitted as a line, None when it can."""
    if "\n" in id_ or "\r" in id_:
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


def _events(page: Page, ids: list[str], places: dict[str, int] | None) -> list[Event]:
    """What is kept of the rows of ``ids``: all of the page's without ``places``, else those where they say."""
    types = page.types if page.types is not None else [None] * len(page.ids)
    payloads = page.payloads if page.payloads is not None else [None] * len(page.ids)
    if places is None:
        return list(zip(page.times, types, payloads, strict=True))
    return [(page.times[place], types[place], payloads[place]) for place in map(places.__getitem__, ids)]


def _raw(page: Page, place: int) -> bytes:
    """The row's JSON, or where only ids are kept the JSON of its id."""
    return page.payloads[place] if page.payloads is not None else json.dumps(page.ids[place]).encode()
