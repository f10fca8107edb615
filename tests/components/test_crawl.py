"""``scrapy crawl`` around its spider."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from scrapy.settings import Settings

from datasync_crawler.commands.crawl import Command
from datasync_crawler.domain.errors import NotComplete
from tests.components.secret import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scrapy.crawler import Crawler


@pytest.mark.parametrize("spelled", [KEY, quote(KEY, safe=""), quote(KEY, safe="").lower(), KEY.replace("/", "\\/")])
def test_no_error_tells_the_key_however_it_is_spelled(
    spelled: str,
    crawler_with: Callable[..., Crawler],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> None:
        raise NotComplete(f"no answer from http://h.test/list?k={spelled}")

    monkeypatch.setattr("datasync_crawler.commands.crawl.read_choices", fail)
    asked: Any = Command()
    asked.settings = crawler_with().settings
    asked.run(["events"], argparse.Namespace(with_parent=False, when_told=False))
    assert (asked.exitcode, capsys.readouterr().err) == (
        1,
        "scrapy crawl: no answer from http://h.test/list?k={key}\n",
    )


@pytest.mark.parametrize(("id_only", "waiting"), [("true", 30_000_000), ("false", 10_000_000)])
def test_fewer_pages_of_whole_events_wait_for_the_ledger(
    id_only: str, waiting: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasync_crawler.commands.crawl.database", lambda url, _: nullcontext(url))
    monkeypatch.setattr(Command, "_crawl", lambda *_: 0)
    command: Any = Command()
    command.settings = Settings()
    command.settings.setmodule("datasync_crawler.settings", priority="project")
    own = {"TARGET_API_KEY": KEY, "DATABASE_URL": "postgresql://h/x", "STATE_DIR": str(tmp_path), "ID_ONLY": id_only}
    command.settings.update(own | {"MAX_IN_FLIGHT_BYTES": "90000000"}, priority="cmdline")
    command.run(["events"], argparse.Namespace(with_parent=False, when_told=False))
    assert command.exitcode == 0
    assert command.settings.getint("SCRAPER_SLOT_MAX_ACTIVE_SIZE") == waiting
