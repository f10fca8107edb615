"""What every way of showing a run has in common."""

from __future__ import annotations

from typing import Protocol

from datasync_crawler.domain.view import View


class Drawing(Protocol):
    """Shows views; whatever it raises costs itself alone, and never the crawl."""

    every: float
    """Seconds from one drawing to the next, at least."""

    async def begin(self) -> None:
        """Makes ready; draws nothing yet."""

    def draw(self, view: View) -> None:
        """Shows a view in place of the one before."""

    async def end(self) -> None:
        """Shows nothing any more, and leaves everything as it was."""
