"""Whether cursors of our own making and filters by time do what they say: held against rows that are known."""

from __future__ import annotations

from dataclasses import dataclass

from datasync_crawler.domain.axis import behind
from datasync_crawler.domain.discovery.listing import Listing

# A range between known rows holds about this many distinct times, so that both ends can be seen in one short answer.
_RANGE_TIMES = 20


@dataclass(frozen=True, slots=True)
class Ends:
    """What the filters by time do; None where a filter was ignored."""

    since_inclusive: bool | None
    until_inclusive: bool | None


def stands(answer: Listing, high: int, known: Listing) -> bool:
    """Whether a page asked for with a cursor made for the time ``high`` begins there and not at its list's first row.

    ``known`` is the first page of a list, which may run the other way.
    """
    if not answer.dated or not known.dated:
        return False
    first_id, first_time = answer.dated[0]
    times, up = [time for _, time in known.dated], answer.descending is False
    if up is not (known.descending is False):
        return high <= first_time <= max(times) if up else min(times) <= first_time <= high
    passed = min(times) < high <= first_time if up else first_time <= high < max(times)
    return passed and first_id != known.dated[0][0]


def made_time(known: Listing) -> int | None:
    """The time at which a made cursor stands so that a page from there overlaps the known one by its last times.

    It lies on the cursor's own unit: cut to that, it would leave out rows of the known page's last time.
    """
    times, unit, step = [time for _, time in known.dated], known.shape.time_unit, _cursor_unit(known)
    if not times:
        return None
    if known.descending is False:
        return times[-1] // unit * unit // step * step
    return behind(times[-1] + unit - 1, step)


def _cursor_unit(known: Listing) -> int:
    return 1 if known.cursor is None else known.cursor.time_unit


def pick_range(known: Listing) -> tuple[int, int] | None:
    """The times (microseconds) of two rows well inside a known page, lower first; None in a page of too few times."""
    times = sorted({time for _, time in known.dated}, reverse=True)
    if len(times) < 4:  # noqa: PLR2004 - two ends, and a neighbour outside of each
        return None
    upper = len(times) // 3
    lower = min(upper + _RANGE_TIMES, len(times) - 2)
    return times[lower], times[upper]


def pick_time(known: Listing) -> int | None:
    """The time (microseconds) of a row in the middle of a known page, and not of its first row."""
    middle = known.dated[len(known.dated) // 2 :]
    first = known.dated[0][1] if known.dated else 0
    if known.descending is False:
        return next((time for _, time in middle if time > first), None)
    return next((time for _, time in middle if time < first), None)


def read_ends(answer: Listing, low: int, high: int, asked: int) -> Ends:
    """What a page asked for between two times at which there are rows says of both filters.

    A page as full as ``asked`` ended before its list's far end could: it says nothing of that one.
    """
    times, up = [time for _, time in answer.dated], answer.descending is False
    if not times:
        return Ends(None, None)
    whole = len(times) < asked
    return Ends(
        since_inclusive=(min(times) == low) if min(times) >= low and (whole or up) else None,
        until_inclusive=(max(times) == high) if max(times) <= high and (whole or not up) else None,
    )
