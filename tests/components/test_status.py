"""``scrapy status`` tells what the ledger knows, to people and to programs, and leaves it as it is."""

from __future__ import annotations

import argparse
import fcntl
import os
import time
from threading import Timer
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec.structs import replace

from datasync_crawler.adapters.ledger import Ledger, SubmissionIntent
from datasync_crawler.adapters.state import held, is_held
from datasync_crawler.commands import status as command
from datasync_crawler.commands.status import Command
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.domain.status import Status
from datasync_crawler.domain.view import VIEW, Health, LaneView, State, View

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scrapy.crawler import Crawler

LANE = LaneView("list", "header", pages=1, in_flight=2, refused=1, left=4, limit=10)


def seen(age: float = 1.0, state: State = State.HEALTHY, **changes: Any) -> View:
    """A view that a crawl left so many seconds ago."""
    view = View(time.time() - age, "events", total=4, active=75.0, rate=9.0, eta=30.0, lanes=(LANE,))
    return msgspec.structs.replace(view, health=Health(state), **changes)


def fill(url: str, *, proven: bool, view: View | None) -> None:
    """A ledger of two events, in one shard, that a crawler elsewhere has leased."""
    with Ledger.open(url) as ledger:
        (shard,) = ledger.plant([(None, None)])
        ends = Checkpoint(1, "b", proof="end" if proven else None)
        ledger.store(StoredPage(shard.id, ledger.lease("elsewhere"), "list", Page(["a", "b"], [2, 1]), ends))
        if view is not None:
            ledger.remember(VIEW, VIEW, view.to_json())
            with ledger.transaction() as cursor:
                cursor.execute("UPDATE ingestion_progress SET updated_at = to_timestamp(%s)", (view.at,))
        if proven:
            ledger.remember("verdict", "complete", Verdict(complete=True, count=2).to_json())


