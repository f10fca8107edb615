"""Ways: what each lane will yield, which lanes can work on one set together, and when a stream is best left alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from datasync_crawler.domain.profile import Endpoint, Lane, Profile


class Kind(IntEnum):
    """How a way goes through the set; the lower, the sooner it is preferred where nothing else tells."""

    EVERYTHING = 0
    BY_NUMBER = 1
    BY_TIME = 2
    CHAIN = 3


_SAID = {
    Kind.EVERYTHING: "everything at once",
    Kind.BY_NUMBER: "starts at any row",
    Kind.BY_TIME: "starts at any time",
    Kind.CHAIN: "one chain from the {} row",
}
# Calls that an unlimited lane is believed to keep in flight.
_IN_FLIGHT = 8
_SHORTEST = 0.01
# Help that saves less than this is not worth its calls: a share of the time left, and seconds.
_LEAST_SHARE, _LEAST_SECONDS = 0.1, 5.0
# So many times more rows must be had by numbers than by times.
_SHIFTING = 1.5
# Seconds that a stream may take until its first rows before the other ways begin.
_GRACE = 15.0


@dataclass(frozen=True, slots=True)
class Way:
    """A lane and what it will yield: ``rate`` in rows a second within its budget, None where only use can tell."""

    lane: str
    kind: Kind
    rate: float | None
    joins: bool
    why: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How a stream does: seconds since it was asked for and since its first rows, and the rows since then.

    ``ordered`` says that it runs from the newest row to the oldest, so that others can begin at the other end.
    """

    seconds: float
    flowing: float
    rows: int
    ordered: bool

    @property
    def rate(self) -> float:
        """Rows a second, 0 before the first ones."""
        return self.rows / max(self.flowing, _SHORTEST) if self.rows else 0.0


def rank(profile: Profile, *, whole: bool = False) -> tuple[Way, ...]:
    """All ways of a profile, the best first, each with the reason why it is taken or left.

    With ``whole`` ways that do not give whole events as JSON are left.
    """
    lanes, up = _pairs(profile), upwards(profile)
    fit = [(lane, endpoint) for lane, endpoint in lanes if not whole or _gives_events(endpoint)]
    joining = _joining([pair for pair in fit if pair[1].streamed or pair[1].descending is not up], profile)
    ways = [_way(profile, lane, endpoint, joins=lane in joining, up=up) for lane, endpoint in lanes]
    return tuple(sorted(ways, key=lambda way: (not way.joins, way.kind is not Kind.EVERYTHING, -(way.rate or 0.0))))


def upwards(profile: Profile) -> bool:
    """Whether the set is walked from its oldest row on (:mod:`~datasync_crawler.domain.axis`)."""
    return _cut(profile)[0]


def numbered(profile: Profile) -> bool:
    """Whether the set is cut by row numbers and not by time."""
    return _cut(profile)[1]


def _cut(profile: Profile) -> tuple[bool, bool]:
    """Upwards or not, and by row numbers or not: what brings most rows a second within the pools.

    Lists of either direction meet in no shard, nor do times and numbers, so all lanes that page share both. Numbers
    shift when rows come, so times are preferred to them; where nothing can be entered, the fastest chains decide.
    What needs no second page decides before all else.
    """
    alone = _in_one_page(profile, _pairs(profile))
    if alone is not None:
        return not alone.descending, False
    cuts = [(up, by_number) for by_number in (False, True) for up in (False, True)]
    worth = {cut: _worth(profile, *cut) / (_SHIFTING if cut[1] else 1.0) for cut in cuts}
    if any(worth.values()):
        return max(cuts, key=worth.__getitem__)
    return _yield(profile, _along(profile, up=True)) > _yield(profile, _along(profile, up=False)), False


def _worth(profile: Profile, up: bool, by_number: bool) -> float:
    """Rows a second of all lanes that can work on a set that is cut so; 0 where none of them can enter it anywhere."""
    pairs = _along(profile, up=up)
    enters = any(it.numbered if by_number else it.positionable for _, it in pairs)
    return _yield(profile, [pair for pair in pairs if _walks(pair[1], numbered=by_number)]) if enters else 0.0


def _in_one_page(profile: Profile, pairs: Iterable[tuple[Lane, Endpoint]]) -> Endpoint | None:
    """The endpoint whose pages hold as many rows as there are, as far as that is told."""
    told = max((count for _, count in profile.totals), default=None)
    fitting = [(lane, it) for lane, it in pairs if told is not None and it.cap >= told and not it.streamed]
    return max(fitting, key=lambda pair: _rate(profile, *pair))[1] if fitting else None


def _along(profile: Profile, *, up: bool) -> list[tuple[Lane, Endpoint]]:
    return [(lane, it) for lane, it in _pairs(profile) if not it.streamed and it.descending is not up]


def _yield(profile: Profile, pairs: Iterable[tuple[Lane, Endpoint]]) -> float:
    """Rows a second of lanes; those on one pool count once, as its best does."""
    return _of_pools((lane.pool, _rate(profile, lane, endpoint)) for lane, endpoint in pairs)


def _of_pools(rates: Iterable[tuple[str, float]]) -> float:
    best: dict[str, float] = {}
    for pool, rate in rates:
        best[pool] = max(best.get(pool, 0.0), rate)
    return sum(best.values())


