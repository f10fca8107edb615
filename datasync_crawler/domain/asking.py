"""Asks: which page a lane wants next, and how that is said in a URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from datasync_crawler.domain.axis import behind, mirrored
from datasync_crawler.domain.cursor import forge, lowest_id
from datasync_crawler.domain.profile import Credential, Endpoint
from datasync_crawler.domain.shard import Checkpoint, Shard
from datasync_crawler.domain.times import write_bound

# How long a cursor of our own making is declared to live, in seconds: a wall clock that is hours behind must not make
# one that is dead already.
_DECLARED_LIFE = 86_400.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One page wanted: from which shard, through which lane, from where on, how many rows, the how-manieth try.

    ``top`` is the place (microseconds) that no row of the answer may be above; None when nothing bounds it.
    ``chained`` says that it is asked for with the server's own cursor.
    """

    shard: int
    generation: int
    lane: str
    url: str
    limit: int
    top: int | None
    attempt: int = 0
    start: int | None = None
    chained: bool = False


def page_url(
    endpoint: Endpoint,
    credential: Credential,
    shard: Shard,
    limit: int,
    now: float,
    sample_id: str,
    start: int | None = None,
) -> str:
    """The address of the next page of a shard, with ``{key}`` where the key belongs.

    A cursor is made where that is possible, else the server's own is taken while it lives at the wall time ``now``
    (:func:`chained`), else the time filter is used, else the chain starts again.
    ``sample_id`` is any id of the set: its form is borrowed. With ``start`` the page is asked for by the number of its
    first row.
    """
    params: list[tuple[str, str]] = [*endpoint.fixed_params]
    if endpoint.limit_param:
        params.append((endpoint.limit_param, str(limit)))
    params += _position(endpoint, shard, now, sample_id) if start is None else _number(endpoint, start)
    query = [urlencode(params, quote_via=quote)] if params else []
    if credential.place == "query":
        query.append(quote(credential.name) + "={key}")
    separator = "&" if "?" in endpoint.url else "?"
    return endpoint.url + (separator + "&".join(query) if query else "")


def whole_url(endpoint: Endpoint, credential: Credential) -> str:
    """The address of everything at once, with ``{key}`` where the key belongs."""
    query = [urlencode(endpoint.fixed_params, quote_via=quote)] if endpoint.fixed_params else []
    if credential.place == "query":
        query.append(quote(credential.name) + "=" + quote(credential.prefix) + "{key}")
    return endpoint.url + ("?" + "&".join(query) if query else "")


def enterable(endpoint: Endpoint, shard: Shard, *, numbered: bool = False) -> bool:
    """Whether the shard can be walked on from where it stands through this endpoint, by row numbers or by time.

    An endpoint that cannot start at a given time walks from its first row, or goes on with a cursor of its own.
    """
    if numbered:
        return endpoint.numbered
    return endpoint.positionable or shard.high is None or shard.checkpoint.cursor is not None


def chained(endpoint: Endpoint, shard: Shard, now: float) -> bool:
    """Whether the next page of the shard is asked for with the server's own cursor at the wall time ``now``."""
    makes = endpoint.cursor is not None and _placed(shard) and not _between_units(endpoint, shard.checkpoint)
    return endpoint.cursor_param is not None and not makes and _lives(shard.checkpoint, now)


def resizable(endpoint: Endpoint, shard: Shard, now: float) -> bool:
    """Whether the shard's next page may have another number of rows, and the one behind it still begins where it ends.

    A server's own cursor may count pages of one size: so it may be where it is a number, or is not known yet.
    """
    if endpoint.cursor is not None or endpoint.cursor_param is None:
        return True
    if not chained(endpoint, shard, now):
        return False
    onward = _onward(endpoint.cursor_param, endpoint.shape.next_link, shard.checkpoint.cursor or "")
    return not any(value.isdecimal() for _, value in onward)


def start_of(shard: Shard) -> int:
    """The number of the first row that a shard of numbered rows has left."""
    top = shard.top
    return 0 if top is None else -top


def rows_wanted(endpoint: Endpoint, shard: Shard, rows: int) -> int:
    """How many rows to ask for of a shard of numbered rows: no more than it has left, where pages may be cut short."""
    if endpoint.page_param is not None:
        return endpoint.cap
    return rows if shard.low is None else min(rows, -shard.low - start_of(shard))


