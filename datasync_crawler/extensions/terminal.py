"""Drawing views on a terminal: one picture that stays in place, with the log above it."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from datasync_crawler.domain.telling import condition, counted, duration
from datasync_crawler.domain.view import State

if TYPE_CHECKING:
    from rich.console import RenderableType

    from datasync_crawler.domain.view import LaneView, Strip, View

_SHADES, _PLAIN_SHADES = " ░▒▓█", " .:+#"
_COLOURS = {
    State.HEALTHY: "green",
    State.WAITING: "cyan",
    State.COMPLETE: "bold green",
    State.STALLED: "bold yellow",
    State.FAILED: "bold red",
}
_TROUBLES = 3


class Terminal:
    """The live picture on standard error; while it stands the log's lines go through it, so that none tears it."""

    every = 1.0

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        # What goes into a file or a pipe goes there, and not above the picture.
        self._live = Live(console=self._console, auto_refresh=False, redirect_stdout=sys.stdout.isatty())
        self._led: list[tuple[logging.StreamHandler[TextIO], TextIO | None]] = []

    async def begin(self) -> None:
        """Takes the place at the bottom, and leads the log above it."""
        streams = (sys.stderr, sys.stdout)
        self._live.start()
        # A crawl that is killed could not bring it back.
        self._console.show_cursor(show=True)
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream in streams:
                self._led.append((handler, handler.setStream(sys.stderr)))

    def draw(self, view: View) -> None:
        """Draws the view in place of the one before."""
        self._live.update(picture(view, ascii_only=self._console.options.ascii_only), refresh=True)

    async def end(self) -> None:
        """Leaves the last picture standing, and the log as it was."""
        for handler, stream in self._led:
            handler.setStream(stream or sys.stderr)
        self._live.stop()


def is_dumb() -> bool:
    """Whether the terminal of standard error cannot draw in place."""
    return Console(stderr=True).is_dumb_terminal


def picture(view: View, *, ascii_only: bool = False) -> RenderableType:
    """The whole view for a terminal of any width."""
    if view.spider == "discover":
        return Group(Text(f"finding out how the service works, for {duration(view.active)}"), *_troubles(view))
    return Group(
        _heading(view),
        # A bar alone does not end its line.
        Padding(_bar(view)),
        _figures(view),
        _strip(view.strip, ascii_only=ascii_only),
        _lanes(view),
        *_troubles(view),
    )


def _heading(view: View) -> Text:
    share = "" if view.share is None else f"  {100 * view.share:.1f} %"
    return Text.assemble((counted(view), "bold"), share, "  ", (condition(view), _COLOURS[view.health.state]))


def _bar(view: View) -> ProgressBar:
    done = view.events if view.total else 0
    return ProgressBar(total=view.total or 1, completed=done, complete_style="blue", finished_style="green")


def _figures(view: View) -> Text:
    parts = [
        f"{view.rate:,.0f} events/s ({view.mean_rate:,.0f} over all)",
        f"running for {duration(view.active)}",
        *([f"about {duration(view.eta)} left"] if view.eta else []),
        *([] if view.key_left is None else [f"key lives {duration(view.key_left)} more"]),
        f"{view.open_shards} of {view.shards} shards open",
    ]
    return Text(", ".join(parts))


def _strip(strip: Strip, *, ascii_only: bool) -> Text:
    shades = _PLAIN_SHADES if ascii_only else _SHADES
    drawn = "".join(shades[round(share * (len(shades) - 1))] for share in strip.cells)
    return Text.assemble("[", (drawn, "blue"), "]", no_wrap=True, overflow="crop")


def _lanes(view: View) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("lane", "pages", "calls left", "next in", "in flight", "refused", "faults", "last error"):
        table.add_column(name, justify="left" if name in {"lane", "last error"} else "right", overflow="ellipsis")
    for lane in view.lanes:
        table.add_row(*map(Text, _row(lane)))
    return table


def _row(lane: LaneView) -> tuple[str, ...]:
    return (
        lane.name,
        str(lane.pages),
        "unlimited" if lane.limit is None else f"{lane.left}/{lane.limit}",
        duration(lane.opens_in) if lane.opens_in > 0 else "now",
        str(lane.in_flight),
        str(lane.refused),
        str(lane.faults),
        lane.last_error,
    )


def _troubles(view: View) -> list[Text]:
    lately = [trouble.text for trouble in view.troubles[-_TROUBLES:]]
    return [Text(f"! {text}", style="yellow", no_wrap=True, overflow="ellipsis") for text in lately]
