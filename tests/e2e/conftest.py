"""A service that takes a few seconds to drain, found out once; each test begins where discovery ended."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from bench.draining import at, execute
from bench.trial import Trial
from datasync_crawler.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVENTS = 16_000
SPEED = 50.0
# 64 small pages in windows of 1.2 s: long enough to be interrupted in the middle.
PAGE = 250
SMALL_PAGES = {"page_cap": PAGE, "feed_cap": PAGE, "feed_limit": 40, "feed_window": 60}


@pytest.fixture(scope="session")
def service() -> Iterator[Simulator]:
    """The service, with a moderate share of faults; whoever takes it resets it."""
    with Simulator(EVENTS, 11, SPEED, "moderate", **SMALL_PAGES) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def truth(service: Simulator) -> set[str]:
    """The ids of all its events."""
    return service.truth()


@pytest.fixture(scope="session")
def discovered(service: Simulator, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database that holds what discovery leaves; it ends with the server."""
    name = f"discovered_{uuid.uuid4().hex}"
    execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE template0")
    Trial(service, tmp_path_factory.mktemp("discovered"), at(postgres_server, name)).must("crawl", "discover")
    return name


@pytest.fixture
def trial(service: Simulator, discovered: str, postgres_server: str, tmp_path: Path) -> Iterator[Trial]:
    """A crawler that has found out how the service works and has drained nothing yet."""
    service.reset()
    name = f"trial_{uuid.uuid4().hex}"
    execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE {discovered}")
    yield Trial(service, tmp_path, at(postgres_server, name))
    execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")
