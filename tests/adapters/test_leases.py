"""Leases: one crawler at a time drains a ledger, and whoever lost it stores nothing any more."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.adapters.ledger import Fenced, Ledger, LedgerAway
from datasync_crawler.adapters.queries import QUERIES
from datasync_crawler.adapters.state import held, identity
from datasync_crawler.commands.turn import await_turn
from datasync_crawler.domain.errors import StateBusy
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from pathlib import Path

LONG, OVER = 60.0, 0.0


@pytest.fixture(autouse=True)
def planted(ledger: Ledger) -> None:
    ledger.plant([(None, None)])


def test_nobody_else_takes_what_is_leased(ledger: Ledger) -> None:
    generation = ledger.lease("one", LONG)
    with pytest.raises(StateBusy, match="another crawler drains this ledger; its lease runs for 60 s"):
        ledger.lease("two")
    ledger.store(page_of(uuids([1]), generation))
    assert 59 < (ledger.leased_for("two") or 0) <= 60
    assert ledger.leased_for("one") is None


def test_its_own_lease_keeps_nobody_waiting(ledger: Ledger) -> None:
    killed = ledger.lease("one", LONG)
    assert ledger.lease("one", LONG) > killed
    with pytest.raises(Fenced):
        ledger.store(page_of(uuids([1]), killed))


def test_a_lease_that_ran_out_is_anybody_s_and_its_holder_stores_nothing_more(ledger: Ledger) -> None:
    frozen = ledger.lease("one", OVER)
    taken = ledger.lease("two", LONG)
    with pytest.raises(Fenced):
        ledger.store(page_of(uuids([1]), frozen))
    with pytest.raises(Fenced, match="taken over"):
        ledger.renew(frozen)
    ledger.store(page_of(uuids([1]), taken))
    assert ledger.standing().events == ledger.standing().claimed == 1


def test_who_is_frozen_within_a_transaction_holds_nobody_up(ledger: Ledger, postgres_url: str) -> None:
    generation = ledger.lease("one", OVER)
    with Ledger.open(postgres_url) as frozen, frozen._connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '0.1s'")
        frozen._connection.commit()
        cursor.execute(QUERIES["enter_shards"], {"shards": [1], "held": [generation]})
        ledger.lease("two", LONG)
        with pytest.raises(LedgerAway):
            frozen.store(page_of(uuids([1]), generation))
        frozen.reconnect()
        with pytest.raises(Fenced):
            frozen.store(page_of(uuids([1]), generation))


class Frozen:
    """The rows of a page whose crawler is frozen after the first of them; it goes on when ``woken``."""

    def __init__(self) -> None:
        self.begun, self.woken = threading.Event(), threading.Event()
        self._rows = iter([b"00000000-0000-4000-8000-000000000009\n"])

    def read(self, _size: int) -> bytes:
        row = next(self._rows, b"")
        if not row:
            self.begun.set()
            self.woken.wait(20)
        return row


def freeze_within_copy(url: str, generation: int, rows: Frozen) -> None:
    with Ledger.open(url) as mine, mine.transaction() as cursor:
        cursor.execute(QUERIES["enter_shards"], {"shards": [1], "held": [generation]})
        cursor.copy_expert("COPY ingested_events FROM STDIN", rows)


def test_who_is_frozen_amid_the_rows_of_a_page_holds_nobody_up(ledger: Ledger, postgres_url: str) -> None:
    generation, rows = ledger.lease("one", OVER), Frozen()
    with ThreadPoolExecutor(1) as aside:
        frozen = aside.submit(freeze_within_copy, postgres_url, generation, rows)
        assert rows.begun.wait(10)
        with ledger.transaction() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        taken = ledger.lease("two", LONG)
        assert not rows.woken.is_set()
        rows.woken.set()
        with pytest.raises(LedgerAway):
            frozen.result(10)
    ledger.store(page_of(uuids([1]), taken))
    assert ledger.standing().events == ledger.standing().claimed == 1


def test_every_session_ends_its_transactions_in_time(ledger: Ledger) -> None:
    with ledger.transaction() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("15s",)


def test_a_renewed_lease_runs_on(ledger: Ledger) -> None:
    generation = ledger.lease("one", OVER)
    ledger.renew(generation, LONG)
    with pytest.raises(StateBusy):
        ledger.lease("two")


def test_a_released_lease_keeps_nobody_waiting(ledger: Ledger) -> None:
    ledger.release(ledger.lease("one", LONG))
    ledger.lease("two", LONG)


def test_of_two_that_ask_at_once_one_gets_the_lease(ledger: Ledger, postgres_url: str) -> None:
    got: list[str] = []
    start = threading.Barrier(4)

    def ask(name: str) -> None:
        with Ledger.open(postgres_url) as mine:
            start.wait(10)
            try:
                mine.lease(name, LONG)
            except StateBusy:
                return
            got.append(name)

    askers = [threading.Thread(target=ask, args=(name,)) for name in "abcd"]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(got) == 1
    assert ledger.leased_for(got[0]) is None


def test_who_waits_for_a_turn_gets_it_when_the_lease_ends(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    ledger.lease("one", 0.2)
    await_turn(ledger, "two", patience=30)
    ledger.lease("two")
    assert "another crawler drains this ledger: waiting" in capsys.readouterr().err


def test_who_waits_too_long_for_a_turn_is_told_so(ledger: Ledger) -> None:
    ledger.lease("one", LONG)
    with pytest.raises(StateBusy, match="wait for it") as told:
        await_turn(ledger, "two", patience=-1)
    assert told.value.exit_code == 5


def test_a_state_directory_keeps_its_name(tmp_path: Path) -> None:
    with held(tmp_path / "one"), held(tmp_path / "two"):
        names = [identity(tmp_path / place) for place in ("one", "two", "one")]
    assert names[0] == names[2] != names[1]
    assert all(names)
