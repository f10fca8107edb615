"""``scrapy preflight`` finds what stands in a run's way, and spends nothing of the key."""

from __future__ import annotations

import argparse
import hashlib
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from datasync_crawler.adapters import machine
from datasync_crawler.adapters.ledger import Call, Ledger
from datasync_crawler.adapters.machine import look_at_disk, look_at_python, look_for_browser
from datasync_crawler.adapters.reach import look_at_service
from datasync_crawler.adapters.state import held
from datasync_crawler.commands.preflight import Command
from datasync_crawler.domain.check import Check, Grade, expected_seconds, worst
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.profile import Pool
from datasync_crawler.domain.shard import Checkpoint
from tests.components.secret import KEY
from tests.flow.worlds import THREE_LANES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scrapy.crawler import Crawler

WORLD = msgspec.structs.replace(THREE_LANES, totals=(("stats", 30_000),))


class Door:
    """A service that says that it is there, and remembers everything that it was told."""

    def __init__(self, status: int, ahead: float) -> None:
        told = self.told = list[str]()

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                told.append(f"{self.path} {self.headers}")
                self.send_response_only(status)
                self.send_header("Date", formatdate(time.time() + ahead, usegmt=True))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def door() -> Iterator[Callable[..., Door]]:
    opened: list[Door] = []

    def make(status: int = 200, ahead: float = 0.0) -> Door:
        opened.append(Door(status, ahead))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def flown(
    crawler_with: Callable[..., Crawler], capsys: pytest.CaptureFixture[str], postgres_url: str, tmp_path: Path
) -> Callable[..., tuple[int, dict[str, str], str]]:
    """Runs the command; gives its exit code, its lines by what they are about, and what it said on stderr."""

    def fly(url: str, *args: str, **changes: Any) -> tuple[int, dict[str, str], str]:
        asked: Any = Command()
        chosen = {"API_BASE_URL": f"{url}/api", "DATABASE_URL": postgres_url, "STATE_DIR": str(tmp_path / "state")}
        asked.settings = crawler_with(**{**chosen, **changes}).settings
        asked.run(list(args), argparse.Namespace())
        out, err = capsys.readouterr()
        return asked.exitcode, {line[9:].split(":")[0]: line for line in out.splitlines()}, err

    return fly


def test_a_run_that_can_begin_is_told_what_it_will_do(flown: Any, door: Any) -> None:
    service = door()
    code, lines, _ = flown(service.url)
    assert code == 0
    assert {line.split()[0] for name, line in lines.items() if name != "browser"} == {"ok"}
    assert lines["key"].endswith("it has not been used yet")
    assert "find out how the service works" in lines["plan"]
    assert KEY not in "".join([*service.told, *lines.values()])


def test_with_a_profile_the_lanes_and_the_time_are_told(flown: Any, door: Any, postgres_url: str) -> None:
    service = door()
    with Ledger.open(postgres_url) as ledger:
        ledger.save_profile(msgspec.structs.replace(WORLD, api_base=f"{service.url}/api").to_json())
    _, lines, _ = flown(service.url)
    assert lines["plan"].endswith("drain 30000 events through header, query, feed, in about 39 min 0 s or less")


def test_a_complete_set_leaves_nothing_to_do(flown: Any, door: Any, postgres_url: str) -> None:
    url = door().url
    with Ledger.open(postgres_url) as ledger:
        ledger.bind(url)
        (shard,) = ledger.plant([(None, None)])
        ledger.store(StoredPage(shard.id, ledger.lease(), "list", Page(["a"], [1]), Checkpoint(1, "a", proof="end")))
        ledger.remember("verdict", "complete", Verdict(complete=True, count=1).to_json())
    assert flown(url)[1]["plan"].endswith("nothing: 1 events are proven complete")


@pytest.mark.parametrize(
    ("age", "words"), [(60.0, "it lives 2 h 59 min more"), (10_860.0, "its life ended 1 min 0 s ago – get a new one")]
)
def test_what_is_left_of_the_key_is_told(age: float, words: str, flown: Any, door: Any, postgres_url: str) -> None:
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    with Ledger.open(postgres_url) as ledger:
        ledger.note_calls([Call("list", digest, time.time() - age)])
    assert words in flown(door().url)[1]["key"]


def test_a_database_that_is_not_there_stands_in_the_way(flown: Any, door: Any) -> None:
    code, lines, _ = flown(door().url, DATABASE_URL="postgresql://me:hush@127.0.0.1:9/events")
    assert (code, lines["database"].split()[0]) == (2, "failed")
    assert "hush" not in str(lines)


def test_a_run_that_holds_the_state_stands_in_the_way(flown: Any, door: Any, tmp_path: Path) -> None:
    with held(tmp_path / "state"):
        code, lines, _ = flown(door().url)
    assert code == 2
    assert "another run holds" in lines["state"]


