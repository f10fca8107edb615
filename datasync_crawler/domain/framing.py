"""Framing: finding whole rows in bytes that come in pieces, whatever the pieces; every row leaves as JSON text."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import msgspec

from datasync_crawler.domain.elements import ArrayElements
from datasync_crawler.domain.errors import Malformed
from datasync_crawler.domain.longest import LONGEST_ROW, TooLong, waiting
from datasync_crawler.domain.profile import RowShape
from datasync_crawler.domain.records import CsvRecords

StreamFormat = Literal["ndjson", "csv", "lines", "sse", "array"]
"""A JSON value a line, CSV with or without a line of names, an id a line, server-sent events, one JSON array."""


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
        *lines, left = (self._left + text).split("\n")
        self._left = waiting(left)
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


class ServerEvents:
    """Server-sent events: the data of each is a row or a list of rows.

    Events without an id in their data are rows only under a name that rows came under: others greet, count or end.
    """

    def __init__(self, shape: RowShape) -> None:
        self._lines = _Lines()
        self._name = ""
        self._data: list[str] = []
        self._room = LONGEST_ROW
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
        if self._room < 0:
            raise TooLong
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
            self._room -= len(value)
            self._data.append(value)
        elif name == "event":
            self._name = value

    def _dispatch(self) -> list[bytes]:
        text, name = "\n".join(self._data), self._name
        self._name, self._data, self._room = "", [], LONGEST_ROW
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


def is_json(text: bytes) -> bool:
    """Whether a text is one JSON value."""
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _elements(text: str) -> list[bytes]:
    try:
        return [bytes(element) for element in msgspec.json.decode(text, type=list[msgspec.Raw])]
    except (ValueError, RecursionError):
        return [text.encode()]
