"""``scrapy simulate``: the bundled stand-in for the service."""

from __future__ import annotations

import argparse
from typing import Any, ClassVar

from scrapy.commands import ScrapyCommand


class Command(ScrapyCommand):
    """Passes everything on to ``python -m datasync_crawler.simulator``."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        """What may follow."""
        return "[-- options of the simulator]"

    def short_desc(self) -> str:
        """The line in the list of commands."""
        return "Run the bundled simulator (options after --, see scrapy simulate -- --help)"

    def long_desc(self) -> str:
        """The paragraph of ``--help``."""
        return (
            "Serves a stand-in for the service on this machine until it is told to stop; its line says where and with "
            "which key. Example: scrapy simulate -- --events 20000 --speed 10 --faults light --port 8900"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's own, and whatever follows them: the simulator has options of its own."""
        super().add_options(parser)
        parser.add_argument(
            "simulator", nargs=argparse.REMAINDER, help="e.g. --events 20000 --speed 10 --faults light"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Serves until it is told to stop."""
        from datasync_crawler.simulator.cli import main  # noqa: PLC0415 - every command imports this module

        self.exitcode = main([argument for argument in (*args, *opts.simulator) if argument != "--"])
