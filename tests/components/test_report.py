"""Every run leaves a page that tells of it; no text of a service becomes markup, and no secret stands in it."""

from __future__ import annotations

import argparse
import logging
import os
import stat
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from msgspec.structs import replace as changed
from playwright.async_api import async_playwright

from datasync_crawler.adapters.browser import find_browser, launch_options
from datasync_crawler.adapters.ledger import Call, Ledger
from datasync_crawler.adapters.retelling import read_account
from datasync_crawler.adapters.state import held
from datasync_crawler.commands.leaving import leave_report, note_environment, report_file, write_report
from datasync_crawler.commands.report import Command
from datasync_crawler.domain.account import Account, Environment, Judged, Judgement, PoolCalls
from datasync_crawler.domain.choices import read_choices
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.errors import NotComplete
from datasync_crawler.domain.page import Page, RejectedRow, StoredPage
from datasync_crawler.domain.profile import Evidence, Finding, Pool
from datasync_crawler.domain.report import report_of
from datasync_crawler.domain.sample import SAMPLE, Sample
from datasync_crawler.domain.shard import Checkpoint, Shard
from datasync_crawler.domain.status import Handed
from datasync_crawler.domain.view import VIEW, Health, LaneView, PoolView, State, Strip, Trouble, View
from datasync_crawler.report.page import MOST_SHARDS, page
from tests.components.secret import KEY
from tests.flow.worlds import BY_HEADER, THREE_LANES, profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

NOW = 1_800_000_000.0
EVIL = "<script>alert('taken')</script>\x00\x1b"
LONG = "https://service.test/" + "a-very-long-segment/" * 12
POOLS = ("list header", "list query", "a-pool-with-" + "a-long-" * 8 + "name")
VIEW_SEEN = View(
    NOW,
    "events",
    ended=True,
    events=3_000,
    total=3_000,
    active=600.0,
    mean_rate=5.0,
    health=Health(State.COMPLETE, (EVIL,)),
    lanes=(LaneView(EVIL, POOLS[0], pages=60, refused=1, faults=2, last_error=LONG + EVIL),),
    pools=tuple(PoolView(name, 10, 60.0, refused=1) for name in POOLS),
    strip=Strip(tuple(min(1.0, cell / 40) for cell in range(60)), NOW, NOW - 2_592_000),
    troubles=(Trouble(NOW, EVIL),),
)
ACCOUNT = Account(
    origin="http://service.test",
    profile=changed(THREE_LANES, findings=(Finding(EVIL, LONG, 0.9, (Evidence("answer", EVIL, EVIL + KEY),)),)),
    learned={},
    shards=tuple(
        Shard(number, 10**15 + number, 10**15 + number + 1, Checkpoint(1, "a", proof=EVIL), EVIL, rows=number)
        for number in range(1, MOST_SHARDS + 51)
    ),
    view=VIEW_SEEN,
    verdict=Verdict(complete=True, count=31_375, noted=(EVIL,), totals=((EVIL, 31_375),)),
    submissions=(Handed(3_000, EVIL, NOW, EVIL),),
    samples=tuple(
        Sample(NOW - 600.0 + 5.0 * look, 5.0 * look, 25 * look, ((EVIL, 0.1 + look / 900), ("query", 0.2)))
        for look in range(121)
    ),
    calls=tuple(
        PoolCalls(name + EVIL, 10, 60.0, NOW - 600.0, 60.0, tuple((n, 9) for n in range(10))) for name in POOLS
    ),
    rejections=((EVIL, 3),),
    judgement=Judgement(NOW, (Judged("PaceMonitor", passed=False, said=EVIL), Judged("StallMonitor", passed=True))),
    environment=Environment((("Python", "3.11"), ("API_BASE_URL", LONG))),
)
BROWSER = find_browser()


def mask(text: str) -> str:
    return text.replace(KEY, "{key}")


def test_no_text_becomes_markup_or_fetches_anything() -> None:
    html = page(report_of(ACCOUNT, NOW), mask)
    assert html.count("&lt;script&gt;alert(") > 15
    assert "<script" not in html
    outside = [
        part[:60] for part in html.split('="')[1:] if part.startswith(("http", "//")) and "w3.org" not in part[:30]
    ]
    assert outside == []
    assert not any(word in html for word in ("@import", "url(", "xlink:href", " src="))


def test_no_secret_stands_in_it() -> None:
    html = page(report_of(ACCOUNT, NOW), mask)
    assert KEY not in html
    assert "{key}" in html


def test_outcome_proof_and_floor_stand_in_it_before_all_else() -> None:
    html = page(report_of(ACCOUNT, NOW))
    places = [html.index(f'<h2 id="{name}">') for name in ("outcome", "proof", "monitors", "time", "pace", "shards")]
    assert places == sorted(places)
    assert "complete: 31,375 events, proven" in html
    assert "1 of 2 passed" in html
    assert html.count('class="pygal-chart"') == 4
    assert "and 50 more with fewer rows" in html


