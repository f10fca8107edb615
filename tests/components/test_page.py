"""The page in a real browser: it fits a phone, whoever reads it and however it is lit, and shows the newest view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import async_playwright

from datasync_crawler.adapters.browser import find_browser, launch_options
from datasync_crawler.domain.view import FindingView, Health, LaneView, Point, PoolView, State, Strip, Trouble, View
from datasync_crawler.extensions.web import Page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page as Tab

BROWSER = find_browser()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no browser on this machine"),
]

NOW = 1_800_000_000.0
LONG = "https://service.test/" + "a-very-long-segment/" * 12
VIEW = View(
    NOW,
    "events",
    events=1_234_567,
    total=3_000_000,
    rate=4_310.4,
    mean_rate=4_000.0,
    active=420.0,
    eta=130.0,
    key_left=7_200.0,
    shards=9,
    open_shards=3,
    memory=161 << 20,
    health=Health(State.WAITING, ("pool header opens in 12 s",)),
    lanes=tuple(
        LaneView(name, name, pages=1_234, in_flight=2, refused=3, faults=1, limit=10, left=4, last_error=LONG)
        for name in ("header", "query", "a-lane-with-" + "a-long-" * 8 + "name")
    ),
    pools=(PoolView("header", 10, 60.0, used=6, announced=True, refused=1), PoolView("feed")),
    strip=Strip(tuple(min(1.0, cell / 40) for cell in range(60)), NOW, NOW - 2_592_000),
    history=tuple(Point(NOW + second, 3_000 * second) for second in range(100)),
    troubles=(Trouble(NOW, f"<b>{LONG}</b>"),),
    findings=(FindingView("list address", LONG, 0.9),),
)


@pytest.fixture
async def tab() -> AsyncIterator[Tab]:
    """A tab that shows the view; the browser keeps to this machine."""
    served = Page("127.0.0.1", 0)
    await served.begin()
    served.draw(VIEW)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options(BROWSER or ""))
        shown = await browser.new_page()
        troubles: list[str] = []
        shown.on("console", lambda message: troubles.append(message.text))
        shown.on("pageerror", lambda error: troubles.append(str(error)))
        await shown.goto(served.address)
        await shown.wait_for_selector("#lanes h3")
        yield shown
        # A policy that forbade something would tell so here.
        assert troubles == []
        await served.end()
        await browser.close()


async def overflow(tab: Tab) -> int:
    wide: int = await tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


async def violations(tab: Tab) -> list[str]:
    """What axe-core finds wrong, by rule and place."""
    # Evaluated and not added as an element: the page's policy lets no foreign script in.
    await tab.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = await tab.evaluate("axe.run()")
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]


async def test_the_page_is_readable_for_everyone_in_light_and_dark_and_fits_a_phone(tab: Tab) -> None:
    for width in (360, 1_280):
        await tab.set_viewport_size({"width": width, "height": 800})
        assert await overflow(tab) == 0, width
        for lit in ("light", "dark"):
            await tab.emulate_media(color_scheme=lit)  # type: ignore[arg-type]
            assert await violations(tab) == [], (width, lit)
    await tab.click("summary")
    assert await overflow(tab) == 0
    assert await tab.text_content("#state") == "waiting: pool header opens in 12 s"
    assert await tab.text_content("#events") == "1,234,567 of 3,000,000 events"
    assert await tab.text_content("#troubles li") is not None
    assert await tab.query_selector("#troubles b") is None
