"""Reading pages: the only place that knows how rows and paging sit in an answer, by the shape that was found out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from datasync_crawler.domain.answertypes import FACTS, Alone, answer_type, member_at, row_type
from datasync_crawler.domain.errors import Malformed, Shapeless
from datasync_crawler.domain.page import Page, RejectedRow
from datasync_crawler.domain.profile import RowShape
from datasync_crawler.domain.texts import truth, whole
from datasync_crawler.domain.times import read_time


class PageReader:
    """Decodes the pages of one endpoint; a typed decoder is built once and reads only the members that are needed.

    With ``whole`` the rows' raw JSON and types are kept as well; with ``ends_only`` just the first and the last
    readable time of a page are read, which is all that walking a shard needs. ``upwards`` is the pages' axis.
    """

    def __init__(
        self, shape: RowShape, *, whole: bool = False, ends_only: bool = False, upwards: bool = False
    ) -> None:
        self._shape = shape
        self._whole = whole
        self._upwards = upwards
        self._read_times = _end_times if ends_only else _all_times
        row = row_type(shape, whole=whole)
        self._decoder = msgspec.json.Decoder(answer_type(shape, list[row]))  # type: ignore[valid-type]
        self._raw_decoder = msgspec.json.Decoder(answer_type(shape, list[msgspec.Raw]))
        self._row_decoder = msgspec.json.Decoder(row)

    def read(self, body: bytes) -> Page:
        """The page in a body; raises Malformed or Shapeless when there is none.

        A row that is no object, or has no id (a text that is not empty, or a whole number), is rejected alone.
        """
        page = self._read_plain(body)
        return self._read_each(body) if page is None else page

    def _read_plain(self, body: bytes) -> Page | None:
        """The page when every row is as it should be, None when they have to be looked at one by one.

        Whole events are decoded twice, once for what is needed of the rows and once for where they begin and end: that
        is much faster than to decode each.
        """
        try:
            answer = _decode(self._decoder, body)
        except Shapeless:
            return None
        rows = self._rows(answer)
        rows = list(map(self._bare_row, rows)) if self._shape.under or self._shape.bare else rows
        ids = [row.id for row in rows] if all(rows) else [None]
        if not all(ids):
            return None
        texts = [bytes(text) for text in self._rows(_decode(self._raw_decoder, body))] if self._whole else None
        return self._page(answer, rows, ids, texts)

    def _read_each(self, body: bytes) -> Page:
        answer = _decode(self._raw_decoder, body)
        rows, texts, rejected = [], [], []
        for text in self._rows(answer):
            row = self._row(text)
            if row is None:
                rejected.append(RejectedRow("no id", bytes(text)))
            else:
                rows.append(row)
                texts.append(bytes(text))
        ids = [row.id for row in rows]
        return self._page(answer, rows, ids, texts if self._whole else None, tuple(rejected))

    def _row(self, text: msgspec.Raw) -> Any:
        try:
            row = self._bare_row(_decode(self._row_decoder, text))
        except Shapeless:
            return None
        return None if row is None or row.id is None or row.id == "" else row

    def _bare_row(self, row: Any) -> Any:
        return Alone(row) if self._shape.bare else member_at(row, self._shape.under)

    def _rows(self, answer: object) -> list[Any]:
        rows = member_at(answer, self._shape.rows)
        if not isinstance(rows, list):
            raise Shapeless("no rows at " + ".".join(self._shape.rows))
        return rows

    def _page(
        self,
        answer: object,
        rows: list[Any],
        ids: list[Any],
        payloads: list[bytes] | None = None,
        rejected: tuple[RejectedRow, ...] = (),
    ) -> Page:
        facts = {name: member_at(answer, path) if (path := getattr(self._shape, name)) else None for name in FACTS}
        self._check(facts, len(rows) + len(rejected))
        return Page(
            ids=_texts(ids),
            times=self._read_times(rows),
            types=[row.type if isinstance(row.type, str) else None for row in rows] if payloads is not None else None,
            payloads=payloads,
            has_more=truth(facts["has_more"]),
            next_cursor=_cursor(facts["next_cursor"]),
            cursor_life=_number(facts["cursor_life"]),
            total=whole(facts["total"]),
            rejected=rejected,
            upwards=self._upwards,
        )

    def _check(self, facts: dict[str, Any], served: int) -> None:
        if self._shape.has_more is not None and truth(facts["has_more"]) is None:
            raise Shapeless("no end flag at " + ".".join(self._shape.has_more))
        returned = whole(facts["returned"])
        if returned is not None and returned != served:
            raise Shapeless(f"{returned} rows announced, {served} served")


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes | msgspec.Raw) -> Any:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Shapeless(f"unexpected shape: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}") from error


def _texts(ids: list[Any]) -> list[str]:
    """Ids as they travel; whether all are texts already is known soonest by joining them."""
    try:
        "".join(ids)
    except TypeError:
        return list(map(str, ids))
    return ids


def _all_times(rows: Sequence[Any]) -> list[int | None]:
    return [_micros(row.time) for row in rows]


def _end_times(rows: Sequence[Any]) -> list[int | None]:
    times: list[int | None] = [None] * len(rows)
    for order in (range(len(rows)), reversed(range(len(rows)))):
        for place in order:
            times[place] = _micros(rows[place].time)
            if times[place] is not None:
                break
    return times


def _micros(value: object) -> int | None:
    moment = read_time(value)
    return None if moment is None else moment.micros


def _cursor(value: object) -> str | None:
    """A cursor as it travels: a text, or a number as its decimal text."""
    if type(value) is int:
        return str(value)
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else whole(value)