@pytest.fixture
def told(
    crawler_with: Callable[..., Crawler], capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command without a key; gives its exit code and both outputs."""

    def tell(url: str, *args: str, watch: bool = False, json: bool = False) -> tuple[int, str, str]:
        asked: Any = Command()
        asked.settings = crawler_with(DATABASE_URL=url, TARGET_API_KEY="").settings
        asked.run(list(args), argparse.Namespace(watch=watch, json=json))
        out, err = capsys.readouterr()
        return asked.exitcode, out, err

    return tell


def test_a_crawl_on_its_way_is_told_of_with_the_rows_of_this_moment(told: Any, postgres_url: str) -> None:
    fill(postgres_url, proven=False, view=seen(events=1))
    code, out, _ = told(postgres_url)
    assert code == 0
    assert out.splitlines() == [
        "2 of 4 events, 50.0 %, 9 events/s (0 over all), about 30 s left, 1 of 1 shards open",
        "  list: 1 pages, 4/10 calls left, 2 in flight, 1 refused",
        "a crawl runs, for 1 min 15 s so far",
    ]


def test_a_crawl_that_was_not_seen_lately_is_gone_and_has_no_pace(told: Any, postgres_url: str) -> None:
    fill(postgres_url, proven=False, view=seen(age=3_600.0, key_left=7_190.0))
    code, out, _ = told(postgres_url)
    assert code == 1
    assert "0 events/s" in out
    assert "left," not in out.splitlines()[0]
    assert "0 in flight" in out
    assert "stalled: the last crawl was killed" in out
    assert "key lives 59 min" in out
    assert "no crawl runs; 1 min 15 s of work so far, the last at " in out


def test_crawls_that_were_killed_more_than_once_are_counted(told: Any, postgres_url: str) -> None:
    fill(postgres_url, proven=False, view=seen(age=3_600.0, killed=1))
    assert told(postgres_url)[1].splitlines()[-1].endswith(" UTC, killed 2 times")


def test_a_crawl_that_was_killed_just_now_does_not_run(told: Any, postgres_url: str, tmp_path: Path) -> None:
    fill(postgres_url, proven=False, view=seen())
    (tmp_path / "holder").write_text("elsewhere")
    code, out, _ = told(postgres_url)
    assert (code, "stalled: the last crawl was killed" in out, "no crawl runs" in out) == (1, True, True)
    with held(tmp_path):
        assert "a crawl runs" in told(postgres_url)[1]


def test_a_crawl_that_has_just_ended_does_not_run(told: Any, postgres_url: str) -> None:
    fill(postgres_url, proven=False, view=seen(ended=True))
    code, out, _ = told(postgres_url)
    assert (code, "no crawl runs" in out) == (1, True)


def test_what_a_crawl_failed_of_is_still_told_when_it_has_ended(told: Any, postgres_url: str) -> None:
    failed = replace(seen(age=3_600.0, ended=True), health=Health(State.FAILED, ("no way leads there",)))
    fill(postgres_url, proven=False, view=failed)
    assert "failed: no way leads there" in told(postgres_url)[1]


def test_while_a_command_is_at_work_that_shows_nothing_yet_all_is_well(
    told: Any, postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url, proven=False, view=None)
    with held(tmp_path):
        code, out, _ = told(postgres_url)
    assert code == 0
    assert out.splitlines()[-1].startswith("a command is at work")
    assert told(postgres_url)[0] == 1


def test_who_asks_whether_the_state_is_held_keeps_nobody_from_holding_it(tmp_path: Path) -> None:
    with held(tmp_path):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)
    asking = (tmp_path / "lock").open()
    fcntl.flock(asking, fcntl.LOCK_SH)
    Timer(0.01, asking.close).start()
    with held(tmp_path):
        assert is_held(tmp_path)


def test_a_demo_is_pointed_at(told: Any, postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "demo.json").touch()
    assert f"STATE_DIR={tmp_path / 'demo'} scrapy status" in told(postgres_url)[2]


def test_a_status_that_nobody_reads_is_no_error(told: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(postgres_url, proven=False, view=seen())
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as out:
        monkeypatch.setattr("sys.stdout", out)
        code, _, err = told(postgres_url, json=True, watch=True)
    assert (code, err) == (0, "")


def test_a_crawl_that_stalls_is_not_well(told: Any, postgres_url: str) -> None:
    fill(postgres_url, proven=False, view=seen(state=State.STALLED))
    assert told(postgres_url)[0] == 1


def test_a_complete_set_says_so_and_ends_the_watching(told: Any, postgres_url: str) -> None:
    fill(postgres_url, proven=True, view=seen(age=3_600.0, state=State.COMPLETE))
    with Ledger.open(postgres_url) as ledger:
        ledger.intend(SubmissionIntent(2, "digest", "key", "https://git.test/a/b", partial=False, at=0.0))
    code, out, _ = told(postgres_url, watch=True)
    assert code == 0
    assert out.splitlines()[-2:] == [
        "proven complete: 2 events",
        "submitted 2 events for https://git.test/a/b at 1970-01-01 00:00:00 UTC: pending",
    ]


def test_watching_goes_on_until_the_set_is_complete(
    told: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(postgres_url, proven=False, view=seen())

    def finish(_seconds: float) -> None:
        with Ledger.open(postgres_url) as ledger:
            ledger.finish(1, ledger.lease("elsewhere"), "end")
            ledger.remember("verdict", "complete", Verdict(complete=True, count=2).to_json())

    monkeypatch.setattr(command.time, "sleep", finish)
    code, out, _ = told(postgres_url, watch=True)
    assert (code, out.count("2 of 4 events")) == (0, 2)


def test_programs_get_all_of_it_as_json(told: Any, postgres_url: str) -> None:
    fill(postgres_url, proven=False, view=seen())
    code, out, _ = told(postgres_url, json=True)
    status = msgspec.json.decode(out, type=Status)
    assert (code, status.running, status.view.events, status.view.lanes) == (0, True, 2, (LANE,))


def test_a_ledger_of_which_no_crawl_left_a_view_tells_its_rows(told: Any, postgres_url: str) -> None:
    fill(postgres_url, proven=False, view=None)
    code, out, _ = told(postgres_url)
    assert (code, out.splitlines()[-1]) == (1, "no crawl has begun to drain")
    assert out.startswith("2 events, ")


def test_a_database_without_a_ledger_is_left_without_one(told: Any, postgres_url: str) -> None:
    for _ in range(2):
        code, out, err = told(postgres_url)
        assert (code, out) == (1, "")
        assert "nothing is there yet" in err


def test_a_view_of_another_version_is_one_clear_line(told: Any, postgres_url: str) -> None:
    fill(postgres_url, proven=False, view=None)
    with Ledger.open(postgres_url) as ledger:
        ledger.remember(VIEW, VIEW, b'{"strange": 1}')
    code, _, err = told(postgres_url)
    assert (code, err.count("\n")) == (1, 1)
    assert "another version" in err


def test_arguments_are_wrong_use(told: Any, postgres_url: str) -> None:
    code, _, err = told(postgres_url, "more")
    assert (code, err) == (2, "scrapy status: unexpected argument: more (see --help)\n")
