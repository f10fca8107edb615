"""``scrapy report``: the report of a run again, from the ledger alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand

from datasync_crawler.commands.keeping import kept_ledger
from datasync_crawler.commands.leaving import report_file, write_report
from datasync_crawler.commands.outcome import take_no_arguments, told_in_a_line
from datasync_crawler.commands.target import target_file
from datasync_crawler.domain.choices import read_choices
from datasync_crawler.domain.errors import ConfigurationError
from datasync_crawler.flow.secrets import Secrets

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from datasync_crawler.adapters.ledger import Ledger
    from datasync_crawler.domain.choices import Choices


class Command(ScrapyCommand):
    """Exits 0 when the page is written, 1 when there is nothing to tell of, 2 for wrong use."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        """The options only: there are no arguments."""
        return "[-o FILE]"

    def short_desc(self) -> str:
        """The line in the list of commands."""
        return "Write the report of a run again, from the ledger alone"

    def long_desc(self) -> str:
        """The paragraph of ``--help``."""
        return (
            "Every run leaves STATE_DIR/report.html: outcome and proof, time line, shards, findings, faults. This "
            "makes it again, also after a kill and while a crawl runs; it needs no key and makes no call. "
            "Examples: scrapy report; scrapy report -o /tmp/report.html"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Adds our options to Scrapy's."""
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="FILE", help="where to (default: STATE_DIR/report.html)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Writes the page and prints where it is."""
        with told_in_a_line(self):
            take_no_arguments(args)
            assert self.settings is not None
            choices = read_choices(self.settings, keyed=False)
            with kept_ledger(choices) as ledger:
                file = target_file(opts.output or str(report_file(choices)))
                _write(file, ledger, choices)
            print(file)


def _write(file: Path, ledger: Ledger, choices: Choices) -> None:
    mask = Secrets(choices.key).mask if choices.key else str
    try:
        write_report(ledger, file, choices, mask)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from error
