"""Commands that are forked from one warm process, for tests that run many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.forked import Forks

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """What commands are forked from."""
    with Forks() as running:
        yield running
