"""Turns: whoever finds that another crawler was quicker to take the shards waits until it may have them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from datasync_crawler.domain.errors import StateBusy
from datasync_crawler.flow.clock import Clock

Taken = TypeVar("Taken")

logger = logging.getLogger(__name__)

_LOOK_EVERY = 2.0


async def in_turn(take: Callable[[], Awaitable[Taken]], clock: Clock, patience: float) -> Taken:
    """What ``take`` gives as soon as it raises StateBusy no more; that error itself after ``patience`` seconds."""
    until, told = clock.monotonic() + patience, False
    while True:
        try:
            return await take()
        except StateBusy as error:
            if (left := until - clock.monotonic()) <= 0:
                raise
            if not told:
                logger.warning("waiting: %s", error)
                told = True
        await clock.wait(asyncio.Event(), min(left, _LOOK_EVERY))
