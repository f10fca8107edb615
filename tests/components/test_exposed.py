"""A key that lies open is told of, and the run goes on."""

from __future__ import annotations

import asyncio
import logging
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datasync_crawler import log
from datasync_crawler.log import LogFilters

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

SETTINGS = str(Path(log.__file__).with_name("settings.py"))


@pytest.mark.parametrize(
    ("mode", "text", "exposed"),
    [
        (0o644, "TARGET_API_KEY=sesame\n", True),
        (0o604, "TARGET_API_KEY=sesame\n", True),
        (0o600, "TARGET_API_KEY=sesame\n", False),
        (0o640, "TARGET_API_KEY=sesame\n", False),
        (0o644, "TARGET_API_KEY=\nID_ONLY=true\n", False),
    ],
)
def test_a_key_that_everybody_can_read_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, text: str, exposed: bool
) -> None:
    (tmp_path / ".env").write_text(text)
    (tmp_path / ".env").chmod(mode)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATASYNC_NO_DOTENV")
    assert runpy.run_path(SETTINGS)["DOTENV_EXPOSED"] is exposed


def test_without_a_file_nothing_is_exposed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATASYNC_NO_DOTENV")
    assert runpy.run_path(SETTINGS)["DOTENV_EXPOSED"] is False


@pytest.mark.parametrize("exposed", [True, False])
async def test_it_is_said_once_in_the_log(
    crawler_with: Callable[..., Crawler], caplog: pytest.LogCaptureFixture, exposed: bool
) -> None:
    caplog.set_level(logging.WARNING)
    handlers = list(logging.getLogger().handlers)
    filters = {handler: list(handler.filters) for handler in handlers}
    LogFilters.from_crawler(crawler_with(DOTENV_EXPOSED=exposed))
    await asyncio.sleep(0)
    for handler in handlers:
        handler.filters[:] = filters[handler]
    assert [record.getMessage() for record in caplog.records].count(
        ".env holds the key and every user of this machine can read it: chmod 600 .env"
    ) == exposed
