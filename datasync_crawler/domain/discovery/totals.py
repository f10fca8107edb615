"""What a service tells of how much it holds: page totals, headers, figures by name, sums of distributions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasync_crawler.domain.discovery.case import Case, total_of
from datasync_crawler.domain.discovery.exchange import Answer, Question
from datasync_crawler.domain.discovery.leaves import leaves, lists, words
from datasync_crawler.domain.discovery.listing import Listing
from datasync_crawler.domain.texts import whole

# A sum of a distribution is taken for a count of the records when it is this close to a total told otherwise.
_CLOSE = 0.02


def totals(case: Case) -> tuple[tuple[str, int], ...]:
    """Counts of the drained collection by the name of what told them, best first."""
    main = case.main
    if main is None or main.listing is None:
        return ()
    own = [(main.probe.endpoint, main.listing.page.total)] if main.listing.page.total is not None else []
    headed = [(f"{main.probe.endpoint} header {name}", count) for name, count in _headed(main.listing)]
    told = [
        pair
        for answer in figure_answers(case)
        for pair in _figures(answer, main.probe.endpoint, total_of(main.listing))
    ]
    return (*own, *headed, *told)


def told_later(case: Case) -> bool:
    """Whether only figures asked for after the first page had come tell of the whole: they may count rows above it."""
    main = case.main
    if main is None or main.listing is None or main.listing.page.total is not None or _headed(main.listing):
        return False
    return any(figure.at - figure.seconds > main.at for figure in figure_answers(case))


def _headed(listing: Listing) -> tuple[tuple[str, int], ...]:
    return (listing.header_total,) if listing.header_total else ()


def figure_answers(case: Case) -> tuple[Answer, ...]:
    """Readable answers of addresses that tell figures, with a key or without."""
    knocks = [knock for knock in case.knocks if knock.probe.question is Question.FIGURES and knock.ok]
    return (*knocks, *(answer for answer in case.asked(Question.FIGURES) if answer.ok))


def _figures(answer: Answer, endpoint: str, known: int) -> list[tuple[str, int]]:
    place, wanted = answer.probe.endpoint, words(endpoint)
    counts = [
        (f"{place} {'.'.join(leaf.path)}", number)
        for leaf in leaves(answer.document)
        if (number := whole(leaf.value)) is not None and leaf.words & wanted
    ]
    sums = [(f"{place} sum of {'.'.join(path)}", _sum(rows)) for path, rows in lists(answer.document)]
    return counts + [(name, value) for name, value in sums if value and abs(value - known) <= known * _CLOSE]


def _sum(rows: list[Any]) -> int:
    """The sum of the one whole number that every object of the list has."""
    numbers = [[v for v in row.values() if type(v) is int] for row in rows if isinstance(row, Mapping)]
    return sum(row[0] for row in numbers) if numbers and all(len(row) == 1 for row in numbers) else 0
