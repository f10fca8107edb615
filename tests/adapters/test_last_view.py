"""The figures of a crawl that was killed are no staler than its rows, whether or not another one goes on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from datasync_crawler.adapters.last_view import last_view
from datasync_crawler.adapters.recall import note_limits, recall
from datasync_crawler.domain.ending import TOLD_ENDS
from datasync_crawler.domain.errors import StateBusy
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.profile import Pool
from datasync_crawler.domain.sample import SAMPLE, read_samples
from datasync_crawler.domain.view import VIEW, LaneView, PoolView, View, read_view
from tests.adapters.pages import page_of, uuids
from tests.flow.worlds import THREE_LANES

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasync_crawler.adapters.ledger import Ledger

    Execute = Callable[..., list[tuple[Any, ...]]]

AGO = 3_600.0


@pytest.fixture
def killed(ledger: Ledger, execute: Execute) -> View:
    """The view of a crawl that was killed an hour ago, four seconds after it was written down."""
    ledger.save_profile(THREE_LANES.to_json())
    ledger.plant([(None, None)])
    generation = ledger.lease("gone")
    ledger.store(page_of(uuids(range(5)), generation, position=9))
    ledger.store(StoredPage(1, generation, "export", Page(uuids(range(3, 7)), [None] * 4), None))
    ledger.release(generation)
    execute("UPDATE ingestion_progress SET updated_at = now() - make_interval(secs => %s)", AGO)
    lanes, pools = (LaneView("feed", "feed"),), (PoolView("feed"),)
    view = View(time.time() - AGO - 4.0, "events", events=5, active=50.0, lanes=lanes, pools=pools)
    ledger.remember(VIEW, VIEW, view.to_json())
    note_limits(ledger, [Pool("feed", 5, 60.0)])
    return view


def kept(ledger: Ledger) -> View:
    return read_view(ledger.remembered(VIEW)[VIEW])


def figures(view: View) -> tuple[int, float, dict[str, int], int]:
    return view.events, round(view.active, 1), {lane.name: lane.pages for lane in view.lanes}, view.refused


SETTLED = (7, 54.0, {"feed": 1, "export": 1}, 1)


@pytest.mark.usefixtures("killed")
def test_whoever_only_looks_sees_what_was_stored_after_the_last_view(ledger: Ledger) -> None:
    view = last_view(ledger, {"feed"})
    assert view is not None
    assert figures(view) == SETTLED


def test_the_next_crawl_goes_on_with_figures_as_of_the_last_commit(ledger: Ledger, killed: View) -> None:
    recall(ledger, "key", 0.0, "here")
    view = kept(ledger)
    assert figures(view) == SETTLED
    assert (view.ended, view.killed) == (True, 1)
    (sample,) = read_samples(ledger.remembered(SAMPLE).values())
    assert (sample.events, sample.at) == (7, pytest.approx(killed.at + 4.0, abs=1.0))


@pytest.mark.usefixtures("killed")
def test_a_crawl_that_was_killed_once_is_counted_once(ledger: Ledger) -> None:
    for _ in range(2):
        recall(ledger, "key", 0.0, "here")
    assert kept(ledger).killed == 1


def test_the_view_of_a_crawl_that_still_drains_is_left_alone(ledger: Ledger, killed: View) -> None:
    ledger.lease("another")
    with pytest.raises(StateBusy):
        recall(ledger, "key", 0.0, "here")
    assert kept(ledger) == killed


@pytest.mark.usefixtures("killed")
def test_pages_that_were_counted_by_shard_alone_are_no_pages_of_a_lane(ledger: Ledger, execute: Execute) -> None:
    execute("UPDATE lane_pages SET pages = 0")
    view = last_view(ledger, ())
    assert view is not None
    assert [lane.pages for lane in view.lanes] == [0]


def test_a_view_of_another_version_keeps_nobody_from_going_on(ledger: Ledger, killed: View) -> None:
    ledger.remember(VIEW, VIEW, replace(killed, spider="events").to_json().replace(b'"lanes":[', b'"lanes":[7,'))
    assert recall(ledger, "key", 0.0, "here").stored == 7


@pytest.mark.usefixtures("killed")
def test_shards_that_are_leased_or_opened_again_have_not_moved(ledger: Ledger, execute: Execute) -> None:
    ledger.lease("here")
    assert ledger.seconds_since_commit() == pytest.approx(AGO, abs=60.0)
    execute("UPDATE ingestion_progress SET proof = %s", TOLD_ENDS[0])
    ledger.reopen()
    assert not ledger.shards()[0].done
    assert ledger.seconds_since_commit() == pytest.approx(AGO, abs=60.0)


def test_a_first_drain_goes_on_with_the_pages_of_discovery(ledger: Ledger) -> None:
    ledger.save_profile(THREE_LANES.to_json())
    ledger.plant([(None, None)])
    ledger.store(page_of(uuids(range(5)), ledger.lease("it"), position=9))
    recall(ledger, "digest", 0.0, "it")
    view = kept(ledger)
    assert (view.ended, view.base, figures(view)) == (True, 5, (5, 0.0, {"feed": 1}, 0))


def test_a_view_of_another_version_is_not_written_over(ledger: Ledger) -> None:
    ledger.save_profile(THREE_LANES.to_json())
    ledger.remember(VIEW, VIEW, b'{"strange": 1}')
    recall(ledger, "digest", 0.0, "it")
    assert ledger.remembered(VIEW)[VIEW] == b'{"strange": 1}'