def ceiling(endpoint: Endpoint, shard: Shard, now: float) -> int | None:
    """The place (microseconds) that no row of the shard's next page may be above; None when nothing bounds it.

    ``now`` is the wall time in seconds: a chain whose cursor is dead begins again at the first row.
    """
    if not (endpoint.positionable or chained(endpoint, shard, now)):
        return None
    # The last row may have been printed more coarsely than the next one, and what a filter includes be a guess.
    makes, unit = endpoint.cursor is not None, endpoint.shape.time_unit
    slack = unit if makes else max(unit, endpoint.filter_unit) * (1 if endpoint.descending else 2)

    if shard.checkpoint.position is not None:
        return shard.checkpoint.position + slack - 1
    return None if shard.high is None else shard.high - 1 + (0 if makes else slack)


def _position(endpoint: Endpoint, shard: Shard, now: float, sample_id: str) -> list[tuple[str, str]]:
    if endpoint.cursor_param and chained(endpoint, shard, now):
        return _onward(endpoint.cursor_param, endpoint.shape.next_link, shard.checkpoint.cursor or "")
    if _placed(shard) and endpoint.cursor_param and endpoint.cursor is not None:
        return [(endpoint.cursor_param, _made(endpoint, shard, now, sample_id))]
    if _placed(shard) and endpoint.entry is not None:
        name, inclusive = endpoint.entry
        return [(name, _entry(endpoint, shard, inclusive=inclusive))]
    return []


def _onward(name: str, linked: Sequence[str], cursor: str) -> list[tuple[str, str]]:
    """The server's own cursor as parameters: a query, where several parameters of its links say where to go on."""
    return parse_qsl(cursor) if len(linked) > 1 else [(name, cursor)]


def _placed(shard: Shard) -> bool:
    return shard.checkpoint.position is not None or shard.high is not None


def _number(endpoint: Endpoint, start: int) -> list[tuple[str, str]]:
    if endpoint.offset_param is not None:
        return [(endpoint.offset_param, str(start))]
    return [(endpoint.page_param or "", str(start // endpoint.cap + endpoint.first_page))]


def _made(endpoint: Endpoint, shard: Shard, now: float, sample_id: str) -> str:
    assert endpoint.cursor is not None
    mark, dies = shard.checkpoint, now + _DECLARED_LIFE
    if mark.position is None or mark.last_id is None:
        return forge(endpoint.cursor, _edge(endpoint, shard.high or 0), lowest_id(sample_id), dies)
    if _between_units(endpoint, mark):
        # Rows of the position's unit are met again, and none is lost.
        above = behind(mark.position, endpoint.shape.time_unit)
        return forge(endpoint.cursor, _edge(endpoint, above), lowest_id(sample_id), dies)
    time = mark.position if endpoint.descending else mirrored(mark.position)
    return forge(endpoint.cursor, time, mark.last_id, dies)


def _between_units(endpoint: Endpoint, mark: Checkpoint) -> bool:
    """Whether the position may be coarser than the server sorts by: its own cursor knows better than a made one."""
    if mark.position is None or endpoint.cursor is None:
        return False
    time, unit = mark.position if endpoint.descending else mirrored(mark.position), endpoint.shape.time_unit
    return endpoint.cursor.time_unit < unit and time % unit == 0


def _edge(endpoint: Endpoint, bound: int) -> int:
    """The time of a bound: with the lowest id there, a cursor stands before the first row below the bound."""
    return bound if endpoint.descending else -bound


def _lives(mark: Checkpoint, now: float) -> bool:
    return mark.cursor is not None and (mark.cursor_expires is None or mark.cursor_expires > now)


def _entry(endpoint: Endpoint, shard: Shard, *, inclusive: bool) -> str:
    """The filter that lets rows of the position's unit through once more: ties are met again, never lost."""
    unit, position = endpoint.filter_unit, shard.checkpoint.position
    # A bound may lie within a unit of the filter, and what is below it there must be let through as well.
    place = (shard.high or 0) - 1 if position is None else position
    above = behind(place, max(unit, endpoint.shape.time_unit))
    # Upwards the row at the bound is wanted, and a filter that includes it may sort more finely than it prints.
    step = unit if inclusive or not endpoint.descending else 0
    return write_bound(_edge(endpoint, above) - step, unit, iso=endpoint.filter_iso)
