from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_gets_an_empty_database(postgres_url: str, turn: str) -> None:
    with closing(psycopg2.connect(postgres_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE left_behind (turn text)")  # fails where the other turn's table is still there
        cursor.execute("INSERT INTO left_behind VALUES (%s)", (turn,))
        cursor.execute("SELECT turn FROM left_behind")
        assert cursor.fetchall() == [(turn,)]


def test_a_connection_left_open_does_not_keep_the_database(postgres_url: str) -> None:
    left_open = psycopg2.connect(postgres_url)
    assert left_open.info.dbname.startswith("test_")
