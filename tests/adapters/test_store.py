from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

import pytest

from datasync_crawler.adapters.ledger import Fenced, Ledger, Stored
from datasync_crawler.domain.errors import LedgerError
from datasync_crawler.domain.page import Page, RejectedRow, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from collections.abc import Callable

    Execute = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def generation(ledger: Ledger) -> int:
    ledger.plant([(None, None)])
    return ledger.lease()


def column_type(execute: Execute) -> str:
    query = "SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = 'ingested_events'::regclass"
    return str(execute(f"{query} AND attname = 'id'")[0][0])


def test_rows_and_checkpoint_come_together(ledger: Ledger, generation: int) -> None:
    checkpoint = Checkpoint(7, "last", "cursor", 12.5)
    stored = ledger.store(StoredPage(1, generation, "feed", Page(uuids(range(5)), [None] * 5), checkpoint))
    (shard,) = ledger.shards()
    assert stored == Stored(inserted=5, met=0)
    assert (shard.checkpoint, shard.lane, shard.rows, shard.met, shard.pages) == (checkpoint, "feed", 5, 0, 1)
    assert list(ledger.ids()) == sorted(uuids(range(5)))


def let_checkpoints_fail(execute: Execute) -> None:
    execute("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$")
    execute("CREATE TRIGGER fail BEFORE UPDATE ON ingestion_progress FOR EACH ROW EXECUTE FUNCTION fail()")


@pytest.mark.parametrize("known", [[], [3]], ids=["directly", "through staging"])
def test_no_row_stays_when_the_checkpoint_cannot_move(
    ledger: Ledger, generation: int, execute: Execute, known: list[int]
) -> None:
    ledger.store(page_of(uuids(known), generation, position=9))
    let_checkpoints_fail(execute)
    with pytest.raises(LedgerError, match="no"):
        ledger.store(page_of(uuids(range(5)), generation, position=8))
    assert list(ledger.ids()) == uuids(known)
    assert ledger.shards()[0].checkpoint.position == 9


def test_no_checkpoint_moves_when_the_rows_cannot_be_stored(ledger: Ledger, generation: int, execute: Execute) -> None:
    execute("ALTER TABLE ingested_events ADD CHECK (id <> %s)", uuids([4])[0])
    with pytest.raises(LedgerError):
        ledger.store(page_of(uuids(range(5)), generation, position=8))
    assert ledger.count() == 0
    assert ledger.shards()[0].checkpoint == Checkpoint()


def test_a_stale_generation_stores_nothing(ledger: Ledger, generation: int) -> None:
    ledger.lease()
    with pytest.raises(Fenced):
        ledger.store(page_of(uuids(range(5)), generation))
    assert ledger.standing().events == ledger.standing().claimed == 0


def test_a_page_for_no_shard_stores_nothing(ledger: Ledger, generation: int) -> None:
    with pytest.raises(Fenced):
        ledger.store(page_of(uuids(range(5)), generation, shard=99))
    assert ledger.count() == 0


def test_repeats_inside_a_page_count_as_met(ledger: Ledger, generation: int) -> None:
    one, two = uuids([1, 2])
    assert ledger.store(page_of([two, one, two, one, one], generation)) == Stored(inserted=2, met=3)
    assert list(ledger.ids()) == [one, two]


def test_pages_that_overlap_add_only_what_is_new(ledger: Ledger, generation: int) -> None:
    ledger.store(page_of(uuids(range(10)), generation))
    assert ledger.store(page_of(uuids(range(6, 16)), generation)) == Stored(inserted=6, met=4)
    assert ledger.store(page_of(uuids(range(16)), generation)) == Stored(inserted=0, met=16)
    assert ledger.store(page_of(uuids(range(16, 20)), generation)) == Stored(inserted=4, met=0)
    (shard,) = ledger.shards()
    assert (shard.rows, shard.met, shard.pages) == (20, 20, 4)
    assert list(ledger.ids()) == uuids(range(20))


def test_a_page_without_rows_moves_the_checkpoint(ledger: Ledger, generation: int) -> None:
    assert ledger.store(page_of([], generation, proof="total agrees")) == Stored(inserted=0, met=0)
    assert ledger.shards()[0].done


def test_a_late_page_does_not_take_the_proof_away(ledger: Ledger, generation: int) -> None:
    ledger.store(page_of(uuids([1]), generation, proof="low end passed"))
    ledger.store(page_of(uuids([2]), generation))
    assert ledger.shards()[0].checkpoint.proof == "low end passed"