def test_a_service_that_does_not_answer_stands_in_the_way(flown: Any) -> None:
    code, lines, _ = flown("http://127.0.0.1:9")
    assert code == 2
    assert lines["service"].startswith("failed   service: nothing answers at http://127.0.0.1:9/")


def test_a_name_that_nobody_can_have_is_one_that_does_not_answer() -> None:
    (check,) = look_at_service("http://a..b/", "me")
    assert (check.grade, "nothing answers at http://a..b/" in check.line()) == (Grade.FAILED, True)


def test_without_a_key_all_the_rest_is_looked_at(flown: Any, door: Any) -> None:
    code, lines, _ = flown(door().url, TARGET_API_KEY="")
    assert code == 2
    assert lines["key"].startswith("failed   key: TARGET_API_KEY is not set")
    assert {"database", "service", "plan"} <= lines.keys()


@pytest.mark.parametrize(("kind", "name"), [("verdict", "complete"), ("pool", "list")])
def test_what_another_version_kept_is_told(kind: str, name: str, flown: Any, door: Any, postgres_url: str) -> None:
    service = door()
    with Ledger.open(postgres_url) as ledger:
        ledger.save_profile(msgspec.structs.replace(WORLD, api_base=f"{service.url}/api").to_json())
        ledger.remember(kind, name, b'{"complete": "perhaps"}')
    code, lines, _ = flown(service.url)
    assert (code, "written by another version" in lines["plan"]) == (0, True)


@pytest.mark.parametrize(("args", "changes"), [(("more",), {}), ((), {"MAX_IN_FLIGHT": "many"})])
def test_wrong_use_is_one_line(args: tuple[str, ...], changes: dict[str, str], flown: Any) -> None:
    code, lines, err = flown("http://127.0.0.1:9", *args, **changes)
    assert (code, lines, err.count("\n")) == (2, {}, 1)


def test_a_readable_file_with_the_key_is_a_warning_and_no_hindrance(flown: Any, door: Any) -> None:
    code, lines, _ = flown(door().url, DOTENV_EXPOSED=True)
    assert (code, lines["settings"].split()[0]) == (0, "warning")


@pytest.mark.parametrize("status", [204, 401, 404, 500])
def test_whatever_the_service_answers_it_is_there(status: int, door: Any) -> None:
    seen = look_at_service(door(status).url, "me")
    assert [check.grade for check in seen] == [Grade.FINE, Grade.FINE]


@pytest.mark.parametrize(("ahead", "words"), [(60.0, "behind"), (-60.0, "before")])
def test_a_clock_that_is_far_from_the_service_s_is_a_warning(ahead: float, words: str, door: Any) -> None:
    clock = look_at_service(door(ahead=ahead).url, "me")[1]
    assert clock.grade is Grade.WORSE
    assert words in clock.seen


@pytest.mark.parametrize(("free", "grade"), [(3 << 30, Grade.FINE), (1 << 30, Grade.WORSE), (100 << 20, Grade.FAILED)])
def test_room_on_the_disk_is_looked_at(
    free: int, grade: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: argparse.Namespace(free=free))
    assert look_at_disk(tmp_path / "state").grade is grade


def test_a_folder_that_cannot_be_written_to_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert look_at_disk(tmp_path / "file" / "state").grade is Grade.FAILED


def test_a_browser_is_missed_and_a_wrong_one_stands_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert look_for_browser("", str(tmp_path)).grade is Grade.WORSE
    assert look_for_browser("/nowhere", "").grade is Grade.FAILED


def test_an_old_interpreter_stands_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert look_at_python().grade is Grade.FINE
    monkeypatch.setattr(machine.sys, "version_info", (3, 10))
    assert look_at_python().grade is Grade.FAILED


def test_limits_that_were_learned_beat_those_that_were_announced() -> None:
    slower = expected_seconds(WORLD, {"list header": Pool("list header", 1, 60.0)}, 0)
    assert slower is not None
    assert slower > (expected_seconds(WORLD, {}, 0) or 0.0)


def test_without_a_limit_or_a_total_no_time_is_told() -> None:
    assert expected_seconds(THREE_LANES, {}, 0) is None
    unlimited = tuple(Pool(pool.name) for pool in WORLD.pools)
    assert expected_seconds(msgspec.structs.replace(WORLD, pools=unlimited), {}, 0) is None


def test_the_worst_check_decides() -> None:
    good, bad = Check("a", Grade.FINE, ""), Check("b", Grade.FAILED, "")
    assert worst([good, Check("c", Grade.WORSE, "")]) is Grade.WORSE
    assert worst([bad, good]) is Grade.FAILED
    assert worst([]) is Grade.FINE
