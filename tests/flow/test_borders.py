"""Rows loaded without a key: what a shard's last page holds of the next shard is left to that one."""

from __future__ import annotations

import json

import pytest

from datasync_crawler.domain.flight import Flight
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import Profile
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.domain.shard import Shard
from datasync_crawler.flow.borders import own_rows
from datasync_crawler.flow.lanes import LiveLane
from tests.flow.drain import Drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import NEWEST
from tests.flow.worlds import BY_HEADER, BY_TIME, FREE, LIST, profile, service


async def loaded(known: Profile, *, loading: bool) -> Drain:
    drain = Drain(service(count=3_000), known)
    drain.run.loading = loading
    return await drain.carry_out()


def a_lane() -> LiveLane:
    return LiveLane(BY_HEADER, LIST, PageReader(LIST.shape, ends_only=True), Flight(8))


@pytest.mark.parametrize("known", [FREE, profile(BY_HEADER, endpoints=(BY_TIME,))], ids=["by cursor", "by time"])
def test_nothing_comes_twice_across_borders_but_rows_at_the_very_border(known: Profile) -> None:
    drained = play(loaded(known, loading=True))
    assert drained.whole
    assert len(drained.book.shards) > 2
    twice = sum(len(page.page.ids) for page in drained.book.pages) - len(drained.book.rows)
    within = sum(len(page.page.ids) for page in play(loaded(known, loading=False)).book.pages) - 3_000
    assert twice < 3 * len(drained.book.pages) < within + 3 * len(drained.book.pages)


def test_rows_printed_too_coarsely_to_tell_are_kept() -> None:
    lane = a_lane()
    low = NEWEST * 1_000
    rows = [{"no": f"{at}", "at": NEWEST + at} for at in (2, 1, 0, -1, -2, -3)]
    body = json.dumps({"rows": rows, "more": True, "here": 6}).encode()
    assert own_rows(lane, Shard(1, low, None), lane.reader.read(body), body).ids == ["2", "1", "0", "-1"]


def test_a_shard_without_a_lower_end_and_numbered_rows_keep_all() -> None:
    lane = a_lane()
    page = Page(["a", "b"], [2, 1])
    assert own_rows(lane, Shard(1, None, None), page, b"") is page
    numbered = Page(["a", "b"], [None, None], start=0)
    assert own_rows(lane, Shard(1, -1, None), numbered, b"") is numbered
