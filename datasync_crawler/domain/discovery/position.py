"""Whether cursors of our own making and filters by time do what they say: held against rows that are known."""

from __future__ import annotations

from dataclasses import dataclass

from datasync_crawler.domain.discovery.listing import Listing

# A range between known rows holds about this many distinct times, so that both ends can be seen in one short answer.
_RANGE_TIMES = 20


@dataclass(frozen=True, slots=True)
class Ends:
    """What the filters by time do; None where a filter was ignored."""

    since_inclusive: bool | None
    until_inclusive: bool | None


def stands(answer: Listing, high: int, known: Listing) -> bool:
    """Whether a page asked for with a cursor made for the time ``high`` begins there and not at the newest row.

    ``known`` is the newest page; both run from new to old.
    """
    if not answer.dated or not known.dated:
        return False
    first_id, first_time = answer.dated[0]
    return first_time <= high and known.dated[0][1] > high and first_id != known.dated[0][0]


def pick_range(known: Listing) -> tuple[int, int] | None:
    """The times (microseconds) of two rows well inside a known page, lower first; None in a page of too few times."""
    times = sorted({time for _, time in known.dated}, reverse=True)
    if len(times) < 4:  # noqa: PLR2004 - two ends, and a neighbour outside of each
        return None
    upper = len(times) // 3
    lower = min(upper + _RANGE_TIMES, len(times) - 2)
    return times[lower], times[upper]


def pick_time(known: Listing) -> int | None:
    """The time (microseconds) of a row in the middle of a known page, older than the newest."""
    middle = known.dated[len(known.dated) // 2 :]
    newest = known.dated[0][1] if known.dated else 0
    return next((time for _, time in middle if time < newest), None)


def read_ends(answer: Listing, low: int, high: int, asked: int) -> Ends:
    """What a page asked for between two times at which there are rows says of both filters.

    A page as full as ``asked`` ended before any lower end could: it says nothing of one.
    """
    times = [time for _, time in answer.dated]
    if not times:
        return Ends(None, None)
    return Ends(
        since_inclusive=(min(times) == low) if min(times) >= low and len(times) < asked else None,
        until_inclusive=(max(times) == high) if max(times) <= high else None,
    )
