"""What a run looks like from outside, from moment to moment and from process to process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.errors import NotComplete
from datasync_crawler.domain.profile import Finding, Pool
from datasync_crawler.domain.view import Health, State, Trouble, View, read_view
from datasync_crawler.flow.viewing import time_left
from datasync_crawler.flow.watching import Watch
from tests.flow.drain import Drain
from tests.flow.fake_clock import EPOCH, play
from tests.flow.fake_service import NEWEST, Torn
from tests.flow.streams import BY_EXPORT, EXPORT, Stream, StreamDrain, with_export
from tests.flow.worlds import BY_HEADER, FREE, THREE_LANES, profile, service, slow_service

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasync_crawler.domain.profile import Profile

TEN_A_MINUTE = profile(BY_HEADER, pools=(Pool("list header", 10, 60.0, announced=True),))


def torn_once(pages: int = 60) -> Drain:
    """A drain of a slow service with so many pages, one of whose calls breaks."""
    return Drain(
        slow_service(pages=pages, fault=lambda visit: Torn() if (visit.path, visit.number) == ("/feed", 3) else None),
        THREE_LANES,
    )


def told(world: Profile, total: int) -> Profile:
    """The profile of a service that told its total beforehand."""
    return replace(world, totals=(("stats", total),))


async def looks(drained: Drain, until: float = 1e9, watch: Watch | None = None) -> list[View]:
    """A look at the beginning, one at every call and one at the end, or after so many seconds."""
    watch = watch or Watch(drained.run)
    seen = [watch.look()]
    async for call in drained.dispatch.calls():
        drained.pass_on(call)
        seen.append(watch.look())
        if drained.clock.monotonic() > until:
            return seen
    return [*seen, watch.look()]


def seen_in(make: Callable[[], Drain], until: float = 1e9) -> list[View]:
    """All looks at a drain that is made under its own clock."""

    async def scene() -> list[View]:
        return await looks(make(), until)

    return play(scene())


def test_a_run_that_has_nothing_yet_shows_its_lanes_and_budgets() -> None:
    first = seen_in(torn_once, 0.0)[0]
    assert (first.events, first.total, first.rate, first.open_shards, first.shards) == (0, None, 0.0, 1, 1)
    assert [(lane.name, lane.left, lane.limit) for lane in first.lanes] == [
        ("header", 10, 10),
        ("query", 5, 5),
        ("feed", None, None),
    ]
    assert first.health.state is State.HEALTHY


def test_a_run_on_its_way_shows_what_came_and_what_broke() -> None:
    view = seen_in(torn_once, 20.0)[-1]
    feed = next(lane for lane in view.lanes if lane.name == "feed")
    assert 0 < view.events < 3_000
    assert view.rate > 0
    assert view.mean_rate > 0
    assert (feed.faults, feed.last_error) == (1, "Torn")
    assert view.error_share == view.faults / (view.faults + sum(lane.pages for lane in view.lanes))


def test_a_run_at_its_end_has_every_row_and_covers_the_axis() -> None:
    view = seen_in(lambda: Drain(service(), FREE))[-1]
    assert (view.events, view.open_shards, view.health.state) == (3_000, 0, State.HEALTHY)
    assert set(view.strip.cells) == {1.0}
    assert view.strip.first == NEWEST / 1_000
    assert view.strip.last is not None
    assert view.strip.last < view.strip.first


def judged(*, complete: bool, against: tuple[str, ...] = ()) -> Health:
    """The health of a run that ended, by its verdict."""

    async def scene() -> View:
        drained = await Drain(service(), FREE).carry_out()
        drained.run.verdict = Verdict(complete=complete, count=3_000, against=against)
        return Watch(drained.run).look()

    return play(scene()).health


def test_a_run_is_complete_once_its_verdict_says_so() -> None:
    assert judged(complete=True) == Health(State.COMPLETE)


def test_a_run_whose_verdict_is_against_it_failed_and_says_why() -> None:
    missing = ("2 rows short of the stats",)
    assert judged(complete=False, against=missing) == Health(State.FAILED, missing)


def test_half_way_about_half_of_the_axis_is_covered() -> None:
    half = next(view for view in seen_in(lambda: Drain(service(), told(FREE, 3_000))) if view.events > 1_500)
    assert 0.3 < sum(half.strip.cells) / len(half.strip.cells) < 0.8


def test_the_time_left_is_what_the_budget_allows_and_not_what_the_last_seconds_were() -> None:
    """Thirty-six pages at ten a minute take three windows, however quick the ten pages of the first burst were."""

    def make() -> Drain:
        return Drain(slow_service(pages=36), told(TEN_A_MINUTE, 1_800))

    seen = seen_in(make)
    assert seen[0].eta is not None
    assert 180 <= seen[0].eta <= 185
    burst = seen[9]
    assert burst.eta is not None
    assert 170 <= burst.eta + burst.active <= 190
    assert seen[-1].eta == 0.0
    assert 180 <= seen[-1].active <= 200
    planned = seen[-1].planned
    assert planned is not None
    assert 180 <= planned <= 190


def test_what_the_budgets_allow_at_once_still_takes_the_time_that_the_pace_tells() -> None:
    """A hundred pages of one window, three seconds each: before the first one came its latency tells as much."""
    plenty = profile(BY_HEADER, pools=(Pool("list header", 1_000, 60.0, announced=True),))
    slow = replace(plenty, endpoints=tuple(replace(it, latency=3.1) for it in plenty.endpoints))
    seen = seen_in(lambda: Drain(slow_service(pages=100), told(slow, 5_000)))
    assert seen[0].eta is not None
    assert seen[0].eta > 20
    half = next(view for view in seen if view.events > 2_500)
    assert half.eta == pytest.approx(seen[-1].active - half.active, rel=0.5)


def test_a_pace_that_was_seen_counts_for_more_than_what_the_latencies_tell() -> None:
    async def scene() -> float | None:
        return time_left(Drain(slow_service(), told(TEN_A_MINUTE, 5_000)).run, 0, 5.0, best=0.5)

    assert play(scene()) == 10_000.0


def test_without_a_limit_the_time_left_is_what_the_pace_tells() -> None:
    seen = seen_in(lambda: Drain(service(count=6_000), told(FREE, 6_000)))
    assert seen[0].eta is None
    later = next(view for view in seen if view.events > 3_000)
    assert later.eta is not None
    assert 0 < later.eta < 2 * (seen[-1].active - later.active)


def test_without_a_total_nothing_is_said_of_the_time_left() -> None:
    first = seen_in(torn_once, 0.0)[0]
    assert (first.eta, first.share, first.planned) == (None, None, None)


def test_a_run_whose_budgets_are_spent_waits_and_is_well() -> None:
    async def scene() -> View:
        drained = Drain(slow_service(pages=40), told(TEN_A_MINUTE, 2_000))
        draining, watch = asyncio.ensure_future(drained.carry_out()), Watch(drained.run, patience=8.0)
        for _ in range(50):
            await drained.clock.sleep(1.0)
            view = watch.look()
        draining.cancel()
        return view

    view = play(scene())
    assert view.health.state is State.WAITING
    assert view.health.well
    assert view.health.reasons[0].startswith("pool list header opens in ")
    assert view.longest_idle < 8.0


def test_a_run_without_progress_is_stalled_and_names_what_blocks() -> None:
    async def scene() -> View:
        drained = Drain(service(), FREE)
        watch = Watch(drained.run, patience=10.0)
        drained.run.lanes["header"].failed("status 500", 0.0, 0.0, blamed=False)
        await drained.clock.sleep(11.0)
        return watch.look()

    view = play(scene())
    assert (view.health.state, view.health.well) == (State.STALLED, False)
    assert view.health.reasons == ("no progress for 11 s", "header: status 500")
    assert view.longest_idle == 11.0


def test_while_the_database_is_away_no_budget_is_what_is_waited_for() -> None:
    async def scene() -> tuple[View, View]:
        drained = Drain(slow_service(pages=40), told(TEN_A_MINUTE, 2_000))
        draining, watch = asyncio.ensure_future(drained.carry_out()), Watch(drained.run, patience=8.0)
        await drained.clock.sleep(20.0)
        drained.run.waits_for |= dict.fromkeys(("pages", "calls"), "the database is away")
        soon = watch.look()
        await drained.clock.sleep(9.0)
        draining.cancel()
        return soon, watch.look()

    soon, late = play(scene())
    assert soon.health == Health(State.HEALTHY, ("the database is away",))
    assert late.health.state is State.STALLED
    assert late.health.reasons[1:] == ("the database is away",)


STREAM_ALONE = profile(BY_EXPORT, endpoints=(EXPORT,), pools=(Pool("export", None),))


def test_a_run_of_a_stream_alone_can_be_seen() -> None:
    seen = seen_in(lambda: StreamDrain(Stream(service()), told(STREAM_ALONE, 3_000)))
    assert [lane.name for lane in seen[0].lanes] == ["export"]
    assert (seen[-1].events, seen[-1].open_shards) == (3_000, 0)
    assert set(seen[-1].strip.cells) == {1.0}


def test_a_stream_that_breaks_is_named_where_a_run_stands_still() -> None:
    async def scene() -> View:
        drained = StreamDrain(Stream(service()), with_export())
        watch = Watch(drained.run, patience=10.0)
        drained.run.courses["export"].broke("status 500", 0.0)
        await drained.clock.sleep(11.0)
        return watch.look()

    assert play(scene()).health.reasons == ("no progress for 11 s", "export: status 500")


def test_a_pool_that_is_closed_for_long_is_waited_for_once() -> None:
    """One window's calls are enough for the rest, as soon as the pool opens."""

    async def scene() -> View:
        drained = Drain(slow_service(pages=9), told(TEN_A_MINUTE, 450))
        now = drained.clock.monotonic()
        drained.run.gate.budgets["list header"].refuse(300.0, now, now)
        return Watch(drained.run).look()

    view = play(scene())
    assert view.eta is not None
    assert 300 <= view.eta <= 400


