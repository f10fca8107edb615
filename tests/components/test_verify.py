"""``scrapy verify`` and its like: wrong use, nothing there, and Ctrl-C are one line each."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scrapy.crawler import Crawler

PACKAGE = "datasync_crawler.commands"
OPTIONS = {"spot": 0, "with_parent": False, "when_told": False, "partial": False}
DEMO = {"demo": False, "events": None, "speed": None}


@pytest.fixture
def ended(
    crawler_with: Callable[..., Crawler], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str]]:
    """Runs a command; gives its exit code and what it said on stderr."""

    def run(name: str, *args: str, demo: dict[str, Any] | None = None, **changes: Any) -> tuple[int, str]:
        asked: Any = import_module(f"{PACKAGE}.{name}").Command()
        own = {"STATE_DIR": str(tmp_path / "state"), "DATABASE_URL": ""}
        asked.settings = crawler_with(**{**own, **changes}).settings
        asked.run(list(args), argparse.Namespace(**OPTIONS, **DEMO | (demo or {})))
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


def test_a_drain_that_has_not_ended_is_told_from_none(ended: Any, postgres_url: str) -> None:
    with Ledger.open(postgres_url) as ledger:
        shard = ledger.plant([(None, None)])[0].id
        ledger.store(StoredPage(shard, ledger.lease(), "list", Page(["a", "b"], [2, 1]), Checkpoint(1, "b")))
    told = "scrapy verify: not complete: 2 events are stored, no drain came to its end; run scrapy crawl events\n"
    assert ended("verify", DATABASE_URL=postgres_url) == (1, told)


@pytest.mark.parametrize("progress", ["plain", "json"])
def test_words_are_aside_where_programs_read_views(
    progress: str, ended: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[bool] = []
    monkeypatch.setattr(f"{PACKAGE}.verify._proof", lambda _: ["verified: 0 events"])
    monkeypatch.setattr(f"{PACKAGE}.verify.say", lambda _, *, aside: said.append(aside))
    assert ended("verify", DATABASE_URL=postgres_url, PROGRESS=progress) == (0, "")
    assert said == [progress == "json"]


@pytest.mark.parametrize(
    ("demo", "told"),
    [
        ({"speed": 0.0}, "--speed must be a number above 0, not 0"),
        ({"speed": float("nan")}, "--speed must be a number above 0, not nan"),
        ({"speed": float("inf")}, "--speed must be a number above 0, not inf"),
        ({"events": 0}, "--events must be a number of at least 1, not 0"),
        ({"demo": False, "events": 5}, "--events and --speed are of a demo: give --demo as well"),
        ({"demo": False, "speed": 3.0}, "--events and --speed are of a demo: give --demo as well"),
    ],
)
def test_a_demo_of_nonsense_is_refused_before_anything_starts(
    demo: dict[str, Any], told: str, ended: Any, tmp_path: Path
) -> None:
    assert ended("ingest", demo={"demo": True, **demo}) == (2, f"scrapy ingest: {told}\n")
    assert list(tmp_path.iterdir()) == []


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
