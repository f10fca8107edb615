"""Monitors over our own figures: the set is whole, and the service's limits were kept."""

from __future__ import annotations

import warnings

from scrapy.exceptions import ScrapyDeprecationWarning
from spidermon import MonitorSuite
from spidermon.contrib.scrapy.monitors.base import BaseStatMonitor
from spidermon.core.actions import Action

# Spidermon 1.27 logs through Spider.log(), which Scrapy 2.19 deprecates: a hundred warnings a run.
warnings.filterwarnings("ignore", message=r"Spider\.log\(\)", category=ScrapyDeprecationWarning)


class CompletenessMonitor(BaseStatMonitor):
    """The set is proven complete."""

    stat_name = "datasync/complete"
    threshold_setting = "DATASYNC_COMPLETE"
    assert_type = "=="


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


class RecordOutcome(Action):
    """Leaves the names of the monitors that failed in the stats, for the exit code."""

    def run_action(self) -> None:
        """Writes the stat."""
        failed = [result.monitor.name for result in self.result.monitors_failed_results]
        self.data.crawler.stats.set_value("datasync/monitors_failed", failed)


class CompletenessSuite(MonitorSuite):
    """Runs when the events spider closes."""

    monitors = (CompletenessMonitor, AnnouncedRefusalsMonitor, HiddenRefusalsMonitor)
    monitors_finished_actions = (RecordOutcome,)