def test_canonical_uuids_are_kept_as_uuids(ledger: Ledger, generation: int, execute: Execute) -> None:
    ledger.store(page_of(uuids(range(5)), generation))
    assert column_type(execute) == "uuid"


@pytest.mark.parametrize(
    "stranger",
    [
        "ABCDEF00-0000-4000-8000-000000000001",
        "abcdef0000004000800000000000000001",
        "abcdef00-0000-4000-8000-00000000000",
        "abcdef00-0000-4000-8000-0000000000g1",
        "abcdef0-00000-4000-8000-000000000001",
        "{abcdef00-0000-4000-8000-000000000001}",
        "12345",
        "",
    ],
)
def test_one_other_id_makes_the_column_text_and_keeps_all_as_served(
    ledger: Ledger, generation: int, execute: Execute, stranger: str
) -> None:
    ledger.store(page_of(uuids(range(5)), generation))
    assert ledger.store(page_of([*uuids([4, 5]), stranger], generation)) == Stored(inserted=2, met=1)
    assert ledger.store(page_of(uuids([5, 6]), generation)) == Stored(inserted=1, met=1)
    assert column_type(execute) == "text"
    assert list(ledger.ids()) == sorted([*uuids(range(7)), stranger])


def test_upper_and_lower_case_of_one_uuid_are_two_ids(ledger: Ledger, generation: int) -> None:
    both = ["abcdef00-0000-4000-8000-000000000001", "ABCDEF00-0000-4000-8000-000000000001"]
    assert ledger.store(page_of(both, generation)) == Stored(inserted=2, met=0)
    assert list(ledger.ids()) == sorted(both)


def test_a_page_that_fails_leaves_the_column_as_it_was(ledger: Ledger, generation: int, execute: Execute) -> None:
    ledger.store(page_of(uuids([1]), generation))
    let_checkpoints_fail(execute)
    with pytest.raises(LedgerError):
        ledger.store(page_of(["x"], generation))
    assert column_type(execute) == "uuid"
    execute("DROP TRIGGER fail ON ingestion_progress")
    ledger.store(page_of(uuids([2]), generation))
    assert list(ledger.ids()) == uuids([1, 2])


def test_another_crawler_s_conversion_is_noticed(ledger: Ledger, generation: int, postgres_url: str) -> None:
    ledger.store(page_of(uuids([1]), generation))
    with Ledger.open(postgres_url) as other:
        other.store(page_of(["x"], generation))
    # These bytes would be fine as text, so nothing but a look at the column tells.
    printable = "61616161-6161-4161-8161-616161616161".replace("8161", "6161")
    ledger.store(page_of([printable], generation))
    assert list(ledger.ids()) == sorted([*uuids([1]), printable, "x"])


def test_a_crawler_that_comes_late_to_convert_finds_it_done(
    ledger: Ledger, generation: int, postgres_url: str
) -> None:
    with Ledger.open(postgres_url) as other:
        ledger.store(page_of(["x"], generation))
        other.store(page_of(["y"], generation))
    assert list(ledger.ids()) == ["x", "y"]


def test_crawlers_that_store_the_same_rows_at_once_do_not_block_each_other(ledger: Ledger, postgres_url: str) -> None:
    ledger.plant([(None, 0), (0, None)])
    generation = ledger.lease()
    failures: list[LedgerError] = []

    def crawl(shard: int, step: int) -> None:
        with Ledger.open(postgres_url) as crawler:
            for start in range(0, 4_000, 200):
                try:
                    crawler.store(page_of(uuids(range(start, start + 1_000))[::step], generation, shard=shard))
                except LedgerError as error:
                    failures.append(error)

    crawlers = [threading.Thread(target=crawl, args=arguments) for arguments in ((1, 1), (2, -1))]
    for crawler in crawlers:
        crawler.start()
    for crawler in crawlers:
        crawler.join()
    assert failures == []
    assert ledger.standing().events == ledger.standing().claimed == 4_800
    assert sum(shard.rows + shard.met for shard in ledger.shards()) == 2 * 20 * 1_000


STRANGE = [
    "tab\there",
    "back\\slash",
    "\\N",
    "\\.",
    'quo"te',
    "quo'te",
    "ß€😀",
    " ",
    "\x01\x7f",
    "a\\nb",
]


