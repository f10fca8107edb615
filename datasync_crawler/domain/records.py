"""Records: CSV cut into rows while it comes, with or without a line of names."""

from __future__ import annotations

import csv
import io

import msgspec

from datasync_crawler.domain.errors import Malformed
from datasync_crawler.domain.longest import LONGEST_ROW, waiting
from datasync_crawler.domain.profile import RowShape

_DELIMITERS = ",;\t|"

# Python's own bound on a value, 128 KiB, can only be set for the whole process.
csv.field_size_limit(LONGEST_ROW)


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
        """See :class:`~datasync_crawler.domain.framing.Framer`."""
        self._left += text
        end = _last_end(self._left)
        whole, self._left = self._left[: end + 1], waiting(self._left[end + 1 :])
        return self._records(whole)

    def rest(self) -> list[bytes]:
        """See :class:`~datasync_crawler.domain.framing.Framer`."""
        last, self._left = self._left, ""
        if last.count('"') % 2:
            raise Malformed("the stream ends within a quoted value")
        rows = self._records(last) if last.strip() else []
        if self._names is not None and rows and len(msgspec.json.decode(rows[-1])) < len(self._names):
            raise Malformed("the stream ends within a row")
        return rows

    def _records(self, text: str) -> list[bytes]:
        self._delimiter = self._delimiter or delimiter_of(text)
        try:
            # Rows end where lines of a file do: other characters that part lines of a text are theirs.
            records = [it for it in csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter) if it]
        except csv.Error as error:
            raise Malformed(f"no CSV: {error}") from error
        if self._names is None and records:
            self._names = [str(at) for at in range(len(records[0]))] if self._numbered else records.pop(0)
        names = self._names or []
        return [msgspec.json.encode(dict(zip(names, record, strict=False))) for record in records]


def _last_end(text: str) -> int:
    """Where the last line ends that is not within quotes; -1 where none does. Looks at each character once."""
    quoted, behind = text.count('"') % 2 == 1, len(text)
    while behind >= 0:
        quote = text.rfind('"', 0, behind)
        end = -1 if quoted else text.rfind("\n", quote + 1, behind)
        if end >= 0:
            return end
        quoted, behind = not quoted, quote
    return -1


def delimiter_of(text: str) -> str:
    """What parts the values of a record: whichever usual character its first line has most of."""
    first = text.partition("\n")[0]
    return max(_DELIMITERS, key=first.count)
