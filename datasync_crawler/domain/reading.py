"""Reading pages: the only place that knows how rows and paging sit in an answer, by the shape that was found out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from datasync_crawler.domain.errors import Malformed, Shapeless
from datasync_crawler.domain.page import Page, RejectedRow
from datasync_crawler.domain.profile import Path, RowShape
from datasync_crawler.domain.times import read_time

_Tree = dict[str, Any]
_FACTS = ("has_more", "next_cursor", "cursor_life", "total", "returned", "limit")
_ROWS = "rows"


class PageReader:
    """Decodes the pages of one endpoint; a typed decoder is built once and reads only the members that are needed.

    With ``whole`` the rows' raw JSON and types are kept as well; with ``ends_only`` just the first and the last
    readable time of a page are read, which is all that walking a shard needs.
    """

    def __init__(self, shape: RowShape, *, whole: bool = False, ends_only: bool = False) -> None:
        self._shape = shape
        self._whole = whole
        self._read_times = _end_times if ends_only else _all_times
        self._row = _row_type(shape)
        self._decoder = msgspec.json.Decoder(_answer_type(shape, list[msgspec.Raw] if whole else list[self._row]))  # type: ignore[name-defined]
        self._row_decoder = msgspec.json.Decoder(self._row)

    def read(self, body: bytes) -> Page:
        """The page in a body; raises Malformed or Shapeless when there is none."""
        try:
            answer = self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise Shapeless(f"unexpected shape: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Malformed(f"not JSON: {error}") from error
        rows = answer if not self._shape.rows else _at(answer, self._shape.rows)
        if not isinstance(rows, list):
            raise Shapeless("no rows at " + ".".join(self._shape.rows))
        return self._page(rows, {name: self._fact(answer, name) for name in _FACTS}, body)

    def _fact(self, answer: object, name: str) -> Any:
        path: Path | None = getattr(self._shape, name)
        return None if path is None else _at(answer, path)

    def _page(self, rows: list[Any], facts: dict[str, Any], body: bytes) -> Page:
        if self._shape.has_more is not None and not isinstance(facts["has_more"], bool):
            raise Shapeless("no end flag at " + ".".join(self._shape.has_more))
        if isinstance(facts["returned"], int) and facts["returned"] != len(rows):
            raise Shapeless(f"{facts['returned']} rows announced, {len(rows)} served")
        raw = rows if self._whole else None
        parsed = self._parse_rows(rows) if self._whole else rows
        kept = [row for row in parsed if row.id is not None]
        rejected = self._rejected(parsed, body) if len(kept) != len(parsed) else ()
        if raw is not None and rejected:
            raw = [text for text, row in zip(raw, parsed, strict=True) if row.id is not None]
        return Page(
            ids=[row.id if type(row.id) is str else str(row.id) for row in kept],
            times=self._read_times(kept),
            types=[row.type if isinstance(row.type, str) else None for row in kept] if raw is not None else None,
            payloads=[bytes(text) for text in raw] if raw is not None else None,
            has_more=facts["has_more"],
            next_cursor=_text(facts["next_cursor"]),
            cursor_life=facts["cursor_life"] if isinstance(facts["cursor_life"], (int, float)) else None,
            total=facts["total"] if isinstance(facts["total"], int) else None,
            rejected=rejected,
        )

    def _parse_rows(self, rows: Sequence[msgspec.Raw]) -> list[Any]:
        decode: Callable[[msgspec.Raw], Any] = self._row_decoder.decode
        try:
            return [decode(row) for row in rows]
        except msgspec.ValidationError as error:
            raise Shapeless(f"unexpected row: {error}") from error

    def _rejected(self, parsed: Sequence[Any], body: bytes) -> tuple[RejectedRow, ...]:
        raw = msgspec.json.decode(body, type=_answer_type(self._shape, list[msgspec.Raw]))
        texts = raw if not self._shape.rows else _at(raw, self._shape.rows)
        pairs = zip(texts, parsed, strict=True)
        return tuple(RejectedRow("no id", bytes(text)) for text, row in pairs if row.id is None)


def _row_type(shape: RowShape) -> type[msgspec.Struct]:
    names = {"id": shape.id, "time": shape.time or "\0no time", "type": shape.type or "\0no type"}
    fields = [("id", str | int | None, None), ("time", Any, None), ("type", Any, None)]
    return msgspec.defstruct("Row", fields, rename=names, gc=False)


def _answer_type(shape: RowShape, rows: Any) -> Any:
    if not shape.rows:
        return rows
    tree: _Tree = {}
    for path in (getattr(shape, name) for name in _FACTS):
        if path:
            _grow(tree, path, Any)
    _grow(tree, shape.rows, rows)
    return _struct(tree)


def _grow(tree: _Tree, path: Path, leaf: Any) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = leaf


def _struct(tree: _Tree) -> type[msgspec.Struct]:
    members = list(tree.items())
    fields = [
        (
            f"m{index}",
            (_struct(kind) | None) if isinstance(kind, dict) else kind | None if kind is not Any else Any,
            None,
        )
        for index, (_, kind) in enumerate(members)
    ]
    rename = {f"m{index}": name for index, (name, _) in enumerate(members)}
    made = msgspec.defstruct("Answer", fields, rename=rename)
    made.__member_names__ = {name: field for field, name in rename.items()}  # type: ignore[attr-defined]
    return made


def _at(node: object, path: Path) -> Any:
    for name in path:
        if node is None:
            return None
        node = getattr(node, type(node).__member_names__[name])  # type: ignore[attr-defined]
    return node


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


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
