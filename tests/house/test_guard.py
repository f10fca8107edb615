from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from tests.conftest import SETTINGS
from tests.guard.loopback_only import LeavesThisMachine

ELSEWHERE = ("192.0.2.1", 80)  # TEST-NET-1: routed nowhere, so that a missing guard costs nothing but a time-out


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_socket_refuses_to_leave_this_machine(method: str) -> None:
    with closing(socket.socket()) as client:
        client.settimeout(0.2)
        with pytest.raises(LeavesThisMachine, match=r"192\.0\.2\.1"):
            getattr(client, method)(ELSEWHERE)


def test_a_datagram_refuses_to_leave_this_machine() -> None:
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as client, pytest.raises(LeavesThisMachine):
        client.sendto(b"x", ELSEWHERE)


@pytest.mark.parametrize("look_up", [socket.getaddrinfo, socket.gethostbyname], ids=lambda f: f.__name__)
def test_a_name_of_another_machine_is_not_looked_up(look_up: object) -> None:
    with pytest.raises(LeavesThisMachine, match=r"example\.com"):
        look_up("example.com", *([80] if look_up is socket.getaddrinfo else []))  # type: ignore[operator]


async def test_an_event_loop_refuses_to_leave_this_machine() -> None:
    with pytest.raises(LeavesThisMachine):
        await asyncio.open_connection(*ELSEWHERE)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_loopback_is_reached(host: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        client = socket.create_connection((host, server.getsockname()[1]), timeout=5)
        client.close()


def test_a_child_is_guarded_too() -> None:
    child = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), timeout=0.2)"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "LeavesThisMachine" in child.stderr


@pytest.mark.parametrize("name", SETTINGS)
def test_no_setting_of_this_machine_is_seen(name: str) -> None:
    assert name not in os.environ


def test_a_hostile_environment_is_cleared_before_any_test() -> None:
    """The whole of it in a child, as this process may have been started with an innocent environment."""
    child = subprocess.run(
        [sys.executable, "-c", "import tests.conftest, json, os; print(json.dumps(list(os.environ)))"],
        env={**os.environ, "TARGET_API_KEY": "k", "DATABASE_URL": "u", "PGHOST": "h", "SCRAPY_PROJECT": "p"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert not {"TARGET_API_KEY", "DATABASE_URL", "PGHOST", "SCRAPY_PROJECT"} & set(json.loads(child.stdout))
    assert "DATASYNC_NO_DOTENV" in child.stdout


def system_browser() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, names)), None)


@pytest.mark.browser
@pytest.mark.skipif(system_browser() is None, reason="no browser on this machine")
async def test_a_browser_cannot_leave_this_machine() -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=system_browser(), args=["--no-sandbox"])
        page = await browser.new_page()
        with pytest.raises(PlaywrightError, match="ERR_PROXY_CONNECTION_FAILED"):
            await page.goto("http://192.0.2.1/", timeout=5_000)
        await browser.close()
