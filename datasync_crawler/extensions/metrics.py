"""A view as metrics, in the text format that Prometheus reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from datasync_crawler.domain.view import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric

    from datasync_crawler.domain.view import View

_PREFIX = "datasync_"
_GAUGES = (
    ("events", "Events stored."),
    ("total", "Events that the service tells of."),
    ("rate", "Events a second over the last ten seconds."),
    ("mean_rate", "Events a second over the whole time of work."),
    ("active", "Seconds of work, without the time when nothing ran."),
    ("eta", "Seconds that the rest will take."),
    ("key_left", "Seconds that the key will live."),
    ("shards", "Shards in all."),
    ("open_shards", "Shards without a proven end."),
    ("waiting_pages", "Pages on their way into the ledger."),
    ("lag", "Seconds for which the oldest of them has waited."),
    ("idle", "Seconds without progress."),
    ("memory", "Bytes in memory."),
)
_SECONDS, _BYTES = {"active", "eta", "key_left", "lag", "idle"}, {"memory"}


def metrics_text(view: View) -> bytes:
    """All metrics of a view; what is not known is left out."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Metrics(view))
    return generate_latest(registry)


class _Metrics(Collector):
    def __init__(self, view: View) -> None:
        self._view = view

    def collect(self) -> Iterator[Metric]:
        """Every metric once."""
        yield from _gauges(self._view)
        yield from _states(self._view)
        yield from _lanes(self._view)
        yield from _pools(self._view)


def _gauges(view: View) -> Iterator[Metric]:
    for name, told in _GAUGES:
        value = getattr(view, name)
        if value is not None:
            unit = "_seconds" if name in _SECONDS else "_bytes" if name in _BYTES else ""
            yield GaugeMetricFamily(f"{_PREFIX}{name}{unit}", told, value=value)


def _states(view: View) -> Iterator[Metric]:
    family = GaugeMetricFamily(f"{_PREFIX}health", "1 for the state that the run is in.", labels=["state"])
    for state in State:
        family.add_metric([state.value], float(view.health.state is state))
    yield family


def _lanes(view: View) -> Iterator[Metric]:
    counted = (("pages", "Pages received."), ("refused", "Calls refused."), ("faults", "Calls without a page."))
    for name, told in counted:
        counter = CounterMetricFamily(f"{_PREFIX}lane_{name}", told, labels=["lane"])
        for lane in view.lanes:
            counter.add_metric([lane.name], getattr(lane, name))
        yield counter
    gauge = GaugeMetricFamily(f"{_PREFIX}lane_in_flight", "Calls under way.", labels=["lane"])
    for lane in view.lanes:
        gauge.add_metric([lane.name], lane.in_flight)
    yield gauge


def _pools(view: View) -> Iterator[Metric]:
    limit = GaugeMetricFamily(f"{_PREFIX}pool_limit", "Calls that a window allows.", labels=["pool"])
    used = GaugeMetricFamily(f"{_PREFIX}pool_used", "Calls in the last window.", labels=["pool"])
    for pool in view.pools:
        if pool.limit is not None:
            limit.add_metric([pool.name], pool.limit)
            used.add_metric([pool.name], pool.used)
    yield limit
    yield used