def test_strange_ids_come_back_as_they_were_served(ledger: Ledger, generation: int) -> None:
    ledger.store(page_of(STRANGE, generation))
    ledger.store(page_of([*STRANGE, "more"], generation))
    everything = sorted([*STRANGE, "more"], key=str.encode)
    assert list(ledger.ids()) == everything
    text = "\n".join(everything).encode()
    with ledger.id_stream() as ids:
        assert (ids.length, b"".join(ids.chunks())) == (len(text), text)
    assert ledger.digest() == (len(everything), hashlib.sha256(text).hexdigest())


@pytest.mark.parametrize("id_", ["new\nline", "cr\rhere", "nul\0id", "half \ud83d", "x" * 2_001, "é" * 1_001])
def test_an_id_that_cannot_be_held_or_submitted_is_rejected_alone(
    ledger: Ledger, generation: int, execute: Execute, id_: str
) -> None:
    assert ledger.store(page_of(["good", id_, "fine"], generation)) == Stored(inserted=2, met=0)
    ((shard, page, reason, raw),) = execute("SELECT shard, page, reason, raw FROM rejected_rows")
    assert (shard, page) == (1, 1)
    assert "its id" in reason
    assert bytes(raw).startswith(b'"')
    assert ledger.standing().rejected == 1


def test_the_longest_id_is_stored(ledger: Ledger, generation: int) -> None:
    id_ = "x" * 2_000
    assert ledger.store(page_of([id_], generation)).inserted == 1
    assert list(ledger.ids()) == [id_]


def test_rows_rejected_by_the_reader_are_kept_raw(ledger: Ledger, generation: int, execute: Execute) -> None:
    row = RejectedRow("no id", b'{"id": null, "\x00": 1}')
    ledger.store(page_of(uuids([1]), generation, rejected=[row]))
    ((reason, raw, recent),) = execute("SELECT reason, raw, at > now() - interval '1 minute' FROM rejected_rows")
    assert (reason, bytes(raw), recent) == (row.reason, row.raw, True)


def test_whole_events_are_kept_with_time_type_and_json(postgres_url: str, execute: Execute) -> None:
    payloads = [rb'{"a":"\u0000"}', b'{"a": 1.0 }', '{"ß":[]}'.encode()]
    page = Page(
        uuids([3, 1, 2]), [1_700_000_000_123_456, None, 2**62], types=["click", None, "a\tb"], payloads=payloads
    )
    with Ledger.open(postgres_url, id_only=False) as ledger:
        ledger.plant([(None, None)])
        generation = ledger.lease()
        stored = StoredPage(1, generation, "feed", page, Checkpoint())
        assert [ledger.store(stored), ledger.store(stored)] == [Stored(3, 0), Stored(0, 3)]
        ledger.store(StoredPage(1, generation, "feed", Page(["x"], [0], ["t"], [b"{}"]), Checkpoint()))
    rows = execute(
        "SELECT id, extract(epoch FROM occurred_at)::text, type, payload::text FROM ingested_events ORDER BY 1"
    )
    assert rows == [
        (uuids([1])[0], None, None, payloads[1].decode()),
        (uuids([2])[0], "4611686018427.387904", "a\tb", payloads[2].decode()),
        (uuids([3])[0], "1700000000.123456", "click", payloads[0].decode()),
        ("x", "0.000000", "t", "{}"),
    ]


def test_a_time_beyond_postgresql_s_is_left_out(postgres_url: str, execute: Execute) -> None:
    with Ledger.open(postgres_url, id_only=False) as ledger:
        ledger.plant([(None, None)])
        page = Page(uuids([1, 2]), [-(2**63), 2**64], ["t"] * 2, [b"{}"] * 2)
        ledger.store(StoredPage(1, ledger.lease(), "feed", page, Checkpoint()))
    assert execute("SELECT occurred_at FROM ingested_events") == [(None,), (None,)]


@pytest.mark.parametrize(
    ("type_", "payload"),
    [("nul\0", b"{}"), ("t", b'{"a": NaN}'), ("t", b'"\xff"'), ("t", b"{"), ("t", b"[" * 100_000 + b"]" * 100_000)],
    ids=["type", "not a number", "not UTF-8", "cut", "deep"],
)
def test_an_event_that_postgresql_cannot_hold_is_rejected_alone(
    postgres_url: str, execute: Execute, type_: str, payload: bytes
) -> None:
    page = Page(uuids([1, 2]), [1, 2], ["t", type_], [b"{}", payload])
    with Ledger.open(postgres_url, id_only=False) as ledger:
        ledger.plant([(None, None)])
        assert ledger.store(StoredPage(1, ledger.lease(), "feed", page, Checkpoint())).inserted == 1
    assert [bytes(raw) for (raw,) in execute("SELECT raw FROM rejected_rows")] == [payload]
