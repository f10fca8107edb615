"""The page's server: what it tells, whom it answers, and how it ends."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

import aiohttp
import msgspec
import pytest

from datasync_crawler.domain.view import FindingView, Health, LaneView, PoolView, State, Trouble, View, read_view
from datasync_crawler.extensions.web import Page, _reachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

VIEW = View(
    1_800_000_000.0,
    "events",
    events=1_234,
    total=3_000,
    lanes=(LaneView("list", "header", pages=7, in_flight=2, refused=3, faults=1),),
    pools=(PoolView("header", limit=10, window=60.0, used=4), PoolView("feed")),
    findings=(FindingView("list cap", "50 rows a page", 0.9),),
    troubles=(Trouble(1_800_000_000.0, "<script>alert(1)</script>"),),
)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    served = Page("127.0.0.1", 0)
    await served.begin()
    yield served
    await served.end()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5.0)) as session:
        yield session


async def test_the_page_needs_nothing_from_elsewhere(page: Page, client: aiohttp.ClientSession) -> None:
    async with client.get(page.address) as answer:
        html, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    assert answer.status == 200
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?!data:)\w", html) == []
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy


async def test_listeners_hear_the_present_view_and_every_new_one(page: Page, client: aiohttp.ClientSession) -> None:
    page.draw(VIEW)
    async with client.get(page.address + "events") as stream:
        first = await stream.content.readuntil(b"\n\n")
        page.draw(msgspec.structs.replace(VIEW, events=1_300))
        second = await stream.content.readuntil(b"\n\n")
    assert read_view(first.removeprefix(b"data: ")) == VIEW
    assert read_view(second.removeprefix(b"data: ")).events == 1_300


@pytest.mark.parametrize(
    ("state", "status"),
    [("healthy", 200), ("waiting", 200), ("complete", 200), ("stalled", 503), ("failed", 503)],
)
async def test_health_tells_the_state_and_why(
    state: str, status: int, page: Page, client: aiohttp.ClientSession
) -> None:
    page.draw(msgspec.structs.replace(VIEW, health=Health(State(state), ("because",))))
    async with client.get(page.address + "health") as answer:
        assert (answer.status, await answer.json()) == (status, {"state": state, "reasons": ["because"]})


async def test_before_the_first_view_the_page_is_well_and_has_no_metrics(
    page: Page, client: aiohttp.ClientSession
) -> None:
    async with client.get(page.address + "health") as health, client.get(page.address + "metrics") as metrics:
        assert (health.status, await metrics.text()) == (200, "")


async def test_metrics_tell_what_the_view_tells_and_leave_out_what_is_unknown(
    page: Page, client: aiohttp.ClientSession
) -> None:
    page.draw(VIEW)
    async with client.get(page.address + "metrics") as answer:
        lines = (await answer.text()).splitlines()
    for line in (
        "datasync_events 1234.0",
        'datasync_health{state="healthy"} 1.0',
        'datasync_health{state="failed"} 0.0',
        'datasync_lane_refused_total{lane="list"} 3.0',
        'datasync_lane_in_flight{lane="list"} 2.0',
        'datasync_pool_used{pool="header"} 4.0',
    ):
        assert line in lines
    assert not any("eta" in line or 'pool="feed"' in line for line in lines)


@pytest.mark.parametrize("host", ["evil.test", "evil.test:80", "192.0.2.1", "127.0.0.1.evil.test", ""])
async def test_a_foreign_name_that_points_here_is_not_answered(
    host: str, page: Page, client: aiohttp.ClientSession
) -> None:
    async with client.get(page.address + "events", headers={"Host": host}) as answer:
        assert answer.status == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.2:8000", "[::1]:8000"])
async def test_the_names_of_the_loopback_are_answered(host: str, page: Page, client: aiohttp.ClientSession) -> None:
    async with client.get(page.address, headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("192.0.2.1", 200),
        ("2001:db8::1", 200),
        ("crawler", 200),
        ("evil.test", 421),
        ("", 421),
    ],
)
def test_on_every_interface_a_name_that_anybody_may_own_is_not_answered(host: str, status: int) -> None:
    assert Page("0.0.0.0", 0)._is_named(host) is (status == 200)


def test_a_page_at_a_name_of_its_own_answers_to_it() -> None:
    assert Page("crawler.example", 0)._is_named("Crawler.example")


@pytest.mark.parametrize(("host", "told"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.0.2.1", "192.0.2.1")])
def test_the_address_that_is_told_is_one_to_go_to(host: str, told: str) -> None:
    assert _reachable(host) == told


async def test_what_is_no_request_is_no_trouble_of_the_crawl(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(page.address.rsplit(":", 1)[1].strip("/")))
    writer.write(b"GET / HTTP/1.1\r\nno header\r\n\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()
    assert not caplog.records


async def test_after_a_reload_the_last_view_still_reaches_who_listens(client: aiohttp.ClientSession) -> None:
    page = Page("127.0.0.1", 0)
    await page.begin()
    page.draw(VIEW)
    async with client.get(page.address + "events") as first:
        await first.content.readuntil(b"\n\n")
    page.draw(VIEW)
    async with asyncio.timeout(5.0):
        while page._listeners:
            page.draw(VIEW)
            await asyncio.sleep(0.001)
    async with client.get(page.address + "events") as again:
        await again.content.readuntil(b"\n\n")
        page.draw(msgspec.structs.replace(VIEW, ended=True))
        await page.end()
        assert read_view((await again.content.read()).strip().removeprefix(b"data: ")).ended


async def test_a_busy_port_falls_to_any_and_the_log_says_so(
    page: Page, client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    taken = int(page.address.rsplit(":", 1)[1].strip("/"))
    other = Page("127.0.0.1", taken)
    await other.begin()
    async with client.get(other.address) as answer:
        assert answer.status == 200
    await other.end()
    assert other.address != page.address
    assert f"port {taken} is taken" in caplog.text


async def test_an_interface_that_is_none_of_ours_is_an_error() -> None:
    page = Page("192.0.2.1", 0)
    with pytest.raises(OSError, match="192"):
        await page.begin()
    await page.end()


async def test_listeners_hear_the_last_view_and_are_sent_home_within_a_second(client: aiohttp.ClientSession) -> None:
    page = Page("127.0.0.1", 0)
    await page.begin()
    async with client.get(page.address + "events") as stream:
        page.draw(VIEW)
        began = time.monotonic()
        await page.end()
        took = time.monotonic() - began
        assert (await stream.content.read()).count(b"data: ") == 1
    assert took < 1.0


async def test_a_listener_that_does_not_read_is_not_waited_for() -> None:
    page = Page("127.0.0.1", 0)
    await page.begin()
    host, port = "127.0.0.1", int(page.address.rsplit(":", 1)[1].strip("/"))
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    big = msgspec.structs.replace(VIEW, troubles=(Trouble(0.0, "x" * (8 << 20)),))
    for _ in range(5):
        page.draw(big)
        await asyncio.sleep(0)
    began = time.monotonic()
    await page.end()
    assert time.monotonic() - began < 1.0
    writer.close()


async def test_only_so_many_may_listen(client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasync_crawler.extensions.web._MOST_LISTENERS", 1)
    page = Page("127.0.0.1", 0)
    await page.begin()
    async with client.get(page.address + "events") as first, client.get(page.address + "events") as second:
        assert (first.status, second.status) == (200, 503)
        await page.end()