def test_what_a_kill_left_uncounted_is_said_and_nobody_was_faster_than_the_floor() -> None:
    view = changed(VIEW_SEEN, active=1.0, killed=2)
    limited = profile(BY_HEADER, pools=(Pool("list header", 10, 60.0),))
    html = page(report_of(replace(ACCOUNT, profile=limited, view=view), NOW))
    assert "A crawl was killed 2 times: rows and pages are exact, but up to 5 s of work" in html
    assert "which is less: not all of the work is counted" in html
    assert "times the floor" not in html
    assert "killed" not in page(report_of(ACCOUNT, NOW))


def test_a_ledger_in_which_nothing_has_happened_has_a_page_too() -> None:
    nothing = Account(None, None, {}, (), None, None, (), (), (), (), None, None)
    html = page(report_of(nothing, NOW))
    assert "not complete: 0 events so far" in html
    assert "too little of it to be drawn" in html


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="no browser on this machine")
async def test_it_is_readable_for_everyone_in_light_and_dark_and_fits_a_phone(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(report_of(replace(ACCOUNT, shards=ACCOUNT.shards[:5]), NOW)))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options(BROWSER or ""))
        tab = await browser.new_page(bypass_csp=True)
        troubles: list[str] = []
        tab.on("console", lambda message: troubles.append(message.text))
        await tab.goto(file.as_uri())
        await tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        await tab.evaluate(AXE_SCRIPT)
        root = "document.documentElement"
        for width in (1_280, 360):
            await tab.set_viewport_size({"width": width, "height": 800})
            assert await tab.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0, width
        tables = "[...document.querySelectorAll('.wide')].map(one => one.scrollWidth - one.clientWidth)"
        assert await tab.evaluate(tables) == [0, 0, 0]
        for lit in ("light", "dark"):
            await tab.emulate_media(color_scheme=lit)  # type: ignore[arg-type]
            found: dict[str, Any] = await tab.evaluate("axe.run()")
            wrong = [f"{rule['id']}: {one['html'][:120]}" for rule in found["violations"] for one in rule["nodes"]]
            assert wrong == [], lit
        await browser.close()
    assert troubles == []


def fill(url: str, *, proven: bool = True) -> None:
    """A ledger of two events in one shard, of which a run has told."""
    now = time.time()
    with Ledger.open(url) as ledger:
        (shard,) = ledger.plant([(None, None)])
        ends = Checkpoint(1, "b", proof="end" if proven else None)
        torn = Page(["a", "b"], [2, 1], rejected=(RejectedRow("not a row", b"{"),))
        ledger.store(StoredPage(shard.id, ledger.lease(), "list", torn, ends))
        ledger.remember(VIEW, VIEW, changed(VIEW_SEEN, at=now).to_json())
        ledger.note_calls([Call(POOLS[0], "digest", now - 5.0), Call(POOLS[0], "digest", now - 4.0)])
        for sample in (Sample(now - 10.0, 0.0, 0), Sample(now, 10.0, 2)):
            ledger.remember(SAMPLE, sample.name, sample.to_json())
        if proven:
            ledger.remember("verdict", "complete", Verdict(complete=True, count=2).to_json())


def test_the_ledger_alone_tells_the_whole_account(postgres_url: str) -> None:
    fill(postgres_url)
    with Ledger(postgres_url) as ledger:
        account = read_account(ledger)
        ledger.remember(VIEW, VIEW, b'{"at": "never"}')
        with pytest.raises(NotComplete, match="another version"):
            read_account(ledger)
    assert report_of(account, time.time()).proven
    assert account.rejections == (("not a row", 1),)
    assert [(it.pool, it.counts) for it in account.calls] == [(POOLS[0], ((0, 2),))]
    assert [sample.events for sample in account.samples] == [0, 2]


def test_of_too_many_samples_every_second_one_is_given_up(postgres_url: str) -> None:
    with Ledger.open(postgres_url) as ledger:
        for number in range(5):
            ledger.remember(SAMPLE, str(number), b"[]")
        ledger.remember("another", "1", b"[]")
        ledger.thin(SAMPLE, 5)
        assert len(ledger.remembered(SAMPLE)) == 5
        ledger.thin(SAMPLE, 4)
        assert list(ledger.remembered(SAMPLE)) == ["0", "2", "4"]
        assert list(ledger.remembered("another")) == ["1"]


