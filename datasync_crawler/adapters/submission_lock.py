"""The lock that lets one submission at a time through, whatever machine it comes from."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from datasync_crawler.adapters.postgres import connect, ledger_errors
from datasync_crawler.domain.errors import StateBusy

if TYPE_CHECKING:
    from collections.abc import Iterator

# Any constant will do, as long as every submission takes the same one and nothing else does.
_LOCK = 7283641163


@contextmanager
def sole_submission(url: str) -> Iterator[None]:
    """Holds the database's lock on submissions; StateBusy at once when another session has it.

    The lock ends with its session, so a killed submission leaves none behind.
    """
    with closing(connect(url)) as connection:
        connection.autocommit = True
        with ledger_errors(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))
            row = cursor.fetchone()
        if row != (True,):
            raise StateBusy("another submission is under way on this database")
        yield
