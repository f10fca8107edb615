"""Ways that give everything at once: which addresses may, and what the beginning of an answer shows of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from datasync_crawler.domain.addresses import joined
from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question
from datasync_crawler.domain.discovery.granting import may_grant
from datasync_crawler.domain.discovery.harvest import same_origin
from datasync_crawler.domain.discovery.leaves import at, words
from datasync_crawler.domain.discovery.listing import Listing
from datasync_crawler.domain.discovery.probing import plain_probe
from datasync_crawler.domain.discovery.routes import Lead, Route
from datasync_crawler.domain.discovery.rows import coarsest_unit, read_columns
from datasync_crawler.domain.framing import framer_of, is_json, utf8
from datasync_crawler.domain.links import header_links
from datasync_crawler.domain.profile import Endpoint, Evidence, Path, RowShape
from datasync_crawler.domain.records import delimiter_of
from datasync_crawler.domain.streams import PAGE_ROWS
from datasync_crawler.domain.times import read_time

HEAD_BYTES = 1 << 16
"""So much of an answer shows what it is; no more of it is read in discovery."""

_WHOLE = frozenset(
    {"export", "dump", "download", "stream", "all", "full", "archive", "snapshot", "everything", "bulk", "backup"}
)
_FORMS = re.compile(r"ndjson|jsonl|json-lines|json-seq|csv|tab-separated|event-stream|text/plain|octet-stream")
_PAGING = frozenset({"next", "prev", "previous", "first", "last", "self"})
_LIST_NAME = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*\[\s*[{"\d]')
_MOST_TRIES = 2
# The first rows of a stream that runs from new to old are those of the newest page, in this share at least.
_FIRST, _SHARE = 20, 0.8


@dataclass(frozen=True, slots=True)
class Whole:
    """What the beginning of an answer shows: its format, its rows' shape, and whether they run from new to old."""

    form: str
    shape: RowShape
    descending: bool


def may_be_whole(route: Route) -> bool:
    """Whether an address is likely to give everything at once: by its name, or by what its callers accept."""
    roles = route.roles
    if route.method != "GET" or route.open or may_grant(route) or roles.limit or roles.cursor:
        return False
    return bool(words(route.name) & _WHOLE) or bool(_FORMS.search(accepted(route)))


def accepted(route: Route) -> str:
    """What the callers of an address accept; empty where none says."""
    return next((value for name, value in route.headers if name.lower() == "accept"), "")


def linked(answer: Answer) -> Iterator[Route]:
    """Addresses that an answer's ``Link`` header gives as another form of what it lists."""
    for address, told in header_links(answer.headers):
        url, formed = joined(answer.probe.url, address) or "", _FORMS.search(told.get("type", ""))
        if formed and not set(told.get("rel", "").split()) & _PAGING and same_origin(url, answer.probe.url):
            evidence = Evidence("answer", answer.probe.url, f"Link: {address}")
            lead = Lead("GET", url, (), evidence, (("Accept", told["type"]),))
            yield Route("GET", url, (lead,))


def ask_whole(case: Case, main: Answer) -> Iterator[Probe]:
    """A look at the beginning of whatever may give everything at once, the likeliest address first."""
    asked = case.asked(Question.WHOLE)
    if len(asked) >= _MOST_TRIES or any(answer.status == 200 and read_whole(answer, main) for answer in asked):  # noqa: PLR2004
        return
    routes = [*linked(main), *sorted(filter(may_be_whole, case.routes), key=lambda it: -it.weight)]
    tried = {answer.probe.url for answer in asked}
    for route in [route for route in routes if route.url not in tried][:1]:
        probe = plain_probe(route, main.probe.credential, Question.WHOLE)
        yield replace(probe, headers=(("Accept", accepted(route) or "*/*"), ("Accept-Encoding", "identity")))


def whole_answer(case: Case) -> Answer | None:
    """The answer that began to give everything at once."""
    main = case.main
    answers = [answer for answer in case.asked(Question.WHOLE) if main is not None and read_whole(answer, main)]
    return answers[0] if answers else None


