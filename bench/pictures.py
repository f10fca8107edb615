"""Takes the pictures of ``docs/pictures``: a whole run at ten times the speed, on terminal and page, and its report.

Run from the project's folder: ``python -m bench.pictures [--into FOLDER]``; takes two minutes and needs a browser.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import re
import shutil
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright
from psycopg2.errors import UndefinedTable
from rich.console import Console

from bench.trial import ROOT, Running, Trial, embedded_database, until
from datasync_crawler.adapters.browser import find_browser, launch_options
from datasync_crawler.adapters.last_view import last_view
from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.recall import learned_pools
from datasync_crawler.extensions.terminal import picture
from datasync_crawler.simulator import Simulator

if TYPE_CHECKING:
    from playwright.async_api import Browser

_EVENTS, _SPEED, _SEED = 3_000_000, 10.0, 2
_MOMENT = 0.55
"""The share of all events at which a run is pictured."""
_PATIENCE = 600.0
_ADDRESS = re.compile(r"the live page: (http://\S+)")


def main() -> int:
    """Runs the chain once and takes every picture on the way; puts them in place when all are there."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--into", type=Path, default=ROOT / "docs" / "pictures", metavar="FOLDER")
    into: Path = words.parse_args().into
    browser = _browser()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="datasync-bench-")))
        simulator = held.enter_context(Simulator(_EVENTS, _SEED, _SPEED, "light"))
        trial = Trial(simulator, folder, held.enter_context(embedded_database(folder)))
        trial = replace(trial, settings={"AUTO_SUBMIT": "true", "PROGRESS": "plain"})
        running = trial.start("ingest")
        held.callback(_end, running)
        if not until(lambda: _share(trial) >= _MOMENT, running, _PATIENCE):
            raise SystemExit(running.err.read_text()[-2000:])
        asyncio.run(_while_it_runs(trial, running, browser))
        if running.end(_PATIENCE).code != 0:
            raise SystemExit(running.err.read_text()[-2000:])
        asyncio.run(_afterwards(trial, browser))
        for file in sorted(folder.glob("*.png")):
            print(shutil.copy(file, into))
    return 0


def _end(running: Running) -> None:
    if running.alive:
        running.interrupt().end(_PATIENCE)


def _share(trial: Trial) -> float:
    """How much of the set is stored; nothing before there are tables."""
    time.sleep(0.5)
    with suppress(UndefinedTable):
        return trial.number("SELECT sum(rows) FROM ingestion_progress") / _EVENTS
    return 0.0


async def _while_it_runs(trial: Trial, running: Running, path: str) -> None:
    address = _ADDRESS.findall(running.err.read_text())[-1]
    shots = (("page-wide", 1280, "light"), ("page-dark", 1280, "dark"), ("page-narrow-dark", 390, "dark"))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options(path))
        for name, width, lit in shots:
            await _shoot(browser, address, trial.folder / f"{name}.png", width=width, lit=lit, pause=2.5)
        # Alone in its window it would be as high as that.
        drawing = trial.folder / "terminal.html"
        drawing.write_text(f"<!doctype html><body style='margin:0'>{_terminal(trial)}")
        await _shoot(browser, drawing.as_uri(), trial.folder / "terminal.png", width=1100, only="svg")
        await browser.close()


async def _afterwards(trial: Trial, path: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options(path))
        page = (trial.state / "report.html").as_uri()
        await _shoot(browser, page, trial.folder / "report.png", width=1000, most=1540)
        await browser.close()


async def _shoot(
    browser: Browser,
    address: str,
    file: Path,
    *,
    width: int,
    lit: str = "light",
    pause: float = 0.0,
    only: str = "",
    most: int = 0,
) -> None:
    tab = await browser.new_page(viewport={"width": width, "height": 800}, color_scheme=lit)  # type: ignore[arg-type]
    await tab.goto(address)
    # The page's own connection never ends, so there is nothing to wait for but the first views.
    await tab.wait_for_timeout(pause * 1000)
    if only:
        await tab.locator(only).screenshot(path=file)
    elif most:
        await tab.screenshot(path=file, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": most})
    else:
        await tab.screenshot(path=file, full_page=True)
    await tab.close()


def _terminal(trial: Trial) -> str:
    """The live view as a terminal of 110 columns draws it, as SVG."""
    with Ledger(trial.database) as ledger:
        view = last_view(ledger, learned_pools(ledger))
    assert view is not None
    console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
    console.print(picture(view))
    return console.export_svg(title="scrapy crawl events")


def _browser() -> str:
    browser = find_browser("")
    if browser is None:
        raise SystemExit("no browser: install one, or set BROWSER_PATH")
    return browser


if __name__ == "__main__":
    raise SystemExit(main())