def _pairs(profile: Profile) -> list[tuple[Lane, Endpoint]]:
    return [(lane, profile.endpoint(lane.endpoint)) for lane in profile.lanes]


def joining(profile: Profile, *, whole: bool = False) -> list[Endpoint]:
    """The endpoints of all ways that are taken."""
    return [endpoint for _, endpoint in at_work(profile, whole=whole)]


def at_work(profile: Profile, *, whole: bool = False) -> list[tuple[Lane, Endpoint]]:
    """The lanes of all ways that are taken, with their endpoints."""
    taken = {way.lane for way in rank(profile, whole=whole) if way.joins}
    return [(lane, endpoint) for lane, endpoint in _pairs(profile) if lane.name in taken]


def together(profile: Profile, ways: Iterable[Way]) -> float:
    """Rows a second of all joining ways but the streams; lanes on one pool count once, as its best does."""
    pools = {lane.name: lane.pool for lane in profile.lanes}
    return _of_pools((pools[way.lane], way.rate) for way in ways if way.joins and way.rate is not None)


def best_alone(pace: Pace, others: float, left: int | None, total: int | None) -> bool:
    """Whether the other ways, good for ``others`` rows a second, should hold back while a stream flows.

    ``left`` are the rows still wanted and ``total`` all there are, None where nothing tells. A stream in order shares
    the rest with them from the other end; any other has to come to its own end, unless they are there before it.
    """
    if not pace.rows:
        return pace.seconds < _GRACE
    if left is None or total is None:
        return pace.rate >= others
    alone = max(0, total - pace.rows) / pace.rate
    shared = left / (others + (pace.rate if pace.ordered else 0.0)) if others else alone
    return alone - shared < max(_LEAST_SECONDS, _LEAST_SHARE * alone)


def worth_again(pace: Pace, others: float, left: int | None, total: int | None) -> bool:
    """Whether a stream that broke off is begun again: from its first row, against what the others have left to do."""
    if left is None or total is None or not pace.rate or not others:
        return True
    return total / pace.rate < left / others


def _joining(lanes: list[tuple[Lane, Endpoint]], profile: Profile) -> list[Lane]:
    """The lanes that can work on one set together: pages by place, or else the chains of one endpoint.

    Where nothing leads behind a first page, the largest of these is all that there is to get.
    """
    streams = [lane for lane, endpoint in lanes if endpoint.streamed]
    pages = [(lane, endpoint) for lane, endpoint in lanes if not endpoint.streamed]
    alone = _in_one_page(profile, pages)
    if alone is not None:
        return streams + [lane for lane, endpoint in pages if endpoint.name == alone.name]
    paged = [pair for pair in pages if _goes_on(pair[1])]
    if pages and not paged:
        largest = max(pages, key=lambda pair: (pair[1].cap, _rate(profile, *pair)))[1]
        return streams + [lane for lane, endpoint in pages if endpoint.name == largest.name]
    by_number = numbered(profile)
    if by_number or any(endpoint.positionable for _, endpoint in paged):
        return streams + [lane for lane, endpoint in paged if _walks(endpoint, numbered=by_number)]
    if any(endpoint.shape.bare for _, endpoint in paged):
        fastest = max(paged, key=lambda pair: _rate(profile, *pair))[1]
        return streams + [lane for lane, endpoint in paged if endpoint.name == fastest.name]
    return streams + [lane for lane, _ in paged]


def _gives_events(endpoint: Endpoint) -> bool:
    return not endpoint.shape.bare and endpoint.format != "csv"


def _goes_on(endpoint: Endpoint) -> bool:
    """Whether anything leads behind its first page."""
    return endpoint.positionable or endpoint.numbered or endpoint.cursor_param is not None


def _walks(endpoint: Endpoint, *, numbered: bool) -> bool:
    """Whether it can go on in a set that is cut by row numbers, or by time."""
    if numbered:
        return endpoint.numbered
    return endpoint.positionable or (endpoint.cursor_param is not None and not endpoint.shape.bare)


def _way(profile: Profile, lane: Lane, endpoint: Endpoint, *, joins: bool, up: bool) -> Way:
    kind, rate = _kind(endpoint), None if endpoint.streamed else _rate(profile, lane, endpoint)
    said = _SAID[kind].format("newest" if endpoint.descending else "oldest")
    speed = "as fast as it comes" if rate is None else f"{rate:,.0f} rows a second"
    against = "it runs against the others, which bring more"
    lacking = "its rows lack what is kept or cannot be joined with the others'"
    left = "" if joins else f"; left out, as {against if endpoint.descending is up else lacking}"
    return Way(lane.name, kind, rate, joins, f"{said}, {speed}{left}")


def _kind(endpoint: Endpoint) -> Kind:
    if endpoint.streamed:
        return Kind.EVERYTHING
    if endpoint.positionable:
        return Kind.BY_TIME
    return Kind.BY_NUMBER if endpoint.numbered else Kind.CHAIN


def _rate(profile: Profile, lane: Lane, endpoint: Endpoint) -> float:
    pool = profile.pool(lane.pool)
    chained = _kind(endpoint) is Kind.CHAIN
    flying = endpoint.cap / max(endpoint.latency, _SHORTEST) * (1 if chained else _IN_FLIGHT)
    return min(flying, endpoint.cap * pool.limit / pool.window) if pool.limit and pool.window else flying
