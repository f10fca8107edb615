"""Which ways of showing a run its user chose."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from datasync_crawler.extensions.lines import JsonLines, PlainLines, Silence

if TYPE_CHECKING:
    from datasync_crawler.domain.choices import Choices
    from datasync_crawler.extensions.drawing import Drawing


def drawings_for(choices: Choices) -> list[Drawing]:
    """The drawing of PROGRESS, and the web page unless WEB_PORT is off."""
    return [_progress(choices.progress), *_page(choices)]


def _progress(chosen: str) -> Drawing:
    if chosen == "live" or (chosen == "auto" and sys.stderr.isatty()):
        # Only who looks at a terminal pays for its library.
        from datasync_crawler.extensions.terminal import Terminal, is_dumb  # noqa: PLC0415

        if chosen == "live" or not is_dumb():
            return Terminal()
    others: dict[str, type[Drawing]] = {"json": JsonLines, "quiet": Silence}
    return others.get(chosen, PlainLines)()


def _page(choices: Choices) -> list[Drawing]:
    if choices.web_port is None:
        return []
    from datasync_crawler.extensions.web import Page  # noqa: PLC0415 - its server takes a while to load

    return [Page(choices.web_host, choices.web_port)]