def whole_endpoint(answer: Answer, main: Answer) -> Endpoint:
    """The endpoint that gives everything at once; LookupError when the answer does not show one."""
    whole = read_whole(answer, main)
    if whole is None:
        raise LookupError(f"no rows in the answer of {answer.probe.url}")
    return Endpoint(
        name=answer.probe.endpoint,
        url=answer.probe.url,
        shape=whole.shape,
        cap=PAGE_ROWS,
        headers=tuple(pair for pair in answer.probe.headers if pair[0] == "Accept"),
        descending=whole.descending,
        latency=round(answer.seconds, 3),
        format=whole.form,
    )


def read_whole(answer: Answer, main: Answer) -> Whole | None:
    """What the beginning of an answer shows, held against the newest page of the collection that is drained.

    Rows are of the same collection when the first of them stand in that page too, or, where a stream does not begin
    with the newest, when they have the same members for id, time and type.
    """
    if not 200 <= answer.status < 300:  # noqa: PLR2004 - the success range of HTTP
        return None
    text, known = utf8().decode(answer.body), main.shown
    for form, shape in _trials(text, known):
        rows = _rows(form, shape, text)
        if rows and all(isinstance(row, (str, int)) for row in rows):
            return Whole(form, RowShape(shape.rows, ""), descending=True) if _begins(rows, known) else None
        if rows and all(isinstance(row, dict) for row in rows):
            return _structured(form, shape, rows, known)
    return None


def _trials(text: str, known: Listing) -> Iterator[tuple[str, RowShape]]:
    """Formats to try, by how the text begins, with as much of a shape as cutting needs."""
    start, first = text.lstrip()[:6], text.lstrip().partition("\n")[0].strip()
    bare = RowShape((), "")
    if start.startswith("<"):
        return
    if start.startswith(("data:", "event:", "id:", "retry:", ":")):
        yield from (("sse", RowShape((), known.shape.id)), ("sse", bare))
    elif start.startswith("{") and is_json(first.encode()) and _LIST_NAME.search(first) is None:
        yield "ndjson", bare
    elif start.startswith(("{", "[")):
        named = None if start.startswith("[") else _LIST_NAME.search(text)
        yield from (("ndjson", bare), ("array", RowShape((named[1],) if named else (), "")))
    elif first.count(delimiter_of(first)):
        yield "csv", RowShape((), "0" if _is_data(first.split(delimiter_of(first)), known) else "x")
    else:
        yield "lines", bare


def _is_data(cells: Sequence[str], known: Listing) -> bool:
    """Whether the first record of CSV is a row already, and not the names of the columns."""
    return any(read_time(cell) is not None or cell.strip('"') in known.page.ids for cell in cells)


def _rows(form: str, shape: RowShape, text: str) -> list[Any]:
    try:
        return [msgspec.json.decode(row) for row in framer_of(form, shape).feed(text)]
    except (ValueError, RecursionError):
        return []


def _begins(ids: Sequence[Any], known: Listing) -> bool:
    first, newest = [str(each) for each in ids[:_FIRST]], set(known.page.ids)
    return sum(each in newest for each in first) >= _SHARE * len(first)


def _structured(form: str, shape: RowShape, rows: list[dict[str, Any]], known: Listing) -> Whole | None:
    under: Path = known.shape.under if all(isinstance(at(row, known.shape.under), dict) for row in rows) else ()
    inner = [at(row, under) for row in rows] if under else rows
    columns = read_columns(inner)
    if columns is None:
        return None
    row_id = known.shape.id if all(known.shape.id in row for row in inner) else columns.id
    begins = _begins([row.get(row_id) for row in inner], known)
    parts: dict[str, Any] = {"id": row_id, "time": columns.time, "type": columns.type}
    parts |= {"time_under": columns.time_under, "type_under": columns.type_under}
    alike = all(getattr(known.shape, name) == value for name, value in parts.items())
    against = known.descending is False
    if not begins and (columns.descending is not against or not alike):
        return None
    unit = coarsest_unit(inner, columns)
    found = msgspec.structs.replace(RowShape(shape.rows, row_id, under=under, time_unit=unit), **parts)
    return Whole(form, found, descending=columns.descending if columns.descending is not None else not against)
