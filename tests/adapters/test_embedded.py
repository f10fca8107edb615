from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg2
import pytest

from datasync_crawler.adapters import embedded
from datasync_crawler.adapters.embedded import EmbeddedPostgres
from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.domain.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

HOLDER = """
import sys
from pathlib import Path
from datasync_crawler.adapters.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as postgres:
    print(postgres.url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not under pytest's own folder: a socket's path must be short."""
    home = Path(tempfile.mkdtemp(prefix="datasync-tests-", dir="/tmp"))
    yield home / "postgres"
    with suppress(FileNotFoundError):
        EmbeddedPostgres(home / "postgres").remove()
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def holder(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that holds the folder, and the URL it tells."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert select.select([process.stdout], [], [], 60)[0], "no server within a minute"
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def server_pid(folder: Path) -> int:
    return int((data_of(folder) / "postmaster.pid").read_text().split()[0])


def data_of(folder: Path) -> Path:
    return (folder / "data").resolve() if os.geteuid() == 0 else folder


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def setting(url: str, name: str) -> str:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(f"SHOW {name}")
            return str((cursor.fetchone() or ("",))[0])
    finally:
        connection.close()


def test_data_outlives_a_killed_holder_and_the_server_ends_with_the_last_one(folder: Path) -> None:
    with holder(folder) as (process, url):
        with Ledger.open(url) as ledger:
            ledger.remember("kind", "name", b"1")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    with EmbeddedPostgres(folder) as postgres, Ledger.open(postgres.url) as ledger:
        assert ledger.remembered("kind") == {"name": b"1"}
        pid = server_pid(folder)
    assert not runs(pid)


def test_data_outlives_a_killed_server(folder: Path) -> None:
    with holder(folder) as (process, url):
        with Ledger.open(url) as ledger:
            ledger.remember("kind", "name", b"1")
        process.send_signal(signal.SIGKILL)
        os.kill(server_pid(folder), signal.SIGKILL)
        process.wait(10)
    with EmbeddedPostgres(folder) as postgres, Ledger.open(postgres.url) as ledger:
        assert ledger.remembered("kind") == {"name": b"1"}


def test_a_server_that_is_killed_while_it_is_held_is_started_again(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres:
        with Ledger.open(postgres.url) as ledger:
            ledger.remember("kind", "name", b"1")
        killed = server_pid(folder)
        os.kill(killed, signal.SIGKILL)
        assert first_answer(postgres.url) == {"name": b"1"}
        pid = server_pid(folder)
        assert pid != killed
    assert not runs(pid)


def first_answer(url: str) -> dict[str, bytes]:
    """What the ledger remembers, as soon as somebody answers."""
    last = time.monotonic() + 60
    while True:
        try:
            with Ledger.open(url) as ledger:
                return ledger.remembered("kind")
        except LedgerError:
            assert time.monotonic() < last
            time.sleep(0.05)


def test_a_pid_file_that_names_another_program_is_no_server(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        stale = (data_of(folder) / "postmaster.pid").read_text()
    lines = [str(os.getpid()), *stale.splitlines()[1:]]
    (data_of(folder) / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with EmbeddedPostgres(folder) as postgres:
        assert setting(postgres.url, "fsync") == "on"
        assert server_pid(folder) != os.getpid()


def test_one_server_serves_all_holders(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres:
        with holder(folder) as (process, url):
            assert url == postgres.url
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)
        assert setting(postgres.url, "max_wal_size") == "4GB"
        assert setting(postgres.url, "shared_buffers") == "256MB"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's data lies elsewhere")
def test_data_of_a_deleted_folder_is_not_found_again(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres, Ledger.open(postgres.url) as ledger:
        ledger.remember("kind", "name", b"1")
    place = data_of(folder)
    assert place.parent == Path("/var/tmp")  # noqa: S108 - it is named in the contract
    shutil.rmtree(folder)
    with EmbeddedPostgres(folder) as postgres, Ledger.open(postgres.url) as ledger:
        assert ledger.remembered("kind") == {}
    assert data_of(folder) == place


def test_removing_leaves_nothing(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder)
    with postgres:
        place = data_of(folder)
    postgres.remove()
    assert not place.exists()
    assert not folder.exists()


def test_a_server_that_cannot_start_is_told_with_its_log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_HOPE", 0.0)
    with EmbeddedPostgres(folder):
        place = data_of(folder)
    with (place / "postgresql.conf").open("a") as configuration:
        configuration.write("\nno_such_setting = 1\n")
    with pytest.raises(LedgerError, match=f"{place}/log"), EmbeddedPostgres(folder):
        pass
