"""The dashboards of other worlds: what stands where, and that each works in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import tree_sitter_javascript
from playwright.async_api import async_playwright
from tree_sitter import Language, Parser

from datasync_crawler.adapters.browser import find_browser, launch_options
from datasync_crawler.simulator import Simulator
from datasync_crawler.simulator.charts import read_chart, shipped
from datasync_crawler.simulator.dashboard.build import build
from datasync_crawler.simulator.world import World

if TYPE_CHECKING:
    from playwright.async_api import Page

SECRET = "k2v9"
"""A part of the feed's path that no other path has."""
IN_A_BROWSER = ["nested", "elsewhere", "bearer", "in-chunk", "unwritten", "offsets"]


def holding(files: dict[str, str], text: str) -> list[str]:
    """The paths of the files that hold a text."""
    return sorted(path for path in files if text in files[path])


def test_every_script_is_one_that_a_parser_understands() -> None:
    parser = Parser(Language(tree_sitter_javascript.language()))
    scripts = {
        f"{name}{path}": text
        for name in shipped()
        for path, text in build(read_chart(name).world).items()
        if path.endswith(".js")
    }
    assert [path for path, text in scripts.items() if parser.parse(text.encode()).root_node.has_error] == []


@pytest.mark.parametrize(
    ("world", "place"),
    [
        ("in-bundle", r"/assets/index-\w{8}\.js"),
        ("in-chunk", r"/assets/Live-\w{8}\.js"),
        ("in-map", r"/assets/index-\w{8}\.js\.map"),
    ],
)
def test_the_path_of_the_feed_stands_where_the_world_says_and_nowhere_else(world: str, place: str) -> None:
    (found,) = holding(build(read_chart(world).world), SECRET)
    assert re.fullmatch(place, found)


def test_a_path_may_be_written_nowhere() -> None:
    assert holding(build(read_chart("unwritten").world), SECRET) == []


def test_the_other_ways_stand_where_the_world_says() -> None:
    def files(**switches: object) -> dict[str, str]:
        return build(World().with_switches(switches))

    for place, kind in (
        ("bundle", "/assets/index"),
        ("lazy", "/assets/Live"),
        ("map", "/assets/index"),
        ("docs", "/docs"),
    ):
        for way in ("dump", "ids"):
            found = holding(files(**{f"{way}_path": "/zq7", f"{way}_written": place}), "/zq7")
            assert len(found) == 1
            assert found[0].startswith(kind)
    assert holding(files(dump_path="/zq7", dump_written="link"), "/zq7") == []
    assert holding(files(lift_header="X-Zq: 7"), '"X-Zq":"7"') != []
    assert "`X-Zq: 7`" in files(lift_header="X-Zq: 7", lift_written="docs")["/docs/api.md"]


def test_the_document_speaks_of_the_worlds_own_names() -> None:
    text = build(read_chart("elsewhere").world)["/docs/api.md"]
    assert "`/platform/v3`" in text
    assert "`X-Access-Key`" in text
    assert "`after`" in text


def test_forms_that_are_accepted_are_documented() -> None:
    assert "`application/x-ndjson`, `text/csv`" in build(read_chart("accept").world)["/docs/api.md"]
    assert "Accept" not in build(World())["/docs/api.md"]


def test_filters_that_work_are_named_in_the_script() -> None:
    def listing(**switches: object) -> str:
        (script,) = (text for path, text in build(World().with_switches(switches)).items() if path.endswith(".js"))
        return script[script.index("listEvents:") : script.index("getEvent:")]

    assert "type:e.type" in listing(type_filters=True)
    assert "from:e.since" in listing(ranges_on_events=True, since_parameter="from")
    assert "fields:e.fields" in listing(sparse_fields=True)
    assert "offset:e.offset" in listing(offset_honoured=True)
    assert "since" not in listing()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine")
async def test_dashboards_show_their_worlds() -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options(find_browser() or ""))
        for name in IN_A_BROWSER:
            with Simulator(world=name, latency=False) as simulator:
                page = await browser.new_page()
                await page.goto(f"{simulator.url}/?{read_chart(name).world.names.sign_in_parameter}={simulator.key}")
                await shown(page)
                await page.close()
                routes = simulator.score()["calls"]["by_route"]
            assert routes["events"] == 1, name
            assert routes["stats"] == 1, name
            assert routes.get("feed", 0) == (name != "offsets"), name
        await browser.close()


async def shown(page: Page) -> None:
    """Return when the list and the feed show rows and nothing has failed."""
    await page.wait_for_selector("#events td", timeout=10_000)
    if await page.query_selector("#feed button:text('Show')"):
        await page.click("#feed button")
    if await page.query_selector("#feed > *"):
        await page.wait_for_selector("#feed td", timeout=10_000)
    assert await page.query_selector(".error") is None
