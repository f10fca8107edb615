"""Planning: where the set is cut so that every lane has work, from what is known of its density so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from datasync_crawler.domain.shard import Shard

# By how much of a page the upper part of a cut shard falls short of whole pages, as density is only nearly even.
_SHORT = 0.15
# What a last page is asked for beyond the rows that should be left: a share of them, for a density that changes, so
# many of their standard deviations, for rows that come at random, and a share of a page. It pays below most of a page.
_DRIFT, _DEVIATIONS, _SPARE = 0.1, 4.0, 0.04
_MOST = 0.8


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of the whole: rows in all (None when nothing tells), the newest time seen, rows a page, time unit.

    ``density`` is in rows a microsecond over all that was walked, before that as the profile has it, 0 where nothing
    tells; ``exact`` where rows are numbered and it is one. ``counting`` says that pages wait for the ledger, or
    that all rows are in: an end that was told may be proven without a call. ``surplus`` says that more are stored than
    were told of: no count proves it.
    """

    total: int | None
    newest: int | None
    page_rows: int
    unit: int
    density: float
    walked: int
    exact: bool = False
    counting: bool = False
    surplus: bool = False

    @classmethod
    def over(
        cls,
        shards: Sequence[Shard],
        *,
        total: int | None,
        newest: int | None,
        page_rows: int,
        unit: int,
        numbered: bool = False,
        counting: bool = False,
        surplus: bool = False,
        known: float = 0.0,
    ) -> Outlook:
        """The outlook from how far the shards have come; of ``numbered`` rows the density is known.

        ``known`` is the density that is believed in until rows tell of it.
        """
        rows = sum(shard.rows + shard.met for shard in shards)
        span = sum(_walked(shard, newest) for shard in shards)
        density = 1.0 if numbered else rows / span if rows and span else known
        return cls(total, newest, page_rows, unit, density, rows, numbered, counting, surplus)


def remaining_rows(shards: Sequence[Shard], outlook: Outlook) -> dict[int, float]:
    """How many rows each shard may still hold: by density where it has a lower bound; an open range holds the rest."""
    bounded = {shard.id: _bounded_rows(shard, outlook) for shard in shards if shard.low is not None or shard.done}
    told = outlook.walked * 2 if outlook.total is None else outlook.total
    rest = max(told - outlook.walked - sum(bounded.values()), outlook.page_rows)
    return {shard.id: bounded.get(shard.id, rest) for shard in shards}


def split_point(shard: Shard, rows: float, outlook: Outlook, *, flying: bool) -> int | None:
    """Where to cut a shard with ``rows`` left in two, on the unit of time; None when that would not pay.

    ``flying`` says that a page of it is under way: its rows are not the cut's to share. The upper part is a little
    less than a whole number of pages: a call for the few rows of one more page would be wasted.
    """
    top, density = _top(shard, outlook), _density(shard, outlook)
    underway = outlook.page_rows if flying else 0
    if top is None or not density or rows - underway < 2 * outlook.page_rows:
        return None
    pages = max(1, round((rows - underway) / outlook.page_rows / 2)) - (0.0 if outlook.exact else _SHORT)
    at = int(top - (underway + pages * outlook.page_rows) / density) // outlook.unit * outlook.unit
    # Where a service leads into a shard from above, its position may still lie beyond its upper bound.
    inside = (shard.low is None or shard.low < at) and (shard.high is None or at < shard.high)
    return at if at < top and inside else None


def rows_to_the_end(shard: Shard, outlook: Outlook, page_rows: int) -> int:
    """How many rows to ask for so that the next page ends the shard: ``page_rows`` where that takes most of a page.

    Rows behind the shard's lower bound are stored already, and would only take the time that the service needs for
    them. The shard's own rows tell how dense it is; of one that has none yet nothing is known.
    """
    if outlook.exact or shard.low is None or not shard.rows:
        return page_rows
    # Rows that a shard begun from above still has above its bound lie beyond its end for now.
    left = max(0.0, _bounded_rows(shard, outlook))
    wanted = ceil(left * (1 + _DRIFT) + _DEVIATIONS * sqrt(left) + _SPARE * page_rows)
    return wanted if wanted < _MOST * page_rows else page_rows


def _top(shard: Shard, outlook: Outlook) -> int | None:
    return outlook.newest if shard.top is None else shard.top


def _bounded_rows(shard: Shard, outlook: Outlook) -> float:
    top = _top(shard, outlook)
    if shard.done or shard.low is None or top is None:
        return 0.0
    return (top - shard.low) * _density(shard, outlook)


def _walked(shard: Shard, newest: int | None) -> int:
    above = shard.high if shard.high is not None else newest
    below = shard.low if shard.done and shard.low is not None else shard.checkpoint.position
    return max(0, above - below) if above is not None and below is not None else 0


def _density(shard: Shard, outlook: Outlook) -> float:
    span = 0 if shard.done or outlook.exact else _walked(shard, outlook.newest)
    return (shard.rows + shard.met) / span if span and shard.rows else outlook.density
