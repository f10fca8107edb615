from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.adapters.beginning import beginning
from datasync_crawler.adapters.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="nothing names the machine's beginning")


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    file = tmp_path / "boot"
    file.write_text("one\n")
    return file


def test_the_beginning_is_what_the_first_process_read(
    postgres_url: str, boot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(postgres_url) as ledger:
        first = beginning(ledger, boot)
    assert first is not None
    assert first <= time.time()
    stepped = time.time() + 3_600
    monkeypatch.setattr(time, "time", lambda: stepped)
    with Ledger.open(postgres_url) as ledger:
        assert beginning(ledger, boot) == first
        boot.write_text("another\n")
        assert beginning(ledger, boot) == pytest.approx(first + 3_600, abs=60)


def test_where_nothing_names_it_there_is_none(postgres_url: str, tmp_path: Path) -> None:
    with Ledger.open(postgres_url) as ledger:
        assert beginning(ledger, tmp_path / "no such file") is None
