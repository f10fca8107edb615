"""Whether pages can be asked for by number: of their first row, or of their own; held against rows that are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question
from datasync_crawler.domain.discovery.leaves import leaves
from datasync_crawler.domain.discovery.listing import Listing
from datasync_crawler.domain.discovery.parameters import Roles, read_roles
from datasync_crawler.domain.discovery.probing import limit_name, plain_probe, route_of, with_query
from datasync_crawler.domain.texts import whole

# So many of the known rows are asked for once more.
_OVERLAP = 3
# The page asked for by its number: the second or the third of pages that are a third as long as the known one.
_PAGE, _PARTS = 2, 3
# New rows that may have come between two answers.
_LATE = 2
# So many may be new where rows come quickly: no more than this part of the rows that were passed by.
_SWELL = 10
_USUAL = Roles(offset="offset", page="page")
_MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Numbered:
    """The parameter for the number of the first row, or for the page's; ``first_page`` is the number of the first."""

    offset: str | None = None
    page: str | None = None
    first_page: int = 1


def ask_number(case: Case, main: Answer) -> Iterator[Probe]:
    """A page that overlaps the known one, by the next parameter that may number rows or pages.

    Rows are known to be there: a page that has none may be a slip, and is asked for once more.
    """
    heard, rows = case.heard(Question.NUMBER, main.probe.endpoint), len(_known(main))
    slips = [answer for answer in heard if answer.ok and not (answer.listing and answer.listing.page.ids)]
    asked = [answer for answer in heard if answer not in slips[:1]]
    if len(asked) >= _MOST_TRIES or any(read_number(answer, main) for answer in asked) or rows < _OVERLAP * _PARTS:
        return
    route, tried = route_of(case, main), {answer.probe.number for answer in asked}
    for name, by_page in _candidates(case, main):
        if name not in tried:
            size = rows // _PARTS if by_page else rows
            number = _PAGE if by_page else rows - _OVERLAP
            url = with_query(route.url, [(limit_name(route), str(size)), (name, str(number))])
            probe = plain_probe(route, main.probe.credential, Question.NUMBER)
            yield replace(probe, url=url, asked=size, number=name, unit=number)
            return


def read_number(answer: Answer, main: Answer) -> Numbered | None:
    """What a page asked for by number shows: where it begins among the known rows."""
    if answer.listing is None or answer.probe.number is None or not answer.listing.page.ids:
        return None
    known, name = _known(main), answer.probe.number
    first, size = answer.listing.page.ids[0], answer.probe.asked or 0
    at = known.index(first) if first in known else 0
    if answer.probe.unit != _PAGE:
        return Numbered(offset=name) if at and _pushed(answer.probe.unit, at) else None
    for first_page in (0, 1):
        if at and _pushed((_PAGE - first_page) * size, at):
            return Numbered(page=name, first_page=first_page)
    return None


def _pushed(number: int, at: int) -> bool:
    """Whether what stood at a number may be the row of that number by now, as new ones came above it."""
    return 0 <= number - at <= max(_LATE, number // _SWELL)


def _known(main: Answer) -> list[str]:
    """The known rows, each once: what a page repeats has no number of its own."""
    return list(dict.fromkeys(main.shown.page.ids))


def _candidates(case: Case, main: Answer) -> Iterator[tuple[str, bool]]:
    """Parameters and whether they number pages: led on by, named in code, documents or the answer, usual ones."""
    yield from counted_on(main.shown)
    roles = route_of(case, main).roles.or_else(_answered(main.document))
    if not main.shown.shape.chained:
        roles = roles.or_else(_USUAL) if not (roles.offset or roles.page) else roles
    yield from ((name, by_page) for name, by_page in ((roles.offset, False), (roles.page, True)) if name)


def counted_on(shown: Listing) -> Iterator[tuple[str, bool]]:
    """Parameters that number the second page in its address: by the rows before it, or (True) by its own number."""
    rows = {len(shown.page.ids), len(set(shown.page.ids))}
    for name, value in shown.onward:
        number = whole(value) or 0
        if number in {1, _PAGE} | rows:
            yield name, number <= _PAGE


def _answered(document: Any) -> Roles:
    numbers = [leaf.path[-1] for leaf in leaves(document) if leaf.path and type(leaf.value) is int]
    return read_roles(numbers)
