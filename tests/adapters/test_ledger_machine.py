"""The ledger against a set: whatever is stored, cut, crashed, fenced, split and keyed in whatever order."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from datasync_crawler.adapters.ledger import Fenced, Ledger, LedgerAway, Stored
from datasync_crawler.adapters.standing import holes
from tests.adapters.cutting import break_at_commit
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datasync_crawler.domain.page import StoredPage

IDS = st.lists(st.integers(0, 40), max_size=6)
WHERE = st.integers(0, 5)
EMPTY = "TRUNCATE ingested_events, ingestion_progress, rejected_rows, ledger_leases RESTART IDENTITY"
MOVED = "position, last_id, rows, met, pages"


@dataclass
class Snapshot:
    """What a crash of the server may go back to."""

    rows: list[tuple[Any, ...]]
    shards: list[tuple[Any, ...]]


@dataclass
class Model:
    """What must be: the set, how many rows were served, and where each shard stands."""

    ids: set[str] = field(default_factory=set)
    served: int = 0
    positions: dict[int, int | None] = field(default_factory=dict)
    keyed: bool = True


class LedgerMachine(RuleBasedStateMachine):
    """Does what crawlers and accidents do; ``url`` is that of a ledger."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.watcher = psycopg2.connect(self.url)
        self.watcher.autocommit = True
        with Ledger.open(self.url) as before:
            self.ask(EMPTY)
            before.build_key()
        self.ledger = Ledger.open(self.url)
        self.model = Model()
        self.unflushed: list[Snapshot] = []

    def teardown(self) -> None:
        self.ledger.close()
        self.watcher.close()

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.watcher.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    @initialize(keyed=st.booleans())
    def begin(self, keyed: bool) -> None:
        self.model.positions = {shard.id: None for shard in self.ledger.plant([(None, None)])}
        self.generation = self.ledger.lease("me")
        if not keyed:
            self.drop_key()
            self.store([(0, [1])], 0)

    @rule(pages=st.lists(st.tuples(WHERE, IDS), min_size=1, max_size=3), position=st.integers(-9, 9))
    def store(self, pages: list[tuple[int, list[int]]], position: int) -> None:
        self.stored(given := self.pages(pages, position), self.ledger.store_all(given))

    @rule(
        pages=st.lists(st.tuples(WHERE, IDS), min_size=1, max_size=3),
        happened=st.booleans(),
        after=st.integers(0, 2),
    )
    def store_over_a_broken_wire(
        self,
        pages: list[tuple[int, list[int]]],
        happened: bool,
        after: int,
    ) -> None:
        given = self.pages(pages, 5)
        break_at_commit(self.ledger, happened=happened, after=after)
        try:
            outcomes = self.ledger.store_all(given)
        except LedgerAway:
            self.ledger.reconnect()
            outcomes = self.ledger.store_all(given)
        self.ledger.reconnect()
        self.stored(given, outcomes)

    def pages(self, told: Sequence[tuple[int, list[int]]], position: int) -> list[StoredPage]:
        shards = [shard.id for shard in self.ledger.shards()]
        if not self.model.keyed:
            self.unflushed.append(self.snapshot())
        return [
            page_of(uuids(ids), self.generation, shard=shards[at % len(shards)], position=position + nth)
            for nth, (at, ids) in enumerate(told)
        ]

    def stored(self, given: Sequence[StoredPage], outcomes: Sequence[Stored]) -> None:
        rows = [id_ for page in given for id_ in page.page.ids]
        fresh = len(set(rows) - self.model.ids)
        inserted, met = sum(it.inserted for it in outcomes), sum(it.met for it in outcomes)
        assert inserted + met == len(rows)
        assert inserted == fresh if self.model.keyed else inserted >= fresh
        self.model.ids |= set(rows)
        self.model.served += len(rows)
        for page in given:
            assert page.checkpoint is not None
            self.model.positions[page.shard] = page.checkpoint.position
        if not self.ledger._unsettled._unflushed:
            self.unflushed.clear()

    @rule()
    def kill_and_resume(self) -> None:
        self.ledger.close()
        self.ledger = Ledger.open(self.url)
        self.generation = self.ledger.lease("me")
        self.unflushed.clear()

    @rule(ids=IDS)
    def let_another_take_over(self, ids: list[int]) -> None:
        frozen, held = self.ledger, self.generation
        self.ask("UPDATE ledger_leases SET until = now()")
        self.ledger = Ledger.open(self.url)
        self.generation = self.ledger.lease("me")
        self.unflushed.clear()
        with closing(frozen), pytest.raises(Fenced):
            frozen.store(page_of(uuids(ids), held))

    @rule(which=WHERE, at=st.integers(-20, 20))
    def split(self, which: int, at: int) -> None:
        shards = self.ledger.shards()
        whole = shards[which % len(shards)]
        bounds = (whole.high, whole.checkpoint.position)
        if (whole.low is None or whole.low < at) and all(bound is None or at < bound for bound in bounds):
            _, lower = self.ledger.split(whole.id, self.generation, at)
            self.model.positions[lower.id] = None
            self.unflushed.clear()

    @precondition(lambda self: self.model.keyed)
    @rule()
    def drop_key(self) -> None:
        self.ledger.drop_key()
        self.model.keyed = False

    @precondition(lambda self: not self.model.keyed)
    @rule()
    def build_key(self) -> None:
        self.ledger.build_key()
        self.model.keyed = True
        self.unflushed.clear()

    @precondition(lambda self: self.unflushed)
    @rule(back=st.integers(1, 3))
    def crash_the_server(self, back: int) -> None:
        """Takes back the last commits that did not wait for the disk."""
        self.restore(self.unflushed[-min(back, len(self.unflushed))])
        self.ledger.reconnect()

    def snapshot(self) -> Snapshot:
        rows = self.ask("SELECT id::text FROM ingested_events")
        return Snapshot(rows, self.ask(f"SELECT shard, {MOVED} FROM ingestion_progress"))

    def restore(self, snapshot: Snapshot) -> None:
        self.ask("DELETE FROM ingested_events")
        for (id_,) in snapshot.rows:
            self.ask("INSERT INTO ingested_events VALUES (%s)", id_)
        for shard, *moved in snapshot.shards:
            columns = MOVED.removeprefix("shard, ")
            self.ask(
                f"UPDATE ingestion_progress SET ({columns}) = (%s, %s, %s, %s, %s) WHERE shard = %s", *moved, shard
            )

    @invariant()
    def table_and_shards_agree_with_the_model(self) -> None:
        rows = [id_ for (id_,) in self.ask("SELECT id::text FROM ingested_events")]
        shards = self.ledger.shards()
        assert set(rows) == self.model.ids
        assert len(rows) == sum(shard.rows for shard in shards)
        assert not self.model.keyed or len(rows) == len(self.model.ids)
        assert sum(shard.rows + shard.met for shard in shards) == self.model.served
        assert {shard.id: shard.checkpoint.position for shard in shards} == self.model.positions
        assert holes(shards) == ((), ())


def test_the_ledger_behaves_as_a_set_whatever_happens(postgres_url: str) -> None:
    LedgerMachine.url = postgres_url
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        LedgerMachine,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            # To make a failure small takes longer than all tests may.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
