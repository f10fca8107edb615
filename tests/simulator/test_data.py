from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from datasync_crawler.simulator import table as tables
from datasync_crawler.simulator.events import TYPE_WEIGHTS, TYPES
from datasync_crawler.simulator.sessions import NEWEST, OLDEST, make_sessions
from tests.simulator.asking import data

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SIZE = 20_000


def keys(size: int) -> list[tuple[int, str]]:
    table, _ = data(size)
    return [(table.stamps[row], table.event_id(row)) for row in range(size)]


def rows_of(text: bytes | memoryview) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(b"[" + bytes(text) + b"]")
    return rows


def test_events_are_newest_first_and_ties_by_id_descending() -> None:
    assert all(earlier > later for earlier, later in pairwise(keys(SIZE)))


def test_there_are_ties() -> None:
    assert sum(earlier[0] == later[0] for earlier, later in pairwise(keys(SIZE))) >= 5


@pytest.mark.parametrize("size", [2, 30, 1_000, SIZE])
def test_the_set_spans_exactly_the_known_range(size: int) -> None:
    table, _ = data(size)
    assert (len(table), table.stamps[0], table.stamps[size - 1]) == (size, NEWEST, OLDEST)


@pytest.mark.parametrize("size", [0, 1])
def test_a_tiny_set_is_a_set(size: int) -> None:
    assert len(data(size)[0]) == size


def test_ids_are_random_and_of_version_4() -> None:
    ids = [event_id for _, event_id in keys(SIZE)]
    assert all(UUID4.fullmatch(event_id) for event_id in ids)
    assert len(set(ids)) == SIZE


def test_another_seed_is_another_set_and_the_same_seed_the_same() -> None:
    def ids(seed: int) -> list[str]:
        table = tables.open_table(make_sessions(50, seed), seed, 0.001)
        return [table.event_id(row) for row in range(50)]

    assert ids(2) == ids(2)
    assert not set(ids(2)) & set(ids(3))


def test_session_counts_add_up_to_the_events_that_name_them() -> None:
    table, sessions = data(SIZE)
    counted = Counter(table.owners.tolist())
    assert [counted[row] for row in range(len(sessions))] == list(sessions.counts)
    assert (len(sessions), len(sessions.user_ids)) == (SIZE // 50, SIZE // 1_000)


def test_types_come_in_the_known_shares() -> None:
    table, _ = data(SIZE)
    counted = Counter(table.kinds.tolist())
    for kind, weight in enumerate(TYPE_WEIGHTS):
        assert counted[kind] / SIZE == pytest.approx(weight / sum(TYPE_WEIGHTS), abs=0.01), TYPES[kind]


def test_a_slice_anywhere_of_any_size_holds_its_rows() -> None:
    table, _ = data(1_000)
    for low, high in ((0, 1), (7, 7), (499, 731), (998, 1_000), (0, 1_000)):
        expected = [table.event_id(row) for row in range(low, high)]
        assert [row["id"] for row in rows_of(table.slice(low, high))] == expected
        assert [row["id"] for row in rows_of(table.mixed_slice(low, high))] == expected


def test_mixed_times_follow_the_position_in_the_page_not_in_the_set() -> None:
    table, _ = data(1_000)
    for low in (0, 1, 2, 500):
        times = [row["timestamp"] for row in rows_of(table.mixed_slice(low, low + 8))]
        assert [isinstance(time, int) for time in times] == [at % 3 == 0 for at in range(8)]


def test_both_forms_of_a_time_mean_the_same_moment() -> None:
    table, _ = data(1_000)
    texts = [row["timestamp"] for row in rows_of(table.mixed_slice(0, 3))]
    assert texts[0] == NEWEST == 1_769_541_612_369
    assert rows_of(table.pick([5, 0], mixed=True))[1]["timestamp"] == "2026-01-27T19:20:12.369Z"


def test_every_event_is_found_by_its_id() -> None:
    table, _ = data(1_000)
    assert [table.find(table.event_id(row)) for row in range(1_000)] == list(range(1_000))
    assert [table.find(text) for text in ("", "export", "ffffffff-ffff-4fff-bfff-ffffffffffff")] == [None] * 3


def test_a_position_is_a_time_and_an_id() -> None:
    table, _ = data(SIZE)
    tie = next(row for row in range(SIZE) if table.stamps[row] == table.stamps[row + 1])
    stamp = table.stamps[tie]
    assert table.after(stamp, table.event_id(tie)) == tie + 1
    assert table.after(stamp, "ffffffff-ffff-ffff-ffff-ffffffffffff") == tie
    assert table.after(stamp, "00000000-0000-0000-0000-000000000000") == tie + 2
    assert (table.after(NEWEST + 1, "0"), table.after(OLDEST - 1, "f")) == (0, SIZE)


def test_a_large_set_is_rendered_once_into_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tables, "HELD_IN_MEMORY", 10)
    sessions = make_sessions(1_000, 1)
    rendered, read = (tables.open_table(sessions, 1, 0.001, tmp_path) for _ in range(2))
    held, _ = data(1_000)
    assert rendered.rows == read.rows == held.rows
    assert rendered.by_id == read.by_id == held.by_id
    assert capfd.readouterr().err.count("rendering 1,000 events") == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_two_that_render_at_once_leave_one_whole_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "HELD_IN_MEMORY", 10)
    sessions = make_sessions(100, 1)
    original = tables._render_files

    def slow(draft: Path, *rest: object) -> None:
        original(draft, *rest)  # type: ignore[arg-type]
        monkeypatch.setattr(tables, "_render_files", original)
        tables.open_table(sessions, 1, 0.001, tmp_path)

    monkeypatch.setattr(tables, "_render_files", slow)
    assert len(tables.open_table(sessions, 1, 0.001, tmp_path)) == 100
    assert len(list(tmp_path.iterdir())) == 1


def test_the_cache_lies_where_the_user_keeps_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert tables.cache_home() == tmp_path / "datasync-simulator"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert tables.cache_home() == Path.home() / ".cache" / "datasync-simulator"
