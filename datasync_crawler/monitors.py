"""Monitors over our own figures: the set is whole, limits were kept, and the run does as it was expected to."""

from __future__ import annotations

import warnings

import msgspec
from scrapy.exceptions import ScrapyDeprecationWarning
from spidermon import MonitorSuite
from spidermon.contrib.scrapy.monitors.base import BaseStatMonitor
from spidermon.core.actions import Action

from datasync_crawler.adapters.webhook import tell
from datasync_crawler.domain.account import Judged
from datasync_crawler.handlers import secrets_of

# Spidermon 1.27 logs through Spider.log(), which Scrapy 2.19 deprecates: a hundred warnings a run.
warnings.filterwarnings("ignore", message=r"Spider\.log\(\)", category=ScrapyDeprecationWarning)

# What a notification tells besides the monitors that failed.
_TOLD = ("stored", "total", "health", "active_seconds")


class CompletenessMonitor(BaseStatMonitor):
    """The set is proven complete."""

    stat_name = "datasync/complete"
    threshold_setting = "DATASYNC_COMPLETE"
    assert_type = "=="


class ExactlyOnceMonitor(BaseStatMonitor):
    """As many rows are in the table as the run counted in, each of them once."""

    stat_name = "datasync/miscounted"
    threshold_setting = "DATASYNC_MOST_MISCOUNTED"
    assert_type = "<="


class AnnouncedRefusalsMonitor(BaseStatMonitor):
    """No pool that announces its limit refused a call."""

    stat_name = "datasync/refused/announced"
    threshold_setting = "DATASYNC_MOST_ANNOUNCED_REFUSALS"
    assert_type = "<="


class HiddenRefusalsMonitor(BaseStatMonitor):
    """Pools that announce nothing refused few calls."""

    stat_name = "datasync/refused/hidden"
    threshold_setting = "DATASYNC_MOST_HIDDEN_REFUSALS"
    assert_type = "<="


class ErrorShareMonitor(BaseStatMonitor):
    """Most calls that were let in brought a page."""

    stat_name = "datasync/error_share"
    threshold_setting = "DATASYNC_MOST_ERROR_SHARE"
    assert_type = "<="


class PaceMonitor(BaseStatMonitor):
    """The run took, or will take, hardly longer than its budgets let expect when it began."""

    stat_name = "datasync/plan_share"
    threshold_setting = "DATASYNC_MOST_PLAN_SHARE"
    assert_type = "<="


class StallMonitor(BaseStatMonitor):
    """The run never stood still for long, but for waiting until a budget opens."""

    stat_name = "datasync/longest_idle_seconds"
    threshold_setting = "DATASYNC_LONGEST_STALL_SECONDS"
    assert_type = "<="


class StandstillMonitor(BaseStatMonitor):
    """The run does not stand still now."""

    stat_name = "datasync/idle_seconds"
    threshold_setting = "DATASYNC_STALL_SECONDS"
    assert_type = "<="


class BudgetUseMonitor(BaseStatMonitor):
    """The best used pool was used well."""

    stat_name = "datasync/budget_use"
    threshold_setting = "DATASYNC_LEAST_BUDGET_USE"
    assert_type = ">="


class DatabaseLagMonitor(BaseStatMonitor):
    """No page waited long for the database."""

    stat_name = "datasync/longest_lag_seconds"
    threshold_setting = "DATASYNC_LONGEST_LAG_SECONDS"
    assert_type = "<="


class KeyLifeMonitor(BaseStatMonitor):
    """The key lives as long as the run will take."""

    stat_name = "datasync/key_spare_seconds"
    threshold_setting = "DATASYNC_LEAST_KEY_SPARE_SECONDS"
    assert_type = ">="


class MemoryMonitor(BaseStatMonitor):
    """The process stays small."""

    stat_name = "datasync/memory_bytes"
    threshold_setting = "DATASYNC_MOST_MEMORY_BYTES"
    assert_type = "<="


class DurationMonitor(BaseStatMonitor):
    """The work took no longer than anybody would wait for it."""

    stat_name = "datasync/active_seconds"
    threshold_setting = "DATASYNC_LONGEST_DURATION_SECONDS"
    assert_type = "<="


class RecordOutcome(Action):
    """Leaves in the stats which monitors failed, for the exit code, and what each of them said, for the report."""

    def run_action(self) -> None:
        """Writes the stats."""
        failed, stats = _failed(self), self.data.crawler.stats
        results = [(one.monitor.name, one.reason or "") for one in self.result.monitor_results]
        judged = [Judged(name.split("/")[0], name not in failed, said) for name, said in results]
        stats.set_value("datasync/monitors_failed", failed)
        stats.set_value("datasync/monitors_judged", judged)


class NotifyOfEnd(Action):
    """Tells WEBHOOK_URL how the run ended."""

    def run_action(self) -> None:
        """Sends the news aside."""
        _notify(self, "the run has ended", _failed(self))


class NotifyOfTrouble(Action):
    """Tells WEBHOOK_URL of a monitor that fails while the run lasts, once."""

    def run_action(self) -> None:
        """Sends the news aside, if there is any."""
        stats = self.data.crawler.stats
        known = stats.get_value("datasync/monitors_told_of", [])
        news = [name for name in _failed(self) if name not in known]
        if news:
            stats.set_value("datasync/monitors_told_of", [*known, *news])
            _notify(self, "the run is in trouble", news)


class CompletenessSuite(MonitorSuite):
    """Runs when the events spider closes."""

    monitors = (
        CompletenessMonitor,
        ExactlyOnceMonitor,
        AnnouncedRefusalsMonitor,
        HiddenRefusalsMonitor,
        ErrorShareMonitor,
        PaceMonitor,
        StallMonitor,
        BudgetUseMonitor,
        DatabaseLagMonitor,
        KeyLifeMonitor,
        MemoryMonitor,
        DurationMonitor,
    )
    monitors_finished_actions = (RecordOutcome, NotifyOfEnd)


class WatchSuite(MonitorSuite):
    """Runs every minute while the events spider works."""

    monitors = (
        AnnouncedRefusalsMonitor,
        HiddenRefusalsMonitor,
        ErrorShareMonitor,
        PaceMonitor,
        StandstillMonitor,
        DatabaseLagMonitor,
        KeyLifeMonitor,
        MemoryMonitor,
    )
    monitors_finished_actions = (NotifyOfTrouble,)


def _failed(action: Action) -> list[str]:
    return [result.monitor.name for result in action.result.monitors_failed_results]


def _notify(action: Action, what: str, failed: list[str]) -> None:
    crawler = action.data.crawler
    url = crawler.settings.get("WEBHOOK_URL")
    if not url:
        return
    stats = crawler.stats.get_stats()
    told = {name: stats.get(f"datasync/{name}") for name in _TOLD}
    names = [name.split("/")[0] for name in failed]
    text = f"datasync_crawler: {what}: {told['health']}, {told['stored']} events"
    if names:
        text += f"; monitors failed: {', '.join(names)}"
    document = {"text": text, **told, "complete": bool(stats.get("datasync/complete")), "failed": names}
    tell(url, secrets_of(crawler).mask(msgspec.json.encode(document).decode()).encode())
