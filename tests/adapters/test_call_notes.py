"""Calls that nobody waits for are written down soon, together and in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from datasync_crawler.adapters.worker import CallNotes, LedgerWorker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from datasync_crawler.adapters.ledger import Ledger


@pytest.fixture
async def worker(postgres_url: str) -> AsyncIterator[LedgerWorker]:
    opened = LedgerWorker(postgres_url)
    yield opened
    await opened.close()


async def test_what_was_jotted_down_is_committed_with_the_next_note(worker: LedgerWorker, ledger: Ledger) -> None:
    notes = CallNotes(worker, "key")
    notes.jot("pool", 1.0)
    notes.jot("pool", 2.0)
    assert ledger.calls("key", 0.0) == []
    await notes.note("other", 3.0)
    assert [(call.pool, call.at) for call in ledger.calls("key", 0.0)] == [
        ("pool", 1.0),
        ("pool", 2.0),
        ("other", 3.0),
    ]


async def test_settling_commits_what_was_jotted_down_once(worker: LedgerWorker, ledger: Ledger) -> None:
    notes = CallNotes(worker, "key")
    notes.jot("pool", 1.0)
    await notes.settle()
    await notes.settle()
    assert len(ledger.calls("key", 0.0)) == 1
