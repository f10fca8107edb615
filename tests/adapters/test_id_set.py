from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

import pytest

from datasync_crawler.domain.errors import LedgerError
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasync_crawler.adapters.ledger import Ledger

MANY = 60_000


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """More ids than one chunk holds."""
    ledger.plant([(None, None)])
    ledger.store(page_of(uuids(range(MANY)), ledger.lease()))
    return ledger


@pytest.mark.parametrize("number", [0, 1, 2, 1_000])
def test_count_length_digest_and_bytes_agree_with_the_sorted_ids(ledger: Ledger, number: int) -> None:
    ledger.plant([(None, None)])
    ids = uuids(range(number))
    ledger.store(page_of(ids[::-1], ledger.lease()))
    text = "\n".join(sorted(ids)).encode()
    with ledger.id_stream() as stream:
        assert (stream.count, stream.length, b"".join(stream.chunks())) == (number, len(text), text)
        assert list(stream.ids()) == list(ledger.ids()) == sorted(ids)
    assert ledger.count() == number
    assert ledger.digest() == (number, hashlib.sha256(text).hexdigest())


def test_many_ids_come_in_chunks_of_about_a_mebibyte(filled: Ledger) -> None:
    with filled.id_stream() as stream:
        chunks = list(stream.chunks())
    assert b"".join(chunks) == "\n".join(uuids(range(MANY))).encode()
    assert len(chunks) == 3
    assert max(map(len, chunks)) <= (1 << 20) + 40


def test_what_is_stored_meanwhile_does_not_show(filled: Ledger) -> None:
    with filled.id_stream() as stream:
        filled.store(page_of(uuids([MANY]), filled.lease()))
        assert sum(map(len, stream.chunks())) == stream.length
        assert stream.count == MANY
    assert filled.count() == MANY + 1


def test_a_walk_of_rows_that_were_loaded_just_now_needs_the_key_alone(
    ledger: Ledger, execute: Callable[..., list[tuple[Any, ...]]]
) -> None:
    # Of a commit that is not on disk yet nothing can be noted.
    execute(
        "SET synchronous_commit = on; INSERT INTO ingested_events SELECT gen_random_uuid() FROM generate_series(1, 9)"
    )
    with ledger.id_stream():
        ((visible, pages),) = execute(
            "SELECT relallvisible, relpages FROM pg_class WHERE oid = 'ingested_events'::regclass"
        )
    assert visible == pages > 0


def test_a_walk_may_be_left_early(filled: Ledger) -> None:
    with filled.id_stream() as stream:
        walk = stream.chunks()
        assert next(walk)
    assert not [thread for thread in threading.enumerate() if thread.name == "copy-ids"]
    assert filled.count() == MANY


def test_a_stream_cut_by_the_server_is_an_error_and_no_shorter_set(
    filled: Ledger, execute: Callable[..., list[tuple[Any, ...]]]
) -> None:
    with filled.id_stream() as stream:
        execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        with pytest.raises(LedgerError):
            list(stream.chunks())
