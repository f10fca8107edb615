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
    assert ledger.call_counts(OTHER) == {}
    assert ledger.first_call(OTHER) is None


def test_a_refused_call_counts_too(ledger: Ledger) -> None:
    ledger.note_calls([Call("feed", KEY, NOW), Call("feed", KEY, NOW + 1), Call("events", KEY, NOW)])
    ledger.note_refusals([Call("feed", KEY, NOW)])
    assert ledger.call_counts(KEY) == {"feed": (2, 1), "events": (1, 0)}
    assert len(ledger.calls(KEY, 0)) == 3


def test_of_calls_at_the_same_moment_one_is_refused_at_a_time(ledger: Ledger) -> None:
    same = Call("feed", KEY, NOW)
    ledger.note_calls([same] * 3)
    ledger.note_refusals([same])
    assert ledger.call_counts(KEY) == {"feed": (3, 1)}
    ledger.note_refusals([same, same, same])
    assert ledger.call_counts(KEY) == {"feed": (3, 3)}


def test_the_clock_of_a_key_starts_with_its_first_call(ledger: Ledger) -> None:
    ledger.note_calls([Call("feed", KEY, NOW + 1), Call("events", KEY, NOW)])
    assert ledger.first_call(KEY) == NOW
