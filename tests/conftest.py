"""What holds for every test: no setting of this machine is seen, and nothing leaves it.

The module's body does its work at import, which is before any test module, and so any setting, is read.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.guard import loopback_only

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["tests.fixtures_forks", "tests.fixtures_postgres"]

SETTINGS = (
    "ACCEPT_REJECTED",
    "API_BASE_URL",
    "AUTO_SUBMIT",
    "BATCH_SIZE",
    "CURSOR_REFRESH_THRESHOLD",
    "DASHBOARD_URL",
    "DATABASE_URL",
    "GITHUB_REPO",
    "GIVE_UP_AFTER",
    "ID_ONLY",
    "KEY_LIFE_MINUTES",
    "MAX_IN_FLIGHT",
    "MAX_IN_FLIGHT_BYTES",
    "PROGRESS",
    "RATE_LIMIT_BUFFER",
    "RELEARN_LIMITS",
    "STATE_DIR",
    "TARGET_API_KEY",
    "WEBHOOK_URL",
    "WEB_HOST",
    "WEB_PORT",
    "WORKER_CONCURRENCY",
)
# libpq and Scrapy read the environment too.
FOREIGN_PREFIXES = ("PG", "SCRAPY_")
# Whatever honours a proxy and is no Python (a browser, curl) meets a closed port when it leaves the loopback.
CLOSED_PROXY = "http://127.0.0.1:9"
GUARD = Path(__file__).parent / "guard"

# How long an example takes says something of the machine and nothing of the property.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def shut_in() -> None:
    """Empty the environment of every setting, ignore `.env`, keep this process and its children on the loopback."""
    for name in list(os.environ):
        if name in SETTINGS or name.startswith(FOREIGN_PREFIXES):
            del os.environ[name]
    os.environ["DATASYNC_NO_DOTENV"] = "1"
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ[name] = os.environ[name.upper()] = CLOSED_PROXY
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "localhost,127.0.0.1,::1"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell lets what it puts into the background ignore interrupts, and every command of a test would as well.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(GUARD) not in inherited:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), *inherited]))
    loopback_only.install()


shut_in()


@pytest.fixture(autouse=True)
def no_interrupt_is_heeded_for_a_command_that_ended() -> Iterator[None]:
    """A command that ran within a test asked to be ended soon by an interrupt: a later test's would end them all."""
    yield
    signal.set_wakeup_fd(-1)
