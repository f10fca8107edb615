from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from datasync_crawler.adapters.ledger import Call, Ledger
from datasync_crawler.domain.errors import ConfigurationError, LedgerError, SourceMismatch
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from collections.abc import Callable

HERE, THERE = "https://here.example", "https://there.example"


def fill(ledger: Ledger) -> None:
    ledger.plant([(None, None)])
    ledger.store(page_of(uuids([1]), ledger.lease()))


def test_opening_again_keeps_everything(ledger: Ledger, postgres_url: str) -> None:
    fill(ledger)
    with Ledger.open(postgres_url) as again:
        assert (again.count(), again.shards()) == (1, ledger.shards())


def test_several_may_open_an_empty_database_at_once(postgres_url: str) -> None:
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            Ledger.open(postgres_url).close()
        except LedgerError as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_ledger_belongs_to_its_first_origin(ledger: Ledger, postgres_url: str) -> None:
    ledger.bind(HERE)
    ledger.save_profile(b"{}")
    ledger.bind(HERE)
    with Ledger.open(postgres_url) as other, pytest.raises(SourceMismatch, match=f"{HERE}.*{THERE}"):
        other.bind(THERE)


def test_an_empty_ledger_may_be_bound_anew_after_a_mistyped_address(ledger: Ledger) -> None:
    ledger.bind(HERE)
    ledger.bind(THERE)
    ledger.save_profile(b"{}")
    with pytest.raises(SourceMismatch):
        ledger.bind(HERE)


def test_calls_that_brought_nothing_bind_a_ledger_to_no_address(ledger: Ledger) -> None:
    ledger.bind(HERE)
    ledger.remember("beginning", "boot", b"1.5")
    ledger.note_calls([Call("list header", "digest", 5.0)])
    ledger.bind(THERE)
    assert ledger.origin() == THERE


def test_the_mode_cannot_change_under_rows(ledger: Ledger, postgres_url: str) -> None:
    ledger.bind(HERE)
    fill(ledger)
    with Ledger.open(postgres_url, id_only=False) as other, pytest.raises(SourceMismatch, match="ID_ONLY=true"):
        other.bind(HERE)
    assert ledger.count() == 1


def test_the_mode_may_change_while_there_are_no_rows(ledger: Ledger, postgres_url: str) -> None:
    ledger.bind(HERE)
    with Ledger.open(postgres_url, id_only=False) as other:
        other.bind(HERE)
        other.plant([(None, None)])
        page = Page(uuids([1]), [1], ["t"], [b"{}"])
        assert other.store(StoredPage(1, other.lease(), "feed", page, Checkpoint())).inserted == 1
    with pytest.raises(SourceMismatch):
        ledger.bind(HERE)


def test_the_profile_saved_last_is_the_profile(ledger: Ledger, postgres_url: str) -> None:
    assert ledger.profile() is None
    ledger.save_profile(b'{"a": 1}')
    ledger.save_profile('{"ä":\n"\\u0000"}'.encode())
    with Ledger.open(postgres_url) as again:
        assert again.profile() == '{"ä":\n"\\u0000"}'.encode()


def test_documents_are_remembered_by_kind_and_name(ledger: Ledger) -> None:
    ledger.remember("pool", "b", b"1")
    ledger.remember("pool", "a", b"2")
    ledger.remember("total", "a", b"3")
    ledger.remember("pool", "b", b"4")
    assert ledger.remembered("pool") == {"a": b"2", "b": b"4"}
    assert ledger.remembered("nothing") == {}


def test_an_unreachable_database_is_one_line_without_the_password() -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger.open("postgresql://me:s3cr%40t@127.0.0.1:9/none")
    message = str(caught.value)
    assert "127.0.0.1" in message
    assert "\n" not in message
    assert "s3cr" not in message


@pytest.mark.parametrize("url", ["postgres//me:s3cret@host/name", "s3cret", "postgresql://me:s3cret@host:port/name"])
def test_nonsense_for_an_address_is_told_without_quoting_it(url: str) -> None:
    with pytest.raises((ConfigurationError, LedgerError)) as caught:
        Ledger.open(url)
    assert "s3cret" not in str(caught.value)


def test_a_missing_database_is_named(postgres_url: str) -> None:
    with pytest.raises(LedgerError, match="does not exist"):
        Ledger.open(urlsplit(postgres_url)._replace(path="/nowhere").geturl())


def test_a_lost_connection_is_a_ledger_error_until_the_ledger_is_opened_again(
    ledger: Ledger, postgres_url: str, execute: Callable[..., list[tuple[Any, ...]]]
) -> None:
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    for _ in range(2):
        with pytest.raises(LedgerError):
            ledger.count()
    with Ledger.open(postgres_url) as again:
        assert again.count() == 0


def test_nothing_stays_open_between_calls(ledger: Ledger, execute: Callable[..., list[tuple[Any, ...]]]) -> None:
    ledger.standing()
    states = execute(
        "SELECT state FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    assert states == [("idle",)]


def test_a_failed_opening_leaves_no_connection(
    postgres_url: str, execute: Callable[..., list[tuple[Any, ...]]]
) -> None:
    execute("CREATE VIEW ledger_source AS SELECT 1 AS origin")
    execute("CREATE TABLE ledger_calls (nothing int)")
    with pytest.raises(LedgerError) as caught:
        Ledger.open(postgres_url)
    assert isinstance(caught.value.__cause__, psycopg2.Error)
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'datasync_crawler'"
    )
    assert execute(f"{others} AND datname = current_database()") == [(0,)]
