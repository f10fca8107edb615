"""A view as stats, which the monitors hold against their thresholds; a figure that is not known yet is a good one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasync_crawler.domain.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.statscollectors import StatsCollector

# Seconds that starting and ending take in any run, and that no plan knows of.
_GRACE = 30.0
# One fault of a few answers is no share.
_ENOUGH_ANSWERS = 20


def tell_stats(stats: StatsCollector, view: View, key_life: float) -> None:
    """Sets the stats of a view; a key whose life has not begun has ``key_life`` seconds."""
    for name, value in (*_figures(view, key_life), *_refusals(view)):
        stats.set_value(f"datasync/{name}", value)
    stats.set_value("datasync/total", view.total)
    stats.set_value("datasync/health", view.health.state.value)


def _figures(view: View, key_life: float) -> Iterator[tuple[str, float]]:
    used = [pool.use for pool in view.pools if pool.use is not None]
    left = key_life if view.key_left is None else view.key_left
    yield "stored", view.events
    yield "active_seconds", view.active
    yield "error_share", view.error_share if view.answers >= _ENOUGH_ANSWERS else 0.0
    yield "plan_share", max(0.0, view.active + (view.eta or 0.0) - _GRACE) / view.planned if view.planned else 0.0
    yield "idle_seconds", view.idle
    yield "longest_idle_seconds", view.longest_idle
    yield "lag_seconds", view.lag
    yield "longest_lag_seconds", view.longest_lag
    yield "budget_use", max(used, default=1.0)
    yield "key_spare_seconds", left - (view.eta or 0.0)
    yield "memory_bytes", view.memory


def _refusals(view: View) -> Iterator[tuple[str, int]]:
    yield "refused/announced", sum(pool.refused for pool in view.pools if pool.announced)
    yield "refused/hidden", sum(pool.refused for pool in view.pools if not pool.announced)
