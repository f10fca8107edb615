"""Framing: finding whole rows in bytes that come in pieces, whatever the pieces; every row leaves as JSON text."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import msgspec

from datasync_crawler.domain.errors import Malformed
from datasync_crawler.domain.profile import RowShape

StreamFormat = Literal["ndjson", "csv", "lines", "sse", "array"]
"""A JSON value a line, CSV with or without a line of names, an id a line, server-sent events, one JSON array."""

_DELIMITERS = ",;\t|"
_ARRAY = re.compile(r"\s*\[")


class Framer(Protocol):
    """Cuts one body into rows."""

    def feed(self, text: str) -> list[bytes]:
        """The rows that are whole now, as JSON, in the order they came."""

    def rest(self) -> list[bytes]:
        """The row that the body ended with, if its end was not to be seen before; Malformed where it is cut short."""


def framer_of(form: str, shape: RowShape) -> Framer:
    """What cuts a body of that format into rows; KeyError for an unknown format."""
    made: Mapping[str, Callable[[RowShape], Framer]] = {
        "ndjson": JsonLines,
        "csv": CsvRecords,
        "lines": PlainLines,
        "sse": ServerEvents,
        "array": ArrayElements,
    }
    return made[form](shape)


def utf8() -> codecs.IncrementalDecoder:
    """A decoder that may be fed characters in halves and drops a mark of byte order; bad bytes become U+FFFD."""
    return codecs.getincrementaldecoder("utf-8-sig")(errors="replace")


class _Lines:
    """The lines of a body, without their ends; a line without an end waits."""

    def __init__(self) -> None:
        self._left = ""

    def cut(self, text: str) -> list[str]:
        """The lines that are whole now."""
        *lines, self._left = (self._left + text).split("\n")
        return [line.removesuffix("\r") for line in lines]

    def last(self) -> str:
        """What stands behind the last end of a line."""
        return self._left.strip()


class JsonLines:
    """A JSON value a line; empty lines are passed over."""

    def __init__(self, _: RowShape) -> None:
        self._lines = _Lines()

    def feed(self, text: str) -> list[bytes]:
        """See :class:`Framer`."""
        return [line.encode() for line in self._lines.cut(text) if line and not line.isspace()]

    def rest(self) -> list[bytes]:
        """See :class:`Framer`."""
        last = self._lines.last().encode()
        if last and not is_json(last):
            raise Malformed("the stream ends within a row")
        return [last] if last else []


class PlainLines:
    """An id a line, as text."""

    def __init__(self, _: RowShape) -> None:
        self._lines = _Lines()

    def feed(self, text: str) -> list[bytes]:
        """See :class:`Framer`."""
        return [msgspec.json.encode(line.strip()) for line in self._lines.cut(text) if line.strip()]

    def rest(self) -> list[bytes]:
        """See :class:`Framer`."""
        last = self._lines.last()
        return [msgspec.json.encode(last)] if last else []


class CsvRecords:
    """Records of CSV as JSON objects of texts.

    Names are those of the first record, or, for an id named by a number, the numbers of the columns from 0.
    """

    def __init__(self, shape: RowShape) -> None:
        self._left = ""
        self._names: list[str] | None = None
        self._numbered = shape.id.isdecimal()
        self._delimiter = ""

    def feed(self, text: str) -> list[bytes]:
        """See :class:`Framer`."""
        self._left += text
        end = self._left.rfind("\n")
        while end >= 0 and self._left.count('"', 0, end) % 2:
            end = self._left.rfind("\n", 0, end)
        whole, self._left = self._left[: end + 1], self._left[end + 1 :]
        return self._records(whole)

    def rest(self) -> list[bytes]:
        """See :class:`Framer`."""
        last, self._left = self._left, ""
        if last.count('"') % 2:
            raise Malformed("the stream ends within a quoted value")
        rows = self._records(last) if last.strip() else []
        if self._names is not None and rows and len(msgspec.json.decode(rows[-1])) < len(self._names):
            raise Malformed("the stream ends within a row")
        return rows

    def _records(self, text: str) -> list[bytes]:
        self._delimiter = self._delimiter or delimiter_of(text)
        records = [
            record for record in csv.reader(text.splitlines(keepends=True), delimiter=self._delimiter) if record
        ]
        if self._names is None and records:
            self._names = [str(at) for at in range(len(records[0]))] if self._numbered else records.pop(0)
        names = self._names or []
        return [msgspec.json.encode(dict(zip(names, record, strict=False))) for record in records]


class ServerEvents:
    """Server-sent events: the data of each is a row or a list of rows.

    Events without an id in their data are rows only under a name that rows came under: others greet, count or end.
    """

    def __init__(self, shape: RowShape) -> None:
        self._lines = _Lines()
        self._name = ""
        self._data: list[str] = []
        self._row_names: set[str] = set()
        self._mark = msgspec.json.encode(shape.id).decode() if shape.id else ""

    def feed(self, text: str) -> list[bytes]:
        """See :class:`Framer`."""
        rows: list[bytes] = []
        for line in self._lines.cut(text):
            if line:
                self._take(line)
            else:
                rows += self._dispatch()
        return rows

    def rest(self) -> list[bytes]:
        """See :class:`Framer`."""
        if self._lines.last():
            self._take(self._lines.last())
        rows = self._dispatch()
        if not all(map(is_json, rows)):
            raise Malformed("the stream ends within an event")
        return rows

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value

    def _dispatch(self) -> list[bytes]:
        text, name = "\n".join(self._data), self._name
        self._name, self._data = "", []
        if not text:
            return []
        if self._mark not in text and name not in self._row_names:
            return []
        if not self._mark and self._row_names and name not in self._row_names:
            return []
        self._row_names.add(name)
        if not self._mark and text[0] not in '["':
            return [msgspec.json.encode(text)]
        return _elements(text) if text.startswith("[") else [text.encode()]


class ArrayElements:
    """The elements of the JSON array that stands at the shape's path, cut as they come."""

    def __init__(self, shape: RowShape) -> None:
        self._path = shape.rows
        self._left = ""
        self._inside = self._closed = False
        self._decoder = json.JSONDecoder()

    def feed(self, text: str) -> list[bytes]:
        """See :class:`Framer`."""
        if self._closed:
            return []
        self._left += text
        if not self._inside and not self._enter():
            return []
        return self._cut()

    def rest(self) -> list[bytes]:
        """See :class:`Framer`."""
        if not self._closed:
            raise Malformed("the array is cut short")
        return []

    def _enter(self) -> bool:
        pattern = re.compile(re.escape(json.dumps(self._path[-1])) + r"\s*:\s*\[") if self._path else _ARRAY
        found = pattern.search(self._left)
        if found:
            self._inside, self._left = True, self._left[found.end() :]
        return self._inside

    def _cut(self) -> list[bytes]:
        rows, text, at = [], self._left, 0
        while True:
            at = _behind_blanks(text, at)
            if at < len(text) and text[at] == "]":
                self._closed = True
                break
            try:
                _, end = self._decoder.raw_decode(text, at)
            except ValueError:
                break
            behind = _behind_blanks(text, end, blanks=" \t\r\n")
            if behind >= len(text):
                break  # a number may go on in the next piece
            rows.append(text[at:end].encode())
            at = behind
        self._left = text[at:]
        return rows


def delimiter_of(text: str) -> str:
    """What parts the values of a record: whichever usual character its first line has most of."""
    first = text.partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def is_json(text: bytes) -> bool:
    """Whether a text is one JSON value."""
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _elements(text: str) -> list[bytes]:
    try:
        return [bytes(element) for element in msgspec.json.decode(text, type=list[msgspec.Raw])]
    except msgspec.DecodeError:
        return [text.encode()]


def _behind_blanks(text: str, at: int, blanks: str = " \t\r\n,") -> int:
    while at < len(text) and text[at] in blanks:
        at += 1
    return at
