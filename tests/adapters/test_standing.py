from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from datasync_crawler.adapters.standing import holes
from datasync_crawler.domain.page import RejectedRow
from datasync_crawler.domain.profile import Endpoint, Profile, RowShape
from datasync_crawler.domain.shard import Shard
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasync_crawler.adapters.ledger import Ledger

    Execute = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def whole(ledger: Ledger) -> Ledger:
    """Three finished shards with rows in each."""
    ledger.plant([(None, 10), (10, 20), (20, None)])
    generation = ledger.lease()
    for shard in (1, 2, 3):
        ledger.store(page_of(uuids(range(shard * 10, shard * 10 + 5)), generation, shard=shard, proof="passed"))
    return ledger


def test_a_whole_set_is_proven(whole: Ledger) -> None:
    standing = whole.standing()
    assert (standing.proven, standing.faults, standing.events, standing.claimed) == (True, (), 15, 15)


def test_an_empty_ledger_is_not_proven(ledger: Ledger) -> None:
    assert ledger.standing().gaps == ((None, None),)
    assert not ledger.standing().proven


DAMAGE = {
    "deleted row": (
        "DELETE FROM ingested_events WHERE id = (SELECT min(id::text) FROM ingested_events)::uuid",
        "the table has 14 events, the shards stored 15",
    ),
    "foreign row": (
        f"INSERT INTO ingested_events VALUES ('{uuid.UUID(int=1)}')",
        "the table has 16 events, the shards stored 15",
    ),
    "raised low": ("UPDATE ingestion_progress SET low = 12 WHERE shard = 2", "no shard covers [10, 12)"),
    "lowered low": ("UPDATE ingestion_progress SET low = 7 WHERE shard = 2", "two shards cover [7, 10)"),
    "closed top": ("UPDATE ingestion_progress SET high = 99 WHERE shard = 3", "no shard covers [99, …)"),
    "closed bottom": ("UPDATE ingestion_progress SET low = 3 WHERE shard = 1", "no shard covers […, 3)"),
    "opened low": ("UPDATE ingestion_progress SET low = NULL WHERE shard = 2", "two shards cover […, 10)"),
    "opened high": ("UPDATE ingestion_progress SET high = NULL WHERE shard = 2", "two shards cover [20, …)"),
    "missing proof": ("UPDATE ingestion_progress SET proof = NULL WHERE shard = 2", "without a proven end: shards 2"),
    "empty proof": ("UPDATE ingestion_progress SET proof = '' WHERE shard = 2", "without a proven end: shards 2"),
}


@pytest.mark.parametrize(("statement", "fault"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_noticed(whole: Ledger, execute: Execute, statement: str, fault: str) -> None:
    execute(statement)
    assert whole.standing().faults == (fault,)


def test_a_lost_shard_is_a_gap_and_a_wrong_count(whole: Ledger, execute: Execute) -> None:
    execute("DELETE FROM ingestion_progress WHERE shard = 2")
    standing = whole.standing()
    assert (standing.gaps, standing.events, standing.claimed) == (((10, 20),), 15, 10)


@pytest.mark.parametrize(
    ("spans", "gaps", "overlaps"),
    [
        ([(None, None)], [], []),
        ([(5, None), (None, 5)], [], []),
        ([(None, 5), (None, 7), (7, None)], [], [(None, 5)]),
        ([(None, 9), (3, 5), (9, None)], [], [(3, 5)]),
        ([(0, 1), (2, 3)], [(None, 0), (1, 2), (3, None)], []),
    ],
)
def test_bounds_must_cover_all_of_time_once(
    spans: list[tuple[int | None, int | None]],
    gaps: list[tuple[int | None, int | None]],
    overlaps: list[tuple[int | None, int | None]],
) -> None:
    shards = [Shard(number, low, high) for number, (low, high) in enumerate(spans)]
    assert holes(shards) == (tuple(gaps), tuple(overlaps))


def profile_with_id_field(name: str) -> bytes:
    endpoint = Endpoint("all", "http://localhost/all", RowShape(("rows",), name), 10)
    return Profile("http://localhost", "http://localhost", (endpoint,), (), ()).to_json()


def test_a_rejected_row_counts_until_its_id_comes_otherwise(ledger: Ledger) -> None:
    ledger.save_profile(profile_with_id_field("key"))
    ledger.plant([(None, None)])
    generation = ledger.lease()
    late = uuids([77])[0]
    ledger.store(page_of([], generation, rejected=[RejectedRow("bad type", f'{{"key":"{late}"}}'.encode())]))
    assert ledger.standing().rejected == 1
    ledger.store(page_of([late], generation, proof="passed"))
    assert ledger.standing().rejected == 0


@pytest.mark.parametrize(
    "raw",
    [b'{"key": null}', b"{}", b"[1]", b"\xff", b'{"other": "X"}', b'{"key": {"a": 1}}', b'{"key":' + b"[" * 100_000],
    ids=["null", "none", "number", "no text", "other", "object", "deep"],
)
def test_a_rejected_row_without_an_id_always_counts_but_once(ledger: Ledger, raw: bytes) -> None:
    ledger.save_profile(profile_with_id_field("key"))
    ledger.plant([(None, None)])
    generation = ledger.lease()
    for _ in range(2):
        ledger.store(page_of(["X", "1"], generation, proof="passed", rejected=[RejectedRow("no id", raw)]))
    assert ledger.standing().rejected == 1
    assert ledger.standing().proven


def test_an_integer_is_found_by_its_decimal_text(ledger: Ledger) -> None:
    ledger.save_profile(profile_with_id_field("key"))
    ledger.plant([(None, None)])
    rejected = [RejectedRow("bad type", b'{"key": 77}')]
    ledger.store(page_of(["77"], ledger.lease(), rejected=rejected))
    assert ledger.standing().rejected == 0


def test_without_a_readable_profile_every_rejected_row_counts(ledger: Ledger) -> None:
    ledger.save_profile(b"[]")
    ledger.plant([(None, None)])
    ledger.store(page_of(["77"], ledger.lease(), rejected=[RejectedRow("bad type", b'{"key": 77}')]))
    assert ledger.standing().rejected == 1
