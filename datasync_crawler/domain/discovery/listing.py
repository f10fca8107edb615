"""Reading an answer as a page of records without knowing its shape beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datasync_crawler.domain.discovery.headertotal import header_total
from datasync_crawler.domain.discovery.leaves import at
from datasync_crawler.domain.discovery.paging import PageEdge, Paging, read_paging
from datasync_crawler.domain.discovery.rows import Columns, coarsest_unit, find_rows, read_columns
from datasync_crawler.domain.errors import PageError
from datasync_crawler.domain.links import Parameters, followed, next_address
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import CursorShape, Path, RowShape
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.domain.texts import whole
from datasync_crawler.domain.times import read_time

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of records, how it is shaped, and what it tells of its kind.

    ``numeric`` says that times are served as numbers; ``told_limit`` is the page size that the answer names,
    ``onward`` the parameters by which the address of the next page says where that begins, ``mentioned`` the names of
    all that were not sent, ``header_total`` a header that tells the size of the collection, with its count.
    """

    shape: RowShape
    page: Page
    descending: bool | None
    cursor: CursorShape | None
    told_limit: int | None
    numeric: bool
    onward: Parameters = ()
    mentioned: tuple[str, ...] = ()
    header_total: tuple[str, int] | None = None

    @property
    def total(self) -> int | None:
        """How many records the collection holds: by the body, else by a header."""
        if self.page.total is not None:
            return self.page.total
        return self.header_total[1] if self.header_total else None

    @property
    def dated(self) -> tuple[tuple[str, int], ...]:
        """Ids and times (microseconds) of the rows that have a time, in the order served."""
        pairs = zip(self.page.ids, self.page.times, strict=True)
        return tuple((row_id, time) for row_id, time in pairs if time is not None)

    @property
    def density(self) -> float:
        """Rows a microsecond; 0 where all are of one time."""
        times = [time for _, time in self.dated]
        span = max(times, default=0) - min(times, default=0)
        return len(times) / span if span else 0.0


def read_listing(
    document: Any, body: bytes, wall: float, *, url: str = "", headers: Mapping[str, str] = _NONE
) -> Listing | None:
    """The page in an answer that came at the wall time ``wall`` (seconds); None when it holds no records.

    ``url`` is the address that was asked, ``headers`` are those of the answer; a secret in either is written as its
    word.
    """
    found = find_rows(document)
    columns = read_columns(found.rows) if found else None
    if found is None or columns is None:
        return None
    path, under, rows = found
    last = rows[-1]
    moment = read_time(columns.time_of(last))
    edge = PageEdge(len(rows), str(last.get(columns.id)), moment, wall, url, next_address(headers))
    paging = read_paging(document, edge)
    total = header_total(headers, len(rows))
    shape = _shape(path, under, columns, paging, coarsest_unit(rows, columns), total[0] if total else None)
    try:
        page = followed(PageReader(shape).read(body), shape, url, headers)
    except (PageError, ValueError):  # a page that contradicts itself, or names that no reader can be made for
        return None
    numeric = isinstance(columns.time_of(last), (int, float))
    told = whole(at(document, shape.limit)) if shape.limit else None
    onward, mentioned = paging.onward, paging.mentioned
    return Listing(shape, page, columns.descending, paging.anatomy, told, numeric, onward, mentioned, total)


def _shape(path: Path, under: Path, columns: Columns, paging: Paging, unit: int, header: str | None) -> RowShape:
    rows = RowShape(
        rows=path,
        under=under,
        id=columns.id,
        time=columns.time,
        type=columns.type,
        time_under=columns.time_under,
        type_under=columns.type_under,
        time_unit=unit,
        total_header=None if paging.total else header,
    )
    return paging.told_in(rows)
