"""A PostgreSQL that breaks when told to, and a wire to it that breaks within a commit."""

from __future__ import annotations

import os
import signal
import socket
import struct
import threading
import time
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

import psycopg2

from datasync_crawler.adapters.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_COMMIT, _COPY = b"COMMIT\0", b"COPY ingested_events"
_FULL = b"SFATAL\0C53300\0Msorry, too many clients already\0\0"
_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'datasync_crawler'"
_DISK_FULL = """
CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE 'no room' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER no_room BEFORE UPDATE ON ingestion_progress FOR EACH ROW EXECUTE FUNCTION no_room();
"""
_LOOK_EVERY = 0.02


class BreakableServer:
    """A server of its own on data in ``folder``, committed to the disk as usual; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        EmbeddedPostgres(self._folder).remove()

    @property
    def pid(self) -> int:
        """The process that all others of the server come from."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split("\n")[0])

    def start(self) -> None:
        """Starts it again; returns when it answers."""
        self.url = self._held.enter_context(EmbeddedPostgres(self._folder, kept=False)).url

    def die(self, signal_: signal.Signals, seconds: float) -> None:
        """Ends it by a signal, and starts it again so many seconds later: KILL, or QUIT for an immediate stop."""
        dying = self.pid
        os.kill(dying, signal_)
        _until(lambda: not _runs(dying))
        time.sleep(seconds)
        self.start()

    def crash(self) -> None:
        """Kills the process of one session: the server ends all of them, replays its log and goes on."""
        os.kill(self._sessions()[0], signal.SIGKILL)

    def cut(self) -> None:
        """Ends the crawlers' sessions."""
        for pid in self._sessions():
            os.kill(pid, signal.SIGTERM)

    def refuse_rows(self, seconds: float) -> None:
        """Answers for so many seconds to every page as a server does whose disk is full."""
        self._execute(_DISK_FULL)
        time.sleep(seconds)
        self._execute("DROP TRIGGER no_room ON ingestion_progress")

    def _execute(self, statement: str) -> None:
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def _sessions(self) -> list[int]:
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"{_SESSIONS} ORDER BY backend_start DESC")
            return [pid for (pid,) in cursor.fetchall()]


class BreakableWire:
    """An address on the loopback behind which the server is; a context manager."""

    def __init__(self, server: BreakableServer) -> None:
        self._socket = _socket_of(server.url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._cut: bool | None = None
        self._full_until = 0.0
        self.url = f"postgresql://postgres@127.0.0.1:{self._listener.getsockname()[1]}/postgres?sslmode=disable"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def cut_in_commit(self, *, happened: bool) -> None:
        """Breaks the connection that next commits rows, before or after the server has; returns when it is broken."""
        self._cut = happened
        _until(lambda: self._cut is None)

    def refuse(self, seconds: float) -> None:
        """Answers who connects as a server does that has too many clients."""
        self._full_until = time.monotonic() + seconds

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            if time.monotonic() < self._full_until:
                client.recv(1 << 16)
                client.sendall(b"E" + struct.pack(">i", len(_FULL) + 4) + _FULL)
                return
            server.connect(self._socket)
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            self._forward(client, server)
            back.join()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        copied = False
        while block := client.recv(1 << 16):
            copied = copied or _COPY in block
            if copied and block.endswith(_COMMIT):
                happened, copied = self._cut, False
                if happened is not None:
                    self._break(client, server, block if happened else b"")
                    return
            server.sendall(block)
        server.shutdown(socket.SHUT_WR)

    def _break(self, client: socket.socket, server: socket.socket, last: bytes) -> None:
        """Nobody hears of what the server answers; that it did so is waited for by ending its session in order."""
        client.shutdown(socket.SHUT_RDWR)
        server.sendall(last + b"X\0\0\0\4" if last else b"")
        server.shutdown(socket.SHUT_WR)
        self._cut = None


def _too_many_clients(server: BreakableServer, wire: BreakableWire, seconds: float) -> None:
    wire.refuse(seconds)
    server.cut()


FAULTS: dict[str, Callable[[BreakableServer, BreakableWire, float], None]] = {
    "killed -9": lambda server, _, seconds: server.die(signal.SIGKILL, seconds),
    "stopped at once": lambda server, _, seconds: server.die(signal.SIGQUIT, seconds),
    "a session killed -9": lambda server, *_: server.crash(),
    "sessions ended": lambda server, *_: server.cut(),
    "cut before a commit": lambda _, wire, __: wire.cut_in_commit(happened=False),
    "cut after a commit": lambda _, wire, __: wire.cut_in_commit(happened=True),
    "too many clients": _too_many_clients,
    "disk full": lambda server, _, seconds: server.refuse_rows(seconds),
}
"""What can be done to a server and the wire to it, by name; some of it for so many seconds."""


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(1 << 16):
            sink.sendall(block)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def _socket_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["host"][0] + "/.s.PGSQL.5432"


def _runs(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def _until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    last = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > last:
            raise TimeoutError("nothing came of it")
        time.sleep(_LOOK_EVERY)
