"""Each monitor can fail, and the exit code hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from spidermon.contrib.scrapy.runners import SpiderMonitorRunner

from datasync_crawler.monitors import CompletenessSuite

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

GOOD = {"datasync/complete": 1, "datasync/refused/announced": 0, "datasync/refused/hidden": 1}


def failed(crawler: Crawler, stats: dict[str, Any]) -> list[str]:
    """The monitors that fail at these stats, as the suite leaves them for the command."""
    assert crawler.stats is not None
    crawler.stats.set_stats(dict(stats))
    data = {"stats": crawler.stats.get_stats(), "crawler": crawler, "spider": crawler.spider, "job": None}
    SpiderMonitorRunner(spider=crawler.spider).run(CompletenessSuite(crawler=crawler), **data)
    names: list[str] = crawler.stats.get_value("datasync/monitors_failed")
    return [name.split("/")[0] for name in names]


def test_a_good_run_passes(crawler_with: Callable[..., Crawler]) -> None:
    assert failed(crawler_with(), GOOD) == []


@pytest.mark.parametrize(
    ("stat", "value", "monitor"),
    [
        ("datasync/complete", 0, "CompletenessMonitor"),
        ("datasync/refused/announced", 1, "AnnouncedRefusalsMonitor"),
        ("datasync/refused/hidden", 4, "HiddenRefusalsMonitor"),
    ],
)
def test_every_monitor_can_fail(crawler_with: Callable[..., Crawler], stat: str, value: int, monitor: str) -> None:
    assert failed(crawler_with(), {**GOOD, stat: value}) == [monitor]


def test_a_run_that_left_no_figures_fails_every_monitor(crawler_with: Callable[..., Crawler]) -> None:
    assert len(failed(crawler_with(), {})) == 3


def test_the_spider_runs_them_when_it_closes(crawler_with: Callable[..., Crawler]) -> None:
    suites = crawler_with().settings.getlist("SPIDERMON_SPIDER_CLOSE_MONITORS")
    assert suites == ["datasync_crawler.monitors.CompletenessSuite"]
