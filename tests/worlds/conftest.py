"""All worlds that are asked for, drained three at a time: most of a drain is waiting for a window."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.draining import Drained, drain
from tests.worlds.known import chart_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.forked import Forks

AT_ONCE = 3


@pytest.fixture(scope="session")
def drains(
    request: pytest.FixtureRequest, postgres_server: str, tmp_path_factory: pytest.TempPathFactory, forks: Forks
) -> Iterator[dict[str, Future[Drained]]]:
    """What will have come of each world that a test of this session is about."""
    ours = [item for item in request.session.items if item.path.parent == Path(__file__).parent]
    asked = [item.callspec.params for item in ours if isinstance(item, pytest.Function) and hasattr(item, "callspec")]
    names = dict.fromkeys(params["world"] for params in asked)
    folder = tmp_path_factory.mktemp("worlds")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            name: pool.submit(drain, chart_of(name, folder), postgres_server, folder / name, forks) for name in names
        }
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def drain_again(postgres_server: str, tmp_path: Path, forks: Forks) -> Callable[[str], Drained]:
    """Drains a world once more, into a database and a state of its own."""
    numbers = count()
    return lambda name: drain(chart_of(name, tmp_path), postgres_server, tmp_path / str(next(numbers)), forks)
