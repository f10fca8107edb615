"""The picture on a terminal, whatever its width, and the log beside it."""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from datasync_crawler.domain.view import Health, LaneView, State, Strip, Trouble, View
from datasync_crawler.extensions.terminal import Terminal, picture

if TYPE_CHECKING:
    from rich.console import RenderableType

VIEW = View(
    1_800_000_000.0,
    "events",
    events=1_230_000,
    total=3_000_000,
    rate=4_310.4,
    eta=130.0,
    key_left=7_200.0,
    shards=9,
    open_shards=3,
    health=Health(State.WAITING, ("pool header opens in 12 s",)),
    strip=Strip((1.0, 0.5, 0.0)),
    lanes=(LaneView("list [header]", "header", pages=7, refused=3, limit=10, left=0, last_error="status 500"),),
    troubles=(Trouble(1_800_000_000.0, "pool header refused a call"),),
)


def drawn(shown: RenderableType, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(shown)
    return capture.get()


def test_the_picture_tells_the_whole_its_lanes_and_the_trouble() -> None:
    text = drawn(picture(VIEW), 160)
    for words in (
        "1,230,000 of 3,000,000 events  41.0 %  waiting: pool header opens in 12 s",
        "4,310 events/s",
        "about 2 min 10 s left, key lives 2 h 0 min more, 3 of 9 shards open",
        "[█▒ ]",
        "list [header]",
        "0/10",
        "status 500",
        "! pool header refused a call",
    ):
        assert words in text


@pytest.mark.parametrize("width", [30, 80, 200])
def test_the_picture_fits_any_width(width: int) -> None:
    assert max(map(len, drawn(picture(VIEW), width).splitlines())) <= width


def test_a_terminal_of_plain_letters_gets_plain_letters() -> None:
    assert "[#: ]" in drawn(picture(VIEW, ascii_only=True))


def test_while_nothing_is_drained_the_picture_says_what_is_done() -> None:
    assert drawn(picture(View(0.0, "discover", active=5.0))) == "finding out how the service works, for 5 s\n"


@pytest.mark.parametrize("terminal", [True, False])
async def test_what_goes_into_a_file_is_not_drawn_above_the_picture(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, out = io.StringIO(), io.StringIO()
    out.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdout", out)
    shown = Terminal(Console(file=screen, width=100, force_terminal=True, legacy_windows=False))
    await shown.begin()
    sys.stdout.write("the summary\n")
    await shown.end()
    assert ("the summary" in out.getvalue()) is not terminal
    assert ("the summary" in screen.getvalue()) is terminal


async def test_lines_of_the_log_stand_above_the_picture_and_do_not_tear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    handler = logging.StreamHandler(screen)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    terminal = Terminal(Console(file=screen, width=100, force_terminal=True, legacy_windows=False))
    await terminal.begin()
    terminal.draw(VIEW)
    logging.getLogger("anybody").warning("a line of the log")
    terminal.draw(VIEW)
    await terminal.end()
    assert handler.stream is screen
    told = screen.getvalue()
    assert told.count("a line of the log") == 1
    before, after = told.split("a line of the log")
    assert before.rstrip().endswith(("\x1b[2K", "\r"))
    assert "1,230,000 of 3,000,000" in after
