"""What ``scrapy crawl`` says at its end, and where."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest

from datasync_crawler.commands import crawl
from datasync_crawler.commands.crawl import _proven
from datasync_crawler.domain.choices import read_choices
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.errors import NotComplete

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler


def ended(crawler: Any, verdict: Verdict) -> Any:
    """A crawl that ended so, and of which two monitors failed."""
    crawler.spider.verdict = verdict
    failed = ["PaceMonitor/test_stat_monitor", "StallMonitor/test_stat_monitor"]
    crawler.stats.set_value("datasync/monitors_failed", failed)
    return crawler


def test_monitors_that_failed_are_named_as_everywhere_else(
    crawler_with: Callable[..., Crawler], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _proven(ended(crawler_with(), Verdict(complete=True, count=7))) == 7
    assert capsys.readouterr().err.splitlines() == ["monitor failed: PaceMonitor", "monitor failed: StallMonitor"]


def test_a_set_that_is_not_proven_is_not_complete(crawler_with: Callable[..., Crawler]) -> None:
    with pytest.raises(NotComplete, match="not complete: 2 rows short"):
        _proven(ended(crawler_with(), Verdict(complete=False, count=7, against=("2 rows short",))))


@pytest.mark.parametrize("progress", ["json", "plain"])
def test_where_programs_read_views_words_go_to_standard_error(
    progress: str,
    crawler_with: Callable[..., Crawler],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crawl, "_ready", lambda *_, **__: Verdict(complete=True, count=7))
    monkeypatch.setattr(crawl, "leave_report", lambda *_: None)
    command: Any = crawl.Command()
    command.settings = crawler_with(PROGRESS=progress).settings
    assert command._crawl(["events"], Namespace(recheck=False), read_choices(command.settings), "") == 0
    told = capsys.readouterr()
    assert (told.err if progress == "json" else told.out) == "already complete: 7 events\n"
    assert not (told.out if progress == "json" else told.err)
