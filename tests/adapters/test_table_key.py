"""A table without its key: nothing is lost, every copy is counted, nothing is proven; and how the key comes back."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from datasync_crawler.adapters.ledger import Fenced, Ledger, Stored
from datasync_crawler.adapters.standing import UNKEYED
from datasync_crawler.domain.errors import LedgerError, NotComplete
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from collections.abc import Callable

    Execute = Callable[..., list[tuple[Any, ...]]]

TEXTS = ["7", "x", "ß", "abc"]


@pytest.fixture
def generation(ledger: Ledger) -> int:
    """The holder of two shards of a table whose key is left out."""
    ledger.plant([(None, 10), (10, None)])
    ledger.drop_key()
    return ledger.lease()


def counted(ledger: Ledger) -> list[tuple[int, int]]:
    return [(shard.rows, shard.met) for shard in ledger.shards()]


def overlapping(ledger: Ledger, generation: int, ids: list[str]) -> None:
    """Two finished shards, of which the smaller has nothing of its own."""
    ledger.store(page_of(ids, generation, shard=2, proof="passed"))
    ledger.store(page_of(ids[:2], generation, shard=1, proof="passed"))


def test_without_a_key_every_row_counts_as_new(ledger: Ledger, generation: int) -> None:
    page = page_of(uuids(range(5)), generation)
    assert ledger.store_all([page, page]) == [Stored(5, 0), Stored(5, 0)]
    assert ledger.standing().events == ledger.standing().claimed == 10


@pytest.mark.parametrize("ids", [uuids(range(6)), TEXTS], ids=["UUIDs", "texts"])
def test_building_the_key_removes_copies_and_counts_them_as_met(
    ledger: Ledger, generation: int, ids: list[str]
) -> None:
    overlapping(ledger, generation, ids)
    assert ledger.build_key() == 2
    assert ledger.keyed
    assert list(ledger.ids()) == sorted(ids, key=str.encode)
    assert counted(ledger) == [(2, 0), (len(ids) - 2, 2)]
    assert ledger.standing().proven


def test_more_copies_than_any_shard_has_rows_are_taken_from_several(ledger: Ledger, generation: int) -> None:
    for shard in (1, 1, 2, 2):
        ledger.store(page_of(uuids([1]), generation, shard=shard))
    assert ledger.build_key() == 3
    assert sorted(counted(ledger)) == [(0, 2), (1, 1)]


def test_a_key_is_built_once(ledger: Ledger, generation: int) -> None:
    overlapping(ledger, generation, uuids(range(4)))
    assert [ledger.build_key(), ledger.build_key()] == [2, 0]


def test_with_the_key_back_rows_are_met_again(ledger: Ledger, generation: int) -> None:
    ledger.store(page_of(uuids(range(4)), generation))
    ledger.build_key()
    assert ledger.store(page_of(uuids(range(2, 6)), generation)) == Stored(2, 2)


def test_whole_events_keep_the_row_that_came_first(postgres_url: str, execute: Execute) -> None:
    with Ledger.open(postgres_url, id_only=False) as ledger:
        ledger.plant([(None, None)])
        ledger.drop_key()
        generation = ledger.lease()
        for type_ in ("first", "second"):
            page = Page(uuids([1, 2]), [1, 2], [type_] * 2, [b"{}"] * 2)
            ledger.store(StoredPage(1, generation, "feed", page, Checkpoint()))
        assert ledger.build_key() == 2
    assert execute("SELECT DISTINCT type FROM ingested_events") == [("first",)]


def test_nothing_is_proven_while_the_key_is_missing(ledger: Ledger, generation: int) -> None:
    for shard, ids in ((1, uuids(range(3))), (2, uuids(range(3, 6)))):
        ledger.store(page_of(ids, generation, shard=shard, proof="passed"))
    assert ledger.standing().faults == (UNKEYED,)
    ledger.build_key()
    assert ledger.standing().proven


def test_no_id_leaves_for_a_submission_while_the_key_is_missing(ledger: Ledger, generation: int) -> None:
    ledger.store(page_of(uuids([1]), generation))
    with pytest.raises(NotComplete, match="no key"):
        ledger.digest()
    ledger.build_key()
    assert ledger.digest()[0] == 1


def test_a_build_that_fails_half_way_changes_nothing(ledger: Ledger, generation: int, execute: Execute) -> None:
    overlapping(ledger, generation, uuids(range(6)))
    execute("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$")
    execute("CREATE TRIGGER fail BEFORE UPDATE ON ingestion_progress FOR EACH ROW EXECUTE FUNCTION fail()")
    with pytest.raises(LedgerError, match="no"):
        ledger.build_key()
    assert not ledger.keyed
    assert ledger.count() == sum(rows for rows, _ in counted(ledger)) == 8
    execute("DROP TRIGGER fail ON ingestion_progress")
    assert ledger.build_key() == 2


def test_a_builder_that_is_killed_leaves_the_table_to_the_next(
    ledger: Ledger, generation: int, postgres_url: str, execute: Execute
) -> None:
    overlapping(ledger, generation, uuids(range(6)))
    pid = ledger._connection.info.backend_pid
    failures: list[BaseException] = []

    def build() -> None:
        try:
            ledger.build_key()
        except LedgerError as error:
            failures.append(error)

    with closing(psycopg2.connect(postgres_url)) as reader, reader.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ingested_events")
        builder = threading.Thread(target=build)
        builder.start()
        while not execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", pid):
            assert builder.is_alive()
        execute("SELECT pg_terminate_backend(%s)", pid)
        builder.join()
    assert len(failures) == 1
    with Ledger.open(postgres_url) as next_one:
        assert not next_one.keyed
        assert next_one.build_key() == 2
        assert next_one.standing().proven


def test_a_crawler_that_lost_its_shards_stores_nothing_without_a_key_either(
    ledger: Ledger, generation: int, postgres_url: str
) -> None:
    ledger.store(page_of(uuids([1]), generation))
    with Ledger.open(postgres_url) as other:
        held = other.lease()
        other.build_key()
        with pytest.raises(Fenced):
            ledger.store(page_of(uuids([2]), generation))
        assert other.store(page_of(uuids([1, 2]), held)) == Stored(1, 1)


def test_a_key_that_another_built_is_noticed(ledger: Ledger, generation: int, postgres_url: str) -> None:
    ledger.store(page_of(uuids([1]), generation))
    with Ledger.open(postgres_url) as other:
        other.build_key()
    assert ledger.store(page_of(uuids([1, 2]), generation)) == Stored(1, 1)
