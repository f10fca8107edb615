"""Rows in other forms than a page: some fields only, one a line, in CSV, as a stream of events, or everything."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasync_crawler.simulator.table import EventTable

_BLOCK = 500
"""Rows written at a time where everything is given at once."""


def sparse(text: bytes, fields: Sequence[str], under: str = "", attributes: str = "") -> bytes:
    """The JSON of a row with some fields only; ``under`` is the field that holds the row where it is wrapped.

    ``attributes`` is the field whose members count as the row's own.
    """
    row = _row(text, under)
    kept = {name: row[name] for name in fields if name in row}
    if attributes:
        kept[attributes] = {name: row[attributes][name] for name in fields if name in row[attributes]}
    return json.dumps({under: kept} if under else kept, separators=(",", ":"), ensure_ascii=False).encode()


def in_lines(texts: Sequence[bytes], form: str, under: str = "", *, headed: bool = True) -> bytes:
    """Rows as ndjson, csv (after its line of names, where headed) or sse, each form ending its last line."""
    if form == "csv":
        return _in_csv([_row(text, under) for text in texts], headed=headed)
    frame = b"event: event\ndata: %b\n\n" if form == "sse" else b"%b\n"
    return b"".join(frame % text for text in texts)


def everything(table: EventTable, form: str, under: str = "", *, first: int = 0) -> Iterator[bytes]:
    """All events from a row on, newest first, a block at a time: ndjson, csv, sse, or ids (one a line)."""
    for low in range(first, len(table), _BLOCK):
        rows = range(low, min(low + _BLOCK, len(table)))
        if form == "ids":
            yield "".join(f"{table.event_id(row)}\n" for row in rows).encode()
        else:
            texts = [table.text(row, at, mixed=True) for at, row in enumerate(rows)]
            yield in_lines(texts, form, under, headed=low == first)
    if form == "sse":
        yield b"event: end\ndata: {}\n\n"


def _row(text: bytes, under: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(text)
    inner: dict[str, Any] = row[under] if under else row
    return inner


def _in_csv(rows: Sequence[dict[str, Any]], *, headed: bool) -> bytes:
    """The plain values of rows: what holds other values is left out."""
    text = io.StringIO()
    names = [name for name, value in rows[0].items() if not isinstance(value, dict)] if rows else []
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\r\n")
    if headed:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
