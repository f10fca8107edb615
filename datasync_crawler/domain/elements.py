"""Elements: one JSON array cut into its elements while it comes, wherever in a document it stands."""

from __future__ import annotations

import json
import re

from datasync_crawler.domain.errors import Malformed
from datasync_crawler.domain.longest import waiting
from datasync_crawler.domain.profile import RowShape

_ARRAY = re.compile(r"\[")


class ArrayElements:
    """The elements of the JSON array that stands at the shape's path, cut as they come."""

    def __init__(self, shape: RowShape) -> None:
        self._path = shape.rows
        self._left = ""
        self._inside = self._closed = False
        self._decoder = json.JSONDecoder()

    def feed(self, text: str) -> list[bytes]:
        """See :class:`~datasync_crawler.domain.framing.Framer`."""
        if self._closed:
            return []
        self._left += text
        if not self._inside and not self._enter():
            self._left = waiting(self._left)
            return []
        return self._cut()

    def rest(self) -> list[bytes]:
        """See :class:`~datasync_crawler.domain.framing.Framer`."""
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
            except RecursionError:
                raise Malformed("a row is nested too deeply to be read") from None
            behind = _behind_blanks(text, end, blanks=" \t\r\n")
            if behind >= len(text):
                break  # a number may go on in the next piece
            rows.append(text[at:end].encode())
            at = behind
        self._left = waiting(text[at:])
        return rows


def _behind_blanks(text: str, at: int, blanks: str = " \t\r\n,") -> int:
    while at < len(text) and text[at] in blanks:
        at += 1
    return at
