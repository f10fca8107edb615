"""Each monitor can fail, the exit code hears of it, and so does whoever asked to be told."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from scrapy.statscollectors import StatsCollector
from spidermon.contrib.scrapy.runners import SpiderMonitorRunner

from datasync_crawler.adapters.webhook import tell
from datasync_crawler.domain.view import Health, LaneView, PoolView, State, View
from datasync_crawler.extensions.figures import tell_stats
from datasync_crawler.monitors import CompletenessSuite, WatchSuite
from tests.components.secret import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scrapy.crawler import Crawler
    from spidermon import MonitorSuite

GOOD = View(
    1_800_000_000.0,
    "events",
    events=3_000,
    total=3_000,
    active=700.0,
    eta=0.0,
    planned=650.0,
    key_left=9_000.0,
    longest_idle=20.0,
    longest_lag=2.0,
    memory=200 << 20,
    health=Health(State.COMPLETE),
    lanes=(LaneView("list", "list", pages=100, faults=3),),
    pools=(PoolView("list", 10, 60.0, announced=True, use=0.95), PoolView("feed", refused=1)),
)
ALL = {*CompletenessSuite.monitors, *WatchSuite.monitors}
WATCHING = Path(__file__).parents[2] / "docs" / "watching.md"
PROVEN = {"datasync/complete": 1, "datasync/miscounted": 0}


def refusing(**pools: int) -> tuple[PoolView, ...]:
    """The pools after so many refusals."""
    return tuple(msgspec.structs.replace(pool, refused=pools.get(pool.name, 0)) for pool in GOOD.pools)


def failed(crawler: Any, suite: type[MonitorSuite], stats: dict[str, Any]) -> list[str]:
    """The monitors that fail at these stats."""
    crawler.stats.set_stats({**crawler.stats.get_stats(), **stats})
    data = {"stats": crawler.stats.get_stats(), "crawler": crawler, "spider": crawler.spider, "job": None}
    runner = SpiderMonitorRunner(spider=crawler.spider)
    result = runner.run(suite(crawler=crawler), **data)
    return [one.monitor.name.split("/")[0] for one in result.monitors_failed_results]


def figures(crawler: Crawler, view: View) -> dict[str, Any]:
    """The stats that a view leaves."""
    stats = StatsCollector(crawler)
    tell_stats(stats, view, 10_800.0)
    return dict(stats.get_stats())


@pytest.mark.parametrize("suite", [CompletenessSuite, WatchSuite])
def test_a_good_run_passes(suite: type[MonitorSuite], crawler_with: Callable[..., Crawler]) -> None:
    crawler = crawler_with()
    assert failed(crawler, suite, {**figures(crawler, GOOD), **PROVEN}) == []


@pytest.mark.parametrize("suite", [CompletenessSuite, WatchSuite])
def test_a_run_of_which_nothing_is_known_yet_breaks_no_threshold(
    suite: type[MonitorSuite], crawler_with: Callable[..., Crawler]
) -> None:
    crawler = crawler_with()
    assert failed(crawler, suite, {**figures(crawler, View(0.0, "events")), **PROVEN}) == []


@pytest.mark.parametrize(
    ("stat", "value", "monitor"),
    [("datasync/complete", 0, "CompletenessMonitor"), ("datasync/miscounted", 1, "ExactlyOnceMonitor")],
)
def test_what_is_not_proven_fails(stat: str, value: int, monitor: str, crawler_with: Callable[..., Crawler]) -> None:
    crawler = crawler_with()
    assert failed(crawler, CompletenessSuite, {**figures(crawler, GOOD), **PROVEN, stat: value}) == [monitor]


@pytest.mark.parametrize(
    ("changes", "at_the_end", "meanwhile"),
    [
        ({"pools": refusing(list=1)}, "AnnouncedRefusalsMonitor", "AnnouncedRefusalsMonitor"),
        ({"pools": refusing(feed=4)}, "HiddenRefusalsMonitor", "HiddenRefusalsMonitor"),
        ({"lanes": (LaneView("list", "list", pages=70, faults=30),)}, "ErrorShareMonitor", "ErrorShareMonitor"),
        ({"planned": 400.0}, "PaceMonitor", "PaceMonitor"),
        ({"longest_idle": 301.0}, "StallMonitor", None),
        ({"idle": 121.0}, None, "StandstillMonitor"),
        ({"pools": (PoolView("list", 10, 60.0, use=0.4),)}, "BudgetUseMonitor", None),
        ({"longest_lag": 61.0}, "DatabaseLagMonitor", "DatabaseLagMonitor"),
        ({"key_left": 100.0, "eta": 101.0}, "KeyLifeMonitor", "KeyLifeMonitor"),
        ({"memory": (1 << 30) + 1}, "MemoryMonitor", "MemoryMonitor"),
        ({"active": 1_801.0, "planned": 1_700.0}, "DurationMonitor", None),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
def test_every_monitor_can_fail(
    changes: dict[str, Any], at_the_end: str | None, meanwhile: str | None, crawler_with: Callable[..., Crawler]
) -> None:
    crawler = crawler_with()
    stats = {**figures(crawler, msgspec.structs.replace(GOOD, **changes)), **PROVEN}
    assert failed(crawler, CompletenessSuite, stats) == [at_the_end] * (at_the_end is not None)
    assert failed(crawler, WatchSuite, stats) == [meanwhile] * (meanwhile is not None)


def test_every_threshold_can_be_set(crawler_with: Callable[..., Crawler]) -> None:
    crawler = crawler_with(DATASYNC_LONGEST_DURATION_SECONDS=600)
    stats = {**figures(crawler, GOOD), **PROVEN}
    assert failed(crawler, CompletenessSuite, stats) == ["DurationMonitor"]
    assert crawler.stats is not None
    assert [name.split("/")[0] for name in crawler.stats.get_value("datasync/monitors_failed")] == ["DurationMonitor"]


def test_what_each_monitor_found_is_told_to_the_report(crawler_with: Callable[..., Crawler]) -> None:
    crawler = crawler_with()
    failed(crawler, CompletenessSuite, {**figures(crawler, GOOD), **PROVEN, "datasync/miscounted": 3})
    assert crawler.stats is not None
    judged = crawler.stats.get_value("datasync/monitors_judged")
    assert [one.monitor for one in judged] == [one.__name__ for one in CompletenessSuite.monitors]
    (wrong,) = [one for one in judged if not one.passed]
    assert (wrong.monitor, "3" in wrong.said) == ("ExactlyOnceMonitor", True)


def test_a_run_that_left_no_figures_fails_every_monitor(crawler_with: Callable[..., Crawler]) -> None:
    assert len(failed(crawler_with(), CompletenessSuite, {})) == len(CompletenessSuite.monitors)


def test_the_spider_runs_them_when_it_closes_and_every_minute(crawler_with: Callable[..., Crawler]) -> None:
    settings = crawler_with().settings
    assert settings.getlist("SPIDERMON_SPIDER_CLOSE_MONITORS") == ["datasync_crawler.monitors.CompletenessSuite"]
    assert settings.getdict("SPIDERMON_PERIODIC_MONITORS") == {"datasync_crawler.monitors.WatchSuite": 60}


def test_the_document_names_every_monitor_and_its_threshold(crawler_with: Callable[..., Crawler]) -> None:
    told = re.findall(r"^\| (\w+)(\*?) \|.*\| `(DATASYNC_\w+)` \|", WATCHING.read_text(), flags=re.MULTILINE)
    monitors = {one.__name__.removesuffix("Monitor"): one.threshold_setting for one in ALL}
    assert {name: setting for name, _, setting in told} == monitors
    assert {f"{name}Monitor" for name, star, _ in told if star} == {one.__name__ for one in WatchSuite.monitors}
    assert all(setting in crawler_with().settings for setting in monitors.values())


class Ear:
    """A server on this machine that remembers what it was told and answers with a status."""

    def __init__(self, status: int = 200) -> None:
        heard = self.heard = list[dict[str, Any]]()

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append(msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook/a-secret-path"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def ear() -> Iterator[Ear]:
    listening = Ear()
    yield listening
    listening.close()


def told_aside() -> None:
    """Waits for what is told aside."""
    for thread in threading.enumerate():
        if thread.name == "webhook":
            thread.join(5.0)


def test_the_end_is_told_to_whoever_asked_without_any_secret(ear: Ear, crawler_with: Callable[..., Crawler]) -> None:
    crawler = crawler_with(WEBHOOK_URL=ear.url)
    failed(crawler, CompletenessSuite, {**figures(crawler, GOOD), **PROVEN, "datasync/health": f"odd {KEY}"})
    told_aside()
    (news,) = ear.heard
    assert news["text"] == "datasync_crawler: the run has ended: odd {key}, 3000 events"
    assert (news["complete"], news["failed"], news["total"]) == (True, [], 3_000)
    assert KEY not in str(news)


def test_trouble_is_told_once_while_it_lasts(ear: Ear, crawler_with: Callable[..., Crawler]) -> None:
    crawler = crawler_with(WEBHOOK_URL=ear.url)
    stats = figures(crawler, msgspec.structs.replace(GOOD, idle=121.0))
    for _ in range(3):
        failed(crawler, WatchSuite, stats)
        told_aside()
    assert [news["failed"] for news in ear.heard] == [["StandstillMonitor"]]


def test_a_run_without_trouble_has_no_news(ear: Ear, crawler_with: Callable[..., Crawler]) -> None:
    crawler = crawler_with(WEBHOOK_URL=ear.url)
    failed(crawler, WatchSuite, figures(crawler, GOOD))
    told_aside()
    assert ear.heard == []


@pytest.mark.parametrize("status", [None, 404, 500])
def test_whoever_cannot_be_told_costs_a_warning_that_does_not_name_the_address(
    status: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear(status or 200)
    if status is None:
        ear.close()
    tell(ear.url, b"{}").join(5.0)
    if status is not None:
        ear.close()
    assert "WEBHOOK_URL could not be told" in caplog.text
    assert "a-secret-path" not in caplog.text
