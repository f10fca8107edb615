"""``scrapy crawl`` around its spider."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from datasync_crawler.commands.crawl import Command
from datasync_crawler.domain.errors import NotComplete
from tests.components.secret import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

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
