"""A ledger on a fresh database, and a second pair of hands that does what the ledger never would."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from datasync_crawler.adapters.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[Ledger]:
    with Ledger.open(postgres_url) as opened:
        yield opened


@pytest.fixture
def execute(postgres_url: str) -> Callable[..., list[tuple[Any, ...]]]:
    """Runs a statement on a connection of its own and returns its rows."""

    def run(statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(postgres_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    return run