def test_a_run_that_failed_says_why() -> None:
    async def scene() -> View:
        drained = Drain(service(), FREE)
        drained.run.stop(NotComplete("no way leads there"))
        return Watch(drained.run).look()

    assert play(scene()).health.reasons == ("no way leads there",)


def test_pages_that_wait_for_the_ledger_are_its_lag() -> None:
    async def scene() -> tuple[float, float, float]:
        drained = Drain(service(), FREE)
        watch = Watch(drained.run)
        drained.run.unstored = 3
        await drained.clock.sleep(4.0)
        behind = watch.look().lag
        drained.run.stored, drained.run.unstored = 50, 0
        after = watch.look()
        return behind, after.lag, after.longest_lag

    assert play(scene()) == (4.0, 0.0, 4.0)


def test_pages_of_rows_that_are_there_already_are_no_lag_once_they_are_stored() -> None:
    async def scene() -> float:
        drained = Drain(service(), FREE)
        watch = Watch(drained.run)
        drained.run.stored, drained.run.unstored = 500, 4
        for _ in range(3):
            await drained.clock.sleep(4.0)
            drained.reception.stored(0, met=50)
            view = watch.look()
        return view.longest_lag

    assert play(scene()) == 0.0


def test_what_lanes_and_pools_counted_that_have_gone_is_counted_on() -> None:
    async def scene() -> tuple[View, View]:
        before = torn_once()
        before.run.gate.budgets["feed"].refused = 2
        past = (await looks(before, 20.0))[-1]
        before.kill()
        return past, Watch(Drain(service(), FREE).run, past).look()

    past, view = play(scene())
    assert (view.faults, view.error_share) == (past.faults, past.error_share)
    assert sum(pool.refused for pool in view.pools) == 2
    gone = [lane for lane in view.lanes if lane.name in {"query", "feed"}]
    assert [(lane.in_flight, lane.opens_in) for lane in gone] == [(0, 0.0), (0, 0.0)]


