"""``scrapy verify`` and its like: wrong use, nothing there, and Ctrl-C are one line each."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from datasync_crawler.adapters.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scrapy.crawler import Crawler

PACKAGE = "datasync_crawler.commands"
OPTIONS = {"spot": 0, "with_parent": False, "when_told": False, "demo": False, "partial": False}


@pytest.fixture
def ended(
    crawler_with: Callable[..., Crawler], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str]]:
    """Runs a command; gives its exit code and what it said on stderr."""

    def run(name: str, *args: str, **changes: Any) -> tuple[int, str]:
        asked: Any = import_module(f"{PACKAGE}.{name}").Command()
        own = {"STATE_DIR": str(tmp_path / "state"), "DATABASE_URL": ""}
        asked.settings = crawler_with(**{**own, **changes}).settings
        asked.run(list(args), argparse.Namespace(**OPTIONS))
        return asked.exitcode, capsys.readouterr().err

    return run


def test_a_word_too_many_is_wrong_use(ended: Any) -> None:
    assert ended("verify", "foo", "bar") == (2, "scrapy verify: unexpected argument: foo (see --help)\n")


def test_where_nothing_was_begun_there_is_nothing_to_verify_and_nothing_is_made(ended: Any, tmp_path: Path) -> None:
    assert ended("verify") == (1, "scrapy verify: nothing is there yet: run scrapy crawl discover\n")
    assert list(tmp_path.iterdir()) == []


def test_a_proof_that_cannot_be_read_is_none(ended: Any, postgres_url: str) -> None:
    with Ledger.open(postgres_url) as ledger:
        ledger.remember("verdict", "complete", b"[]")
    code, err = ended("verify", DATABASE_URL=postgres_url)
    assert (code, "cannot be read; run: scrapy crawl events" in err, err.count("\n")) == (1, True, 1)


@pytest.mark.parametrize(
    ("name", "args"), [("verify", ()), ("export-ids", ("ids",)), ("ingest", ()), ("preflight", ())]
)
def test_an_interrupt_is_one_line_and_no_traceback(
    name: str, args: tuple[str, ...], ended: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{PACKAGE}.{name}.read_choices", interrupt)
    code, err = ended(name, *args)
    assert (code, err.startswith(f"scrapy {name}: interrupted"), err.count("\n")) == (130, True, 1)
