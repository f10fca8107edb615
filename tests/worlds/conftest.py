"""All worlds that are asked for, drained two at a time: most of a drain is waiting for a window."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.worlds.draining import Drained, drain

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 2


@pytest.fixture(scope="session")
def drains(
    request: pytest.FixtureRequest, postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Drained]]]:
    """What will have come of each world that a test of this session is about."""
    calls = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    names = dict.fromkeys(call.params["world"] for call in calls if "world" in call.params)
    folder = tmp_path_factory.mktemp("worlds")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(drain, name, postgres_server, folder / name) for name in names}
        pool.shutdown(cancel_futures=True)
