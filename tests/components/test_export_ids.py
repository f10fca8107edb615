"""``scrapy export-ids`` writes what was served, whole or not at all, and nothing that is not proven."""

from __future__ import annotations

import argparse
import io
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scrapy.crawler import Crawler

IDS = ["b", "A\tb", "ü\\n"]
SORTED = "A\tb\nb\nü\\n\n"


def fill(url: str, *, count: int = len(IDS), proven: bool = True, ended: bool = True) -> None:
    """A ledger of these events, whose proof is of so many, if the drain ended."""
    with Ledger.open(url) as ledger:
        (shard,) = ledger.plant([(None, None)])
        ends = Checkpoint(1, IDS[-1], proof="end" if proven else None)
        ledger.store(StoredPage(shard.id, ledger.lease(), "list", Page(IDS, [3, 2, 1]), ends))
        if ended:
            ledger.remember("verdict", "complete", Verdict(complete=True, count=count).to_json())


@pytest.fixture
def exported(
    crawler_with: Callable[..., Crawler], capsys: pytest.CaptureFixture[str], postgres_url: str
) -> Callable[..., tuple[int, str]]:
    """Runs the command without a key; gives its exit code and what it said on stderr."""

    def export(*args: str, partial: bool = False, **changes: str) -> tuple[int, str]:
        asked: Any = import_module("datasync_crawler.commands.export-ids").Command()
        asked.settings = crawler_with(**{"DATABASE_URL": postgres_url, "TARGET_API_KEY": "", **changes}).settings
        asked.run(list(args), argparse.Namespace(partial=partial))
        return asked.exitcode, capsys.readouterr().err

    return export


def test_the_ids_are_written_as_they_were_served_one_a_line(exported: Any, postgres_url: str, tmp_path: Path) -> None:
    fill(postgres_url)
    assert exported(str(tmp_path / "ids.txt")) == (0, "scrapy export-ids: 3 ids\n")
    assert (tmp_path / "ids.txt").read_text() == SORTED
    assert list(tmp_path.iterdir()) == [tmp_path / "ids.txt"]


def test_a_dash_is_standard_output(exported: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(postgres_url)
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdout", out)
    assert exported("-")[0] == 0
    assert out.buffer.getvalue().decode() == SORTED  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"proven": False}, "without a proven end"), ({"count": 4}, "4 events were proven, 3 are stored")],
)
def test_an_unproven_set_is_refused_unless_it_is_wished_for(
    changes: dict[str, Any], words: str, exported: Any, postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url, **changes)
    code, err = exported(str(tmp_path / "ids.txt"))
    assert (code, words in err, list(tmp_path.iterdir())) == (1, True, [])
    assert exported(str(tmp_path / "ids.txt"), partial=True)[0] == 0
    assert (tmp_path / "ids.txt").read_text() == SORTED


def test_of_a_drain_that_has_not_ended_what_is_there_can_be_had(
    exported: Any, postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url, ended=False)
    code, err = exported(str(tmp_path / "ids.txt"))
    told = "not complete: 3 events are stored, no drain came to its end; run scrapy crawl events"
    assert (code, err) == (1, f"scrapy export-ids: {told}; --partial writes what is there\n")


def test_nothing_drained_is_nothing_to_export(exported: Any, tmp_path: Path) -> None:
    code, err = exported(str(tmp_path / "ids.txt"))
    assert (code, "nothing was drained yet" in err, "--partial" in err) == (1, True, False)


def test_an_empty_set_is_an_empty_file(exported: Any, tmp_path: Path) -> None:
    assert exported(str(tmp_path / "ids.txt"), partial=True)[0] == 0
    assert (tmp_path / "ids.txt").read_bytes() == b""


def test_a_file_that_cannot_be_written_is_told(exported: Any, postgres_url: str) -> None:
    fill(postgres_url)
    code, err = exported("/proc/ids.txt")
    assert (code, "cannot be written" in err, err.count("\n")) == (1, True, 1)


def test_no_folder_is_made_for_it(exported: Any, tmp_path: Path) -> None:
    file = tmp_path / "no" / "ids.txt"
    told = f"scrapy export-ids: {file} cannot be written: there is no folder {file.parent}\n"
    assert exported(str(file)) == (2, told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", [".", "", "..", "/"])
def test_what_is_no_file_is_told_in_one_line(target: str, exported: Any, postgres_url: str) -> None:
    fill(postgres_url)
    code, err = exported(target)
    assert (code, "cannot be written: it is a folder" in err, err.count("\n")) == (2, True, 1)


@pytest.mark.parametrize("linked", [False, True])
def test_what_is_there_and_no_regular_file_stays(
    linked: bool, exported: Any, postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url)
    os.mkfifo(tmp_path / "pipe")
    target = tmp_path / "link" if linked else tmp_path / "pipe"
    if linked:
        target.symlink_to(tmp_path / "pipe")
    code, err = exported(str(target))
    assert (code, "else than a regular file" in err) == (2, True)
    assert (tmp_path / "pipe").is_fifo()
    assert target.is_symlink() is linked


def test_where_nothing_was_begun_no_database_is_made(exported: Any, tmp_path: Path) -> None:
    code, err = exported(str(tmp_path / "ids.txt"), DATABASE_URL="", STATE_DIR=str(tmp_path / "state"))
    assert (code, "nothing is there yet" in err) == (1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("args", [(), ("a", "b")])
def test_one_file_is_named(args: tuple[str, ...], exported: Any) -> None:
    assert exported(*args)[0] == 2
