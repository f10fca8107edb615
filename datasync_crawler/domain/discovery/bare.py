"""Lists that give ids and nothing else: which addresses may, and whether their cursors tell where a page ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from datasync_crawler.domain.cursor import told_time
from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question
from datasync_crawler.domain.discovery.leaves import at, lists, words
from datasync_crawler.domain.discovery.paging import PageEdge, Paging, read_paging
from datasync_crawler.domain.discovery.parameters import Roles
from datasync_crawler.domain.discovery.position import made_time
from datasync_crawler.domain.discovery.probing import (
    LARGE,
    USUAL,
    made_cursor,
    plain_probe,
    position_name,
    route_of,
    with_query,
)
from datasync_crawler.domain.discovery.questions import refuse_made
from datasync_crawler.domain.discovery.routes import Route
from datasync_crawler.domain.discovery.wholes import may_be_whole
from datasync_crawler.domain.links import next_address
from datasync_crawler.domain.profile import Endpoint, Path, RowShape
from datasync_crawler.domain.texts import whole

_IDS = frozenset({"ids", "uuids", "guids", "identifiers"})
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class BareList:
    """Ids alone, as an answer gives them: where they stand, and what is said of the rest.

    ``cursor`` is the server's for what follows, ``limit`` the page size that the answer names.
    """

    path: Path
    ids: tuple[str, ...]
    paging: Paging
    cursor: str | None
    limit: int | None


def may_be_bare(route: Route) -> bool:
    """Whether an address is likely to list ids alone, page by page."""
    named = route.method == "GET" and not route.open and bool(words(route.name) & _IDS)
    return named and not may_be_whole(route)


def ask_bare(case: Case, main: Answer) -> Iterator[Probe]:
    """A full page of ids alone, from where the newest page ends if a cursor for that can be made."""
    route = next(filter(may_be_bare, case.routes), None)
    if route is None or case.heard(Question.IDS):
        return
    newest = main.shown
    end = made_time(newest)
    roles = _roles(case, main, route)
    made = [] if any(refuse_made(case)) else made_cursor(route, newest, end, main.at)
    made = [(roles.cursor or "", value) for _, value in made]
    url = with_query(route.url, [(roles.limit or "", str(LARGE)), *made])
    probe = plain_probe(route, main.probe.credential, Question.IDS)
    yield replace(probe, url=url, asked=LARGE, high=end if made else None)


def bare_answer(case: Case) -> Answer | None:
    """The answer that listed ids of the collection that is drained."""
    main = case.main
    answers = [answer for answer in case.asked(Question.IDS) if main is not None and _same(answer, main)]
    return answers[0] if answers else None


def bare_endpoint(case: Case, main: Answer, answer: Answer) -> Endpoint:
    """The endpoint that lists ids alone; LookupError when the answer does not show one.

    It can be entered anywhere when cursors of our own making stand there, and its own tell the last row's time.
    """
    found = read_bare(answer)
    if found is None:
        raise LookupError(f"no ids in the answer of {answer.probe.url}")
    roles, made = _roles(case, main, route_of(case, answer)), main.shown.cursor
    shape = _shape(found, main.shown.shape.time_unit)
    stands = answer.probe.high is not None and found.ids[0] != main.shown.page.ids[0]
    tells = made is not None and found.cursor is not None and told_time(made, found.cursor, found.ids[-1]) is not None
    return Endpoint(
        name=answer.probe.endpoint,
        url=answer.probe.url.split("?")[0],
        shape=shape,
        cap=max(len(found.ids), found.limit if found.limit is not None and found.limit <= LARGE else 0),
        limit_param=roles.limit,
        cursor_param=position_name(shape, roles),
        descending=main.shown.descending is not False,
        cursor=made if stands and tells else None,
        latency=round(answer.seconds, 3),
    )


def read_bare(answer: Answer) -> BareList | None:
    """The longest list of ids in an answer; None where there is none."""
    found = [(path, ids) for path, ids in lists(answer.document) if len(ids) >= _FEWEST and _are_ids(ids)]
    if not answer.ok or not found:
        return None
    path, ids = max(found, key=lambda pair: len(pair[1]))
    edge = PageEdge(len(ids), str(ids[-1]), None, answer.at, answer.probe.url, next_address(answer.headers))
    paging = read_paging(answer.document, edge)
    limit = whole(at(answer.document, paging.limit)) if paging.limit else None
    return BareList(path, tuple(map(str, ids)), paging, _cursor(answer, paging), limit)


def _cursor(answer: Answer, paging: Paging) -> str | None:
    if paging.onward:
        return paging.onward[0][1] if len(paging.onward) == 1 else None
    cursor = at(answer.document, paging.next_cursor) if paging.next_cursor else None
    return cursor if isinstance(cursor, str) else None


def _shape(found: BareList, unit: int) -> RowShape:
    return found.paging.told_in(RowShape(found.path, "", time_unit=unit))


def _are_ids(values: list[object]) -> bool:
    return all(type(value) in {str, int} for value in values) and len(set(map(str, values))) == len(values)


def _same(answer: Answer, main: Answer) -> bool:
    found = read_bare(answer)
    if found is None:
        return False
    known = main.shown.page.ids
    return known[-1] in found.ids or list(found.ids[: len(known)]) == known[: len(found.ids)]


def _roles(case: Case, main: Answer, route: Route) -> Roles:
    return route.roles.or_else(route_of(case, main).roles).or_else(USUAL)
