"""Drawing views as lines: for people in the log, for programs on standard output."""

from __future__ import annotations

import logging

from datasync_crawler.adapters.saying import say
from datasync_crawler.domain.telling import line
from datasync_crawler.domain.view import View

logger = logging.getLogger(__name__)


class PlainLines:
    """A line in the log every few seconds, while there are events to tell of."""

    every = 5.0

    async def begin(self) -> None:
        """Nothing is needed."""

    def draw(self, view: View) -> None:
        """Logs the line."""
        if view.spider != "discover":
            logger.info("%s", line(view))

    async def end(self) -> None:
        """Nothing is left."""


class JsonLines:
    """The whole view as one line of JSON on standard output, every second."""

    every = 1.0

    async def begin(self) -> None:
        """Nothing is needed."""

    def draw(self, view: View) -> None:
        """Writes the line, and at once; raises BrokenPipeError once nobody reads it."""
        if not say(view.to_json().decode()):
            raise BrokenPipeError("nobody reads standard output any more")

    async def end(self) -> None:
        """Nothing is left."""


class Silence:
    """Draws nothing, and lets nothing below a warning through the log's handlers."""

    every = 3600.0

    async def begin(self) -> None:
        """Raises the handlers' levels."""
        for handler in logging.getLogger().handlers:
            handler.setLevel(max(handler.level, logging.WARNING))

    def draw(self, view: View) -> None:
        """Shows nothing."""

    async def end(self) -> None:
        """The log stays as quiet as it was."""
