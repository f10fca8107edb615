"""What came of a world, held against its oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import TYPE_CHECKING

from datasync_crawler.simulator.oracle import ways_of

if TYPE_CHECKING:
    from bench.draining import Drained
    from datasync_crawler.simulator.charts import Chart
    from datasync_crawler.simulator.world import World

MOST_DISCOVERY_CALLS, MOST_REFUSALS, MOST_TRIES = 15, 3, 3
MARGIN, START_UP = 1.3, 10.0
SPARE = 15
"""Calls more that a world at random may cost: its best way may be one that few services have so."""
MOST_LOOKS_IN_VAIN, MOST_WALKS = 20, 5
"""Calls for what is told of and cannot be had, until that is believed, and walks along a chain for that."""


def complaints(drained: Drained, chart: Chart, again: Callable[[], Drained], *, spare: int = 0) -> list[str]:
    """What was wrong, or which bounds were missed at each of three tries (:func:`measured`)."""
    last = measured(drained, chart, again, spare=spare)
    return wrong(last, chart) + missed(last, chart, spare=spare)


def measured(drained: Drained, chart: Chart, again: Callable[[], Drained], *, spare: int = 0) -> Drained:
    """The first of three tries that is wrong or keeps all bounds, else the last; the first one is ``drained``.

    Windows last a second or two, and the machine is one that others use. ``spare`` calls more are allowed.
    """
    for _ in range(MOST_TRIES - 1):
        if wrong(drained, chart) or not missed(drained, chart, spare=spare):
            break
        drained = again()
    return drained


def wrong(drained: Drained, chart: Chart) -> list[str]:
    """What is not exact, or was not refused rightly."""
    return list(_inexact(drained, chart.world) if chart.oracle.drainable else _refused_wrongly(drained, chart.world))


def missed(drained: Drained, chart: Chart, *, spare: int = 0) -> list[str]:
    """The bounds that a drain did not keep: calls, refusals a pool, seconds."""
    oracle, spare = chart.oracle, spare if chart.oracle.drainable else spare + _looks_in_vain(chart)
    bounds = {
        "discovery's calls": (drained.discovery, MOST_DISCOVERY_CALLS),
        "calls": (drained.score["calls"]["keyed"], MARGIN * oracle.least_calls + MOST_DISCOVERY_CALLS + spare),
        "seconds": (drained.seconds if oracle.drainable else 0.0, MARGIN * oracle.least_seconds + START_UP),
    }
    for pool, refusals in drained.refused.items():
        bounds[f"refusals of {pool}"] = refusals, MOST_REFUSALS if keeps_still(chart.world, pool) else 0
    return [f"{what}: {seen}, at most {most}" for what, (seen, most) in bounds.items() if seen > most]


def _looks_in_vain(chart: Chart) -> int:
    """Calls for what cannot be had; a chain that nothing enters has to be walked anew where its cursor died."""
    enterable = any(way.chains == inf for way in ways_of(chart.world))
    return MOST_LOOKS_IN_VAIN if enterable else MOST_LOOKS_IN_VAIN + MOST_WALKS * chart.oracle.least_calls


def keeps_still(world: World, pool: str) -> bool:
    """Whether a pool's limit is untold or told wrongly, so that only a refusal can teach it."""
    if pool == "hidden" or world.budgets.budget_form == "none" or world.budgets.budget_lie > 1:
        return True
    fed = pool == "feed" or (pool == "header" and world.feed_shares_header and world.ways.feed_told)
    return fed and not world.feed_announced


def _inexact(drained: Drained, world: World) -> Iterator[str]:
    if drained.ended.code != 0:
        yield f"ended with {drained.ended.code}: {drained.ended.err[-2000:]}"
    if lacking := len(drained.truth - drained.ids):
        yield f"{lacking} ids are lacking"
    yield from _untrue(drained, world)
    found = [{kind: one[kind] for kind in ("missing", "unknown", "double")} for one in drained.score["submissions"]]
    if found != [{"missing": 0, "unknown": 0, "double": 0}]:
        yield f"submitted: {found}"


def _refused_wrongly(drained: Drained, world: World) -> Iterator[str]:
    if drained.ended.code != 1 or "short of" not in drained.ended.err:
        yield f"ended with {drained.ended.code}, though not all can be had: {drained.ended.err[-2000:]}"
    if drained.score["submissions"]:
        yield "submitted, though not all can be had"
    yield from _untrue(drained, world)


def _untrue(drained: Drained, world: World) -> Iterator[str]:
    """What is stored and neither was there at first nor came meanwhile."""
    if (strangers := len(drained.ids - drained.truth)) > world.truth.arrivals:
        yield f"{strangers} ids are not true"
