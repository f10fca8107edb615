"""``scrapy export-ids``: the ids as they were served, one a line."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.submission_file import write_submission
from datasync_crawler.commands.keeping import kept_database
from datasync_crawler.commands.outcome import told_in_a_line
from datasync_crawler.commands.proof import prove
from datasync_crawler.commands.target import target_file
from datasync_crawler.domain.choices import read_choices
from datasync_crawler.domain.errors import ConfigurationError, LedgerError, NotComplete

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from datasync_crawler.adapters.ledger import SnapshotIds
    from datasync_crawler.domain.choices import Choices

_STDOUT = "-"


class Command(ScrapyCommand):
    """Exits 0 when all is written, 1 when the set is not proven or cannot be written, 2 for wrong use."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        """One argument."""
        return "FILE [--partial]"

    def short_desc(self) -> str:
        """The line in the list of commands."""
        return "Write all ids to a file, one a line, once they are proven complete"

    def long_desc(self) -> str:
        """The paragraph of ``--help``."""
        return (
            "Writes the ids as they were served, in the order of their bytes, from one snapshot of the database; the "
            "file is put in place whole or not at all. Needs no key and makes no call. "
            "Examples: scrapy export-ids ids.txt; scrapy export-ids - | gzip > ids.gz"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Adds our options to Scrapy's."""
        super().add_options(parser)
        parser.add_argument("--partial", action="store_true", help="write what is there although it is not proven")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Writes the ids; how many there were goes to stderr."""
        with told_in_a_line(self):
            if len(args) != 1:
                raise ConfigurationError("name one FILE to write, or - for standard output (see --help)")
            assert self.settings is not None
            try:
                target = None if args[0] == _STDOUT else target_file(args[0])
                _export(read_choices(self.settings, keyed=False), target, partial=opts.partial)
            except BrokenPipeError:
                # Whoever read them had enough; the interpreter would complain once more at its end.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                self.exitcode = 1


def _export(choices: Choices, target: Path | None, *, partial: bool) -> None:
    with kept_database(choices) as url, Ledger.open(url, id_only=choices.id_only) as ledger:
        proven = None if partial else _proven(ledger)
        with ledger.id_stream() as stream:
            if proven not in {None, stream.count}:
                raise NotComplete(f"not complete: {proven} events were proven, {stream.count} are stored")
            _write(target, stream)
            print(f"scrapy export-ids: {stream.count} ids", file=sys.stderr, flush=True)


def _proven(ledger: Ledger) -> int:
    try:
        return prove(ledger)[0].count
    except NotComplete as error:
        if not ledger.shards():
            raise
        raise NotComplete(f"{error}; --partial writes what is there") from error


def _write(target: Path | None, stream: SnapshotIds) -> None:
    if target is None:
        for chunk in _lines(stream):
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return
    try:
        write_submission(target, _lines(stream))
    except OSError as error:
        raise LedgerError(f"{target} cannot be written: {error.strerror}") from error


def _lines(stream: SnapshotIds) -> Iterator[bytes]:
    yield from stream.chunks()
    if stream.count:
        yield b"\n"