def test_the_next_process_goes_on_with_all_figures_and_leaves_out_the_time_between() -> None:
    async def scene() -> tuple[View, View, View]:
        drained = torn_once()
        half = replace((await looks(drained, 20.0))[-1], killed=1)
        drained.kill()
        await drained.clock.sleep(3_600.0)
        resumed = Drain(drained.service, THREE_LANES, book=drained.book)
        watch = Watch(resumed.run, read_view(half.to_json()))
        first = watch.look()
        last = (await looks(resumed, watch=watch))[-1]
        return half, first, last

    half, first, last = play(scene())
    assert first.active == pytest.approx(half.active)
    assert sum(lane.pages for lane in first.lanes) == sum(lane.pages for lane in half.lanes)
    assert first.lanes[2].last_error == "Torn"
    assert (last.faults, last.killed) == (1, 1)
    assert last.at - EPOCH > 3_600 > last.active
    assert last.mean_rate * last.active == pytest.approx(last.events)
    assert last.history[0] == half.history[0]


def test_a_key_lives_from_its_first_call_on() -> None:
    async def scene() -> list[View]:
        drained = Drain(service(), FREE)
        drained.run.key_life = 600.0
        await drained.clock.sleep(5.0)
        return await looks(drained)

    seen = play(scene())
    assert (seen[0].key_left, seen[-1].key_left) == (None, pytest.approx(600.0 - seen[-1].active, abs=1.0))
    assert seen[-1].key_left is not None
    assert seen[-1].key_left < 600.0


def test_the_history_stays_short_and_reaches_back_to_the_beginning() -> None:
    async def scene() -> View:
        drained = Drain(service(), FREE)
        watch = Watch(drained.run)
        for second in range(2_000):
            drained.run.stored = second
            view = watch.look()
            await drained.clock.sleep(1.0)
        return view

    view = play(scene())
    assert 100 <= len(view.history) <= 241
    assert (view.history[0].events, view.history[-1].events) == (0, 1_999)
    assert [point.at for point in view.history] == sorted(point.at for point in view.history)
    assert round(view.rate, 3) == 1.0


def test_a_budget_that_is_used_up_in_every_window_shows_so() -> None:
    view = seen_in(lambda: Drain(slow_service(pages=60), told(TEN_A_MINUTE, 3_000)))[-1]
    assert view.pools[0].use is not None
    assert view.pools[0].use > 0.9


def test_a_pool_that_all_calls_turned_out_to_share_is_shown() -> None:
    async def scene() -> View:
        drained = Drain(service(), THREE_LANES)
        drained.run.gate.refuse_in_common(30.0, drained.clock.monotonic(), 0.0)
        return Watch(drained.run).look()

    assert "every call" in [pool.name for pool in play(scene()).pools]


def test_findings_troubles_and_memory_are_handed_on() -> None:
    async def scene() -> View:
        found = (Finding("list cap", "50 rows a page", 0.95), Finding("lead", "/elsewhere", 0.4))
        return Watch(Drain(service(), replace(FREE, findings=found)).run).look((Trouble(1.0, "oh"),), 42)

    view = play(scene())
    assert [finding.subject for finding in view.findings] == ["list cap"]
    assert (view.troubles[0].text, view.memory) == ("oh", 42)
