from __future__ import annotations

from typing import TYPE_CHECKING

from datasync_crawler.adapters.ledger import Call, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

KEY, OTHER = "a" * 64, "b" * 64
NOW = 1_700_000_000.123456


def test_calls_are_there_for_the_next_run(ledger: Ledger, postgres_url: str) -> None:
    ledger.note_calls([Call("feed", KEY, NOW), Call("events", KEY, NOW + 0.5)])
    with Ledger.open(postgres_url) as next_run:
        assert next_run.calls(KEY, NOW) == [Call("feed", KEY, NOW), Call("events", KEY, NOW + 0.5)]


def test_a_call_is_committed_when_it_may_leave(
    ledger: Ledger, execute: Callable[..., list[tuple[object, ...]]]
) -> None:
    ledger.note_calls([Call("feed", KEY, NOW)])
    assert execute("SELECT pool, at FROM ledger_calls") == [("feed", NOW)]


def test_calls_come_oldest_first_from_a_moment_on(ledger: Ledger) -> None:
    ledger.note_calls([Call("feed", KEY, NOW + second) for second in (3, 1, 2, 0)])
    assert [call.at for call in ledger.calls(KEY, NOW + 1)] == [NOW + 1, NOW + 2, NOW + 3]


def test_keys_have_accounts_of_their_own(ledger: Ledger) -> None:
    ledger.note_calls([Call("feed", KEY, NOW)])
    assert ledger.calls(OTHER, 0) == []
    assert ledger.first_call(OTHER) is None


def test_the_clock_of_a_key_starts_with_its_first_call(ledger: Ledger) -> None:
    ledger.note_calls([Call("feed", KEY, NOW + 1), Call("events", KEY, NOW)])
    assert ledger.first_call(KEY) == NOW