def test_the_command_writes_it_for_its_owner_alone_and_says_where(
    crawler_with: Callable[..., Crawler], postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(postgres_url, proven=False)
    asked: Any = Command()
    asked.settings = crawler_with(DATABASE_URL=postgres_url, TARGET_API_KEY="").settings
    file = tmp_path / "told.html"
    asked.run([], argparse.Namespace(output=str(file)))
    assert capsys.readouterr().out == f"{file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "not complete: 2 events so far" in file.read_text()
    asked.run([], argparse.Namespace(output=None))
    assert (tmp_path / "report.html").exists()


def test_a_crawl_that_was_killed_a_moment_ago_is_not_said_to_run(
    crawler_with: Callable[..., Crawler], postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url, proven=False)
    choices = read_choices(crawler_with(DATABASE_URL=postgres_url, TARGET_API_KEY=KEY).settings)
    file = tmp_path / "told.html"
    with Ledger(postgres_url) as ledger:
        ledger.remember(VIEW, VIEW, changed(VIEW_SEEN, at=time.time(), ended=False).to_json())
        with held(Path(choices.state)):
            write_report(ledger, file, choices)
            assert "running: 2 events so far" in file.read_text()
        write_report(ledger, file, choices)
        assert "not complete: 2 events so far" in file.read_text()
        ledger.lease("somebody elsewhere", 60.0)
        write_report(ledger, file, choices)
        assert "running: 2 events so far" in file.read_text()


@pytest.mark.parametrize(
    ("args", "output", "code", "said"),
    [
        (["now"], None, 2, "unexpected argument: now"),
        ([], "/proc/no/report.html", 2, "/proc/no/report.html cannot be written: there is no folder /proc/no"),
        ([], "/proc/report.html", 2, "/proc/report.html cannot be written: "),
        ([], "/proc", 2, "/proc cannot be written: it is a folder"),
        ([], None, 1, "nothing is there yet"),
    ],
)
def test_what_cannot_be_told_of_is_one_line(
    args: list[str],
    output: str | None,
    code: int,
    said: str,
    crawler_with: Callable[..., Crawler],
    postgres_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if code == 2:
        fill(postgres_url)
    asked: Any = Command()
    asked.settings = crawler_with(DATABASE_URL=postgres_url, TARGET_API_KEY="").settings
    asked.run(args, argparse.Namespace(output=output))
    assert asked.exitcode == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"scrapy report: {said}")


def test_a_run_leaves_what_it_was_run_with_and_what_its_monitors_said(
    crawler_with: Callable[..., Crawler], postgres_url: str
) -> None:
    fill(postgres_url)
    crawler = crawler_with(DATABASE_URL=postgres_url, API_BASE_URL="http://service.test/v1?token=undisclosed")
    choices = read_choices(crawler.settings)
    assert crawler.stats is not None
    crawler.stats.set_value("datasync/monitors_judged", [Judged("PaceMonitor", passed=False, said=f"as {KEY} says")])
    note_environment(postgres_url, choices, crawler.settings)
    leave_report(postgres_url, choices, crawler)
    html = report_file(choices).read_text()
    assert "PaceMonitor failed: as {key} says" in html
    assert "<dt>TARGET_API_KEY</dt><dd>set</dd>" in html
    assert "<dt>API_BASE_URL</dt><dd>http://service.test/v1</dd>" in html
    assert KEY not in html
    assert "undisclosed" not in html


@pytest.mark.parametrize(("name", "named"), [("pipe", True), ("report.html", False)])
def test_what_is_there_and_no_regular_file_stays(
    crawler_with: Callable[..., Crawler],
    postgres_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    named: bool,
) -> None:
    fill(postgres_url)
    os.mkfifo(tmp_path / name)
    asked: Any = Command()
    asked.settings = crawler_with(DATABASE_URL=postgres_url, TARGET_API_KEY="").settings
    asked.run([], argparse.Namespace(output=str(tmp_path / name) if named else None))
    assert (asked.exitcode, "else than a regular file" in capsys.readouterr().err) == (2, True)
    assert (tmp_path / name).is_fifo()


@pytest.mark.parametrize("demo", [False, True])
def test_of_a_demo_nothing_is_offered_that_needs_its_database(
    demo: bool, crawler_with: Callable[..., Crawler], postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url)
    if demo:
        (tmp_path / "demo.json").touch()
    leave_report(postgres_url, read_choices(crawler_with(DATABASE_URL=postgres_url).settings))
    html = (tmp_path / "report.html").read_text()
    assert [words in html for words in ("scrapy verify", "scrapy report", "This is a demo")] == [
        not demo,
        not demo,
        demo,
    ]


def test_a_report_that_cannot_be_left_is_a_warning_and_nothing_more(
    crawler_with: Callable[..., Crawler], postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(postgres_url)
    (tmp_path / "report.html").mkdir()
    choices = read_choices(crawler_with(DATABASE_URL=postgres_url).settings)
    leave_report(postgres_url, choices)
    leave_report("postgresql://nobody@127.0.0.1:1/none", choices)
    told = [record for record in caplog.records if "no report is left" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.WARNING] * 2


def test_it_is_made_in_a_moment_whatever_the_number_of_rows(
    crawler_with: Callable[..., Crawler], postgres_url: str, tmp_path: Path
) -> None:
    """Nothing that is read grows with the table of rows, which is not looked at."""
    fill(postgres_url)
    with Ledger(postgres_url) as ledger:
        with ledger.transaction() as cursor:
            cursor.execute("DROP TABLE ingested_events")
        write_report(ledger, tmp_path / "report.html", read_choices(crawler_with().settings))
    assert "complete: 2 events, proven" in (tmp_path / "report.html").read_text()
