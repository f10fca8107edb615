"""Living with the parent: a step of the chain begins when its parent says so, and does not go on when that was killed.

The parent holds the other end of the step's standard input: a line lets it begin, the end of it is the parent's.
"""

from __future__ import annotations

import importlib
import os
import signal
import threading
from typing import TYPE_CHECKING

from datasync_crawler.commands.ending import heed_interrupts

if TYPE_CHECKING:
    import argparse

GO = b"go\n"
"""What the parent writes to let a step begin."""

_BY_ALL = (
    "datasync_crawler.extensions.web",
    "datasync_crawler.handlers",
    "datasync_crawler.monitors",
    "datasync_crawler.report.page",
    "datasync_crawler.spiders.discover",
    "datasync_crawler.spiders.events",
    "playwright.async_api",
    "spidermon.contrib.scrapy.extensions",
)
_NEEDED = {"discover": _BY_ALL, "events": (*_BY_ALL, "datasync_crawler.pipelines")}


def add_parent_options(parser: argparse.ArgumentParser) -> None:
    """The options by which the chain leads its steps."""
    parser.add_argument("--with-parent", action="store_true", help="end as by SIGTERM when standard input closes")
    parser.add_argument("--when-told", action="store_true", help="start up, then wait for a line on standard input")


def follow_parent(opts: argparse.Namespace, spider: str = "") -> bool:
    """Does what the options ask for, and heeds interrupts; False when the parent never let this step begin.

    While it waits everything is loaded that ``spider`` needs, so that it begins at once.
    """
    heed_interrupts()
    if opts.when_told:
        for module in _NEEDED.get(spider, ()):
            importlib.import_module(module)
        if not os.read(0, len(GO)):
            return False
    if opts.with_parent:
        threading.Thread(target=_watch, name="parent", daemon=True).start()
    return True


def _watch() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
