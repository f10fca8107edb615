"""The view is taken while the spider runs and when it closes, and whatever draws it cannot hurt the crawl."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from scrapy import signals

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.domain.choices import read_choices
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.errors import NotComplete
from datasync_crawler.domain.profile import Finding
from datasync_crawler.domain.sample import SAMPLE, read_samples
from datasync_crawler.domain.view import Health, LaneView, State, View, read_view
from datasync_crawler.extensions import lines, progress
from datasync_crawler.extensions.figures import tell_stats
from datasync_crawler.extensions.keeping import Keeping
from datasync_crawler.extensions.lines import JsonLines, PlainLines, Silence
from datasync_crawler.extensions.memory import held_bytes
from datasync_crawler.extensions.progress import Progress
from datasync_crawler.extensions.shown import drawings_for
from tests.components.secret import KEY
from tests.flow.drain import Drain
from tests.flow.worlds import FREE, THREE_LANES, service

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

NOW = 1_800_000_000.0


class Gallery:
    """A drawing that remembers what it drew, and breaks at the view of that number."""

    every = 0.0

    def __init__(self, breaks_at: int = -1) -> None:
        self.views: list[View] = []
        self.enough = asyncio.Event()
        self.ended = False
        self._breaks_at = breaks_at

    async def begin(self) -> None:
        """Nothing is needed."""

    def draw(self, view: View) -> None:
        if len(self.views) == self._breaks_at:
            raise ValueError("torn canvas")
        self.views.append(view)
        if len(self.views) == 3:
            self.enough.set()

    async def end(self) -> None:
        self.ended = True


async def opened(crawler: Any, *drawings: Any, run: Any = None) -> Progress:
    """A spider that has just been opened, drawn by these alone."""
    crawler.spider.run = run
    kept = Progress.from_crawler(crawler)
    kept._drawings[:] = drawings
    await crawler.signals.send_catch_log_async(signals.spider_opened, spider=crawler.spider)
    return kept


async def close(kept: Progress) -> None:
    crawler: Any = kept._crawler
    await crawler.signals.send_catch_log_async(signals.spider_closed, spider=crawler.spider, reason="finished")
    assert not kept._loop.running


async def test_a_run_is_drawn_when_it_ends_however_short_it_was(crawler_with: Callable[..., Crawler]) -> None:
    gallery = Gallery()
    await close(await opened(crawler_with(), gallery, run=Drain(service(), FREE).run))
    assert (gallery.views[-1].spider, gallery.views[-1].ended) == ("events", True)
    assert not any(view.ended for view in gallery.views[:-1])
    assert gallery.ended


async def test_a_run_is_drawn_while_it_lasts(
    crawler_with: Callable[..., Crawler], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.001)
    gallery = Gallery()
    kept = await opened(crawler_with(), gallery, run=Drain(service(), FREE).run)
    async with asyncio.timeout(5.0):
        await gallery.enough.wait()
    await close(kept)


async def test_a_spider_without_a_run_is_drawn_as_finding_out(crawler_with: Callable[..., Crawler]) -> None:
    gallery = Gallery()
    await close(await opened(crawler_with(), gallery))
    assert {view.spider for view in gallery.views} == {"discover"}


async def test_a_drawing_that_breaks_is_told_of_once_and_the_others_go_on(
    crawler_with: Callable[..., Crawler], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.001)
    broken, sound = Gallery(breaks_at=1), Gallery()
    kept = await opened(crawler_with(), broken, sound, run=Drain(service(), FREE).run)
    async with asyncio.timeout(5.0):
        await sound.enough.wait()
    await close(kept)
    told = [record.getMessage() for record in caplog.records if "torn canvas" in record.getMessage()]
    assert told == ["Gallery shows nothing any more: ValueError('torn canvas')"]
    assert len(broken.views) == 1


async def test_a_run_that_cannot_be_seen_says_so_until_it_can(
    crawler_with: Callable[..., Crawler], caplog: pytest.LogCaptureFixture
) -> None:
    gallery, run = Gallery(), Drain(service(), FREE).run
    kept = await opened(crawler_with(), gallery, run=run)
    run.lanes["header"].pages, run.told = 7, "many"  # type: ignore[assignment]
    kept._look()
    seen = kept._look()
    assert (seen.health.state, seen.health.reasons[0][:24]) == (State.FAILED, "the run cannot be seen: ")
    assert caplog.text.count("The run cannot be seen") == 1
    run.told = None
    await close(kept)
    assert (gallery.views[-1].health, gallery.views[-1].lanes[0].pages) == (Health(), 7)


async def test_refusals_are_told_apart_by_whether_the_pool_announces_its_limit(
    crawler_with: Callable[..., Crawler],
) -> None:
    crawler: Any = crawler_with()
    run = Drain(service(), THREE_LANES).run
    for pool, refused in (("list query", 1), ("feed", 2), ("feed token", 3)):
        run.gate.budgets[pool].refused = refused
    await close(await opened(crawler, run=run))
    stats = crawler.stats.get_stats()
    assert (stats["datasync/refused/announced"], stats["datasync/refused/hidden"]) == (1, 5)


async def test_an_end_that_proves_nothing_is_no_good_health(crawler_with: Callable[..., Crawler]) -> None:
    gallery, crawler = Gallery(), crawler_with()
    run = Drain(service(), FREE).run
    kept = await opened(crawler, gallery, run=run)
    run.verdict = Verdict(complete=False, count=5, against=("1 shards have no proven end",))
    await close(kept)
    assert gallery.views[-1].health == Health(State.FAILED, run.verdict.against)
    assert crawler.stats is not None
    assert crawler.stats.get_value("datasync/health") == "failed"


async def test_a_few_answers_make_no_share_of_errors(crawler_with: Callable[..., Crawler]) -> None:
    crawler: Any = crawler_with()
    lane = LaneView("list", "header", pages=2, faults=1)
    tell_stats(crawler.stats, View(NOW, "events", lanes=(lane,)), 60.0)
    assert crawler.stats.get_value("datasync/error_share") == 0.0
    tell_stats(crawler.stats, View(NOW, "events", lanes=(replace(lane, pages=15, faults=5),)), 60.0)
    assert crawler.stats.get_value("datasync/error_share") == 0.25


async def test_what_the_log_warns_of_is_shown_without_the_key(crawler_with: Callable[..., Crawler]) -> None:
    gallery = Gallery()
    kept = await opened(crawler_with(), gallery, run=Drain(service(), FREE).run)
    logging.getLogger("anybody").warning("refused %s\x1b]0;owned\x07\nand more", KEY)
    logging.getLogger("anybody").info("all is well")
    await close(kept)
    logging.getLogger("anybody").warning("too late")
    assert [trouble.text for trouble in gallery.views[-1].troubles] == ["refused {key}\\x1b]0;owned\\x07"]


async def test_a_line_without_words_is_no_trouble(crawler_with: Callable[..., Crawler]) -> None:
    gallery = Gallery()
    kept = await opened(crawler_with(), gallery, run=Drain(service(), FREE).run)
    for line in ("[Spidermon] \nFAIL: Pace", "[Spidermon] ------", "", "[Spidermon] PaceMonitor/pace... FAIL"):
        logging.getLogger("anybody").error(line)
    await close(kept)
    assert [trouble.text for trouble in gallery.views[-1].troubles] == ["[Spidermon] PaceMonitor/pace... FAIL"]


async def test_a_malformed_call_of_the_log_is_kept_and_hurts_nobody(crawler_with: Callable[..., Crawler]) -> None:
    gallery = Gallery()
    kept = await opened(crawler_with(), gallery, run=Drain(service(), FREE).run)
    kept._troubles.emit(logging.LogRecord("anybody", logging.WARNING, __file__, 1, "%d rows", ("no",), None))
    await close(kept)
    assert [trouble.text for trouble in gallery.views[-1].troubles] == ["'%d rows' with tuple that do not fit"]


async def test_whatever_the_service_says_no_view_has_the_key(crawler_with: Callable[..., Crawler]) -> None:
    gallery = Gallery()
    run = Drain(service(), replace(FREE, findings=(Finding("route", f"/list?key={KEY}", 0.9),))).run
    run.lanes["header"].last_error = f"no such key: {KEY}\x1b[2J"
    run.stop(NotComplete(f"who is {KEY}?"))
    await close(await opened(crawler_with(), gallery, run=run))
    view = gallery.views[-1]
    assert KEY not in view.to_json().decode()
    assert (view.health.reasons, view.lanes[0].last_error) == (("who is {key}?",), "no such key: {key}\\x1b[2J")


async def test_the_last_view_is_in_the_ledger_and_the_next_run_goes_on_with_it(
    crawler_with: Callable[..., Crawler], postgres_url: str
) -> None:
    first, second = Gallery(), Gallery()
    for gallery in (first, second):
        run = Drain(service(), FREE).run
        run.lanes["header"].pages = 5
        await close(await opened(crawler_with(DATABASE_URL=postgres_url), gallery, run=run))
    with Ledger.open(postgres_url) as ledger:
        kept = read_view(ledger.remembered("view")["view"])
        samples = read_samples(ledger.remembered(SAMPLE).values())
    assert (samples[-1].at, samples[-1].active) == (kept.at, pytest.approx(kept.active, abs=0.001))
    assert [view.lanes[0].pages for view in (first.views[-1], second.views[-1], kept)] == [5, 10, 10]


async def test_a_refusal_is_kept_at_once_and_not_only_with_the_next_view(
    crawler_with: Callable[..., Crawler], monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    monkeypatch.setattr(Keeping, "draw", (drawn := Gallery()).draw)
    run = Drain(service(), FREE).run
    progress_ = await opened(crawler_with(DATABASE_URL=postgres_url), run=run)
    assert progress_._beginning is not None
    await progress_._beginning
    before = len(drawn.views)
    for refused in (0, 1, 1):
        next(iter(run.gate.budgets.values())).refused = refused
        progress_._tick()
    assert [view.refused for view in drawn.views[before:]] == [1]
    await close(progress_)


async def test_a_ledger_that_cannot_be_reached_costs_the_figures_alone(
    crawler_with: Callable[..., Crawler], caplog: pytest.LogCaptureFixture
) -> None:
    gallery = Gallery()
    crawler = crawler_with(DATABASE_URL="postgresql://me:hush@127.0.0.1:9/events")
    await close(await opened(crawler, gallery, run=Drain(service(), FREE).run))
    assert gallery.ended
    assert "cannot be reached" in caplog.text
    assert "hush" not in caplog.text


def test_a_plain_line_is_logged_and_nothing_while_nothing_is_drained(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, lines.__name__)
    for spider in ("discover", "events"):
        PlainLines().draw(View(NOW, spider))
    assert [record.getMessage()[:8] for record in caplog.records] == ["0 events"]


def test_json_lines_hold_the_whole_view(capsys: pytest.CaptureFixture[str]) -> None:
    view = View(NOW, "events", events=7)
    JsonLines().draw(view)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert read_view(out.encode()) == view
    assert json.loads(out)["events"] == 7


def test_json_lines_that_nobody_reads_end_without_a_word_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as out:
        monkeypatch.setattr("sys.stdout", out)
        with pytest.raises(BrokenPipeError):
            JsonLines().draw(View(NOW, "events"))
        JsonLines().draw(View(NOW, "events"))


async def test_silence_lets_warnings_through_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = logging.StreamHandler(io.StringIO())
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    await Silence().begin()
    Silence().draw(View(NOW, "events"))
    assert handler.level == logging.WARNING


@pytest.mark.parametrize(
    ("chosen", "terminal", "drawing"),
    [
        ("auto", "", "PlainLines"),
        ("auto", "xterm", "Terminal"),
        ("auto", "dumb", "PlainLines"),
        ("live", "", "Terminal"),
        ("plain", "xterm", "PlainLines"),
        ("json", "xterm", "JsonLines"),
        ("quiet", "xterm", "Silence"),
    ],
)
def test_the_user_chooses_and_auto_looks_at_the_terminal(
    chosen: str, terminal: str, drawing: str, crawler_with: Callable[..., Crawler], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: bool(terminal), raising=False)
    monkeypatch.setenv("TERM", terminal)
    choices = read_choices(crawler_with(PROGRESS=chosen, WEB_PORT="off").settings)
    assert [type(one).__name__ for one in drawings_for(choices)] == [drawing]


def test_the_page_is_drawn_too_unless_it_is_off(crawler_with: Callable[..., Crawler]) -> None:
    choices = read_choices(crawler_with(WEB_PORT="0").settings)
    assert [type(one).__name__ for one in drawings_for(choices)] == ["PlainLines", "Page"]


async def test_what_makes_no_keyed_call_is_shown_without_a_key(crawler_with: Callable[..., Crawler]) -> None:
    assert Progress.from_crawler(crawler_with(TARGET_API_KEY="", WEB_PORT="off"))


def test_a_process_holds_some_memory() -> None:
    assert 1 << 20 < held_bytes() < 1 << 36
