"""A session with PostgreSQL: the one place where the driver's errors become ours."""

from __future__ import annotations

from contextlib import contextmanager
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


@contextmanager
def ledger_errors(doing: str = "PostgreSQL failed") -> Iterator[None]:
    """Turns every error of the driver into a LedgerError of one line."""
    try:
        yield
    except psycopg2.Error as error:
        raise LedgerError(f"{doing}: {_first_line(error)}") from error


def _first_line(error: psycopg2.Error) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def connect(url: str) -> Connection:
    """A connection to ``url``; ConfigurationError when that is no PostgreSQL address, LedgerError when nobody answers.

    No message holds the password.
    """
    try:
        parts = parse_dsn(url)
    except psycopg2.ProgrammingError:
        # The driver's own message quotes the address, and with it the password.
        raise ConfigurationError("DATABASE_URL is not a PostgreSQL address (postgresql://user@host/name)") from None
    try:
        return psycopg2.connect(url, connect_timeout=10, application_name="datasync_crawler", keepalives_idle=30)
    except psycopg2.Error as error:
        reason = _first_line(error)
        for secret in filter(None, (parts.get("password"), quote(parts.get("password", ""), safe=""))):
            reason = reason.replace(secret, "***")
        raise LedgerError(f"the database cannot be reached: {reason}") from None


class Session:
    """One connection, used by one thread at a time; every public call of its heirs is one transaction."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = connect(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the session; what was not committed is gone."""
        self._connection.close()

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
