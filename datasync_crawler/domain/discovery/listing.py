"""Reading an answer as a page of records without knowing its shape beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datasync_crawler.domain.discovery.leaves import at
from datasync_crawler.domain.discovery.paging import PageEdge, Paging, read_paging
from datasync_crawler.domain.discovery.rows import Columns, coarsest_unit, find_rows, read_columns
from datasync_crawler.domain.errors import PageError
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import CursorShape, Path, RowShape
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.domain.times import read_time


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of records, how it is shaped, and what it tells of its kind.

    ``numeric`` says that times are served as numbers; ``told_limit`` is the page size that the answer names.
    """

    shape: RowShape
    page: Page
    descending: bool | None
    cursor: CursorShape | None
    told_limit: int | None
    numeric: bool

    @property
    def dated(self) -> tuple[tuple[str, int], ...]:
        """Ids and times (microseconds) of the rows that have a time, in the order served."""
        pairs = zip(self.page.ids, self.page.times, strict=True)
        return tuple((row_id, time) for row_id, time in pairs if time is not None)


def read_listing(document: Any, body: bytes, wall: float) -> Listing | None:
    """The page in an answer that came at the wall time ``wall`` (seconds); None when it holds no records."""
    found = find_rows(document)
    columns = read_columns(found.rows) if found else None
    if found is None or columns is None:
        return None
    path, under, rows = found
    last = rows[-1]
    moment = read_time(last.get(columns.time)) if columns.time else None
    edge = PageEdge(len(rows), str(last.get(columns.id)), moment, wall)
    paging = read_paging(document, edge)
    shape = _shape(path, under, columns, paging, coarsest_unit(rows, columns.time) if columns.time else 1000)
    try:
        page = PageReader(shape).read(body)
    except (PageError, ValueError):  # a page that contradicts itself, or names that no reader can be made for
        return None
    numeric = columns.time is not None and isinstance(last.get(columns.time), (int, float))
    told = at(document, shape.limit) if shape.limit else None
    return Listing(shape, page, columns.descending, paging.anatomy, told, numeric)


def _shape(path: Path, under: Path, columns: Columns, paging: Paging, unit: int) -> RowShape:
    return RowShape(
        rows=path,
        under=under,
        id=columns.id,
        time=columns.time,
        type=columns.type,
        time_unit=unit,
        has_more=paging.has_more,
        next_cursor=paging.next_cursor,
        cursor_life=paging.cursor_life,
        total=paging.total,
        returned=paging.returned,
        limit=paging.limit,
    )
