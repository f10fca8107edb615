"""A session with PostgreSQL: the one place where the driver's errors become ours."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import psycopg2
from psycopg2.extensions import parse_dsn

from datasync_crawler.adapters.queries import QUERIES
from datasync_crawler.domain.errors import ConfigurationError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class


class Fenced(LedgerError):
    """Raised when a shard was leased to somebody else meanwhile, from everything that moves a shard."""

    exit_code = 5


def fenced(shard: int, generation: int) -> Fenced:
    """What is to be raised when a generation does not hold a shard any more."""
    return Fenced(f"another crawler has taken over: generation {generation} no longer holds shard {shard}")


class LedgerAway(LedgerError):
    """Raised when PostgreSQL cannot work at present: it is gone, starting, full or busy, which may all pass.

    Whether a transaction that was being committed has happened is not known then.
    """


# What SQLSTATE begins with: connections, resources (a full disk, too many connections), deadlocks, shutdowns and
# starts, the system's own errors; a standby that is not yet the one to write to, a transaction that took too long.
_PASSING = ("08", "53", "40", "57P", "58", "25006", "25P03")


@contextmanager
def ledger_errors(doing: str = "PostgreSQL failed") -> Iterator[None]:
    """Turns every error of the driver into a LedgerError of one line, LedgerAway where it may pass."""
    try:
        yield
    except psycopg2.Error as error:
        kind = LedgerAway if _may_pass(error) else LedgerError
        raise kind(f"{doing}: {_first_line(error)}") from error


def _may_pass(error: psycopg2.Error) -> bool:
    if error.pgcode is not None:
        return error.pgcode.startswith(_PASSING)
    # The server said nothing: the connection is gone. What the driver itself finds wrong is of other classes.
    return type(error) in (psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.DatabaseError)


def _first_line(error: psycopg2.Error) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def connect(url: str, patience: int = 10) -> Connection:
    """A connection to ``url``; ConfigurationError when that is no PostgreSQL address, LedgerAway when nobody answers.

    Each of its hosts has ``patience`` seconds. No message holds the password. Later, a network that has gone without
    a word is noticed within a minute.
    """
    try:
        parts = parse_dsn(url)
    except psycopg2.ProgrammingError:
        # The driver's own message quotes the address, and with it the password.
        raise ConfigurationError("DATABASE_URL is not a PostgreSQL address (postgresql://user@host/name)") from None
    try:
        return psycopg2.connect(
            url,
            connect_timeout=patience,
            application_name="datasync_crawler",
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            tcp_user_timeout=60_000,
        )
    except psycopg2.Error as error:
        reason = _first_line(error)
        for secret in filter(None, (parts.get("password"), quote(parts.get("password", ""), safe=""))):
            reason = reason.replace(secret, "***")
        raise LedgerAway(f"the database cannot be reached: {reason}") from None


def _session(url: str, patience: int) -> Connection:
    connection = connect(url, patience)
    try:
        with ledger_errors(), connection, connection.cursor() as cursor:
            cursor.execute(QUERIES["leave_nothing_locked"])
    except BaseException:
        connection.close()
        raise
    return connection


class Session:
    """One connection, used by one thread at a time; every public call of its heirs is one transaction."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = _session(url, 10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the session; what was not committed is gone."""
        self._connection.close()

    def reconnect(self) -> None:
        """A new connection in place of the one that was lost; LedgerAway when nobody answers."""
        with suppress(psycopg2.Error):
            self._connection.close()
        # Who waits for a database that was lost tries again anyway, and may be told to end meanwhile.
        self._connection = _session(self._url, 3)

    def cut(self) -> None:
        """Breaks the connection, from any thread: what waits for it fails at once, with LedgerAway."""
        with suppress(psycopg2.Error, OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Commits at the end, rolls back on any exception; errors of the driver come out as LedgerError."""
        with ledger_errors(), self._connection, self._connection.cursor() as cursor:
            yield cursor

    def _rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.transaction() as cursor:
            cursor.execute(QUERIES[query], values)
            return cursor.fetchall()

    def _run(self, query: str, **values: Any) -> int:
        """The number of rows that the query touched."""
        with self.transaction() as cursor:
            cursor.execute(QUERIES[query], values)
            return cursor.rowcount
