"""``scrapy verify``: the proof again, from the database alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.state import database
from datasync_crawler.commands.parent import add_parent_options, follow_parent
from datasync_crawler.commands.proof import prove
from datasync_crawler.domain.choices import read_choices
from datasync_crawler.domain.errors import DatasyncError

if TYPE_CHECKING:
    import argparse


class Command(ScrapyCommand):
    """Exits 0 when the stored set is proven complete, 1 when it is not."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def short_desc(self) -> str:
        """The line in the list of commands."""
        return "Prove again, from the database alone, that the set is complete"

    def long_desc(self) -> str:
        """The paragraph of ``--help``."""
        return "Counts the table, holds it against the shards and the totals told. Example: scrapy verify"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options and ours."""
        super().add_options(parser)
        add_parent_options(parser)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Prints the proof, or what speaks against it."""
        if not follow_parent(opts):
            return
        assert self.settings is not None
        try:
            choices = read_choices(self.settings, keyed=False)
            with (
                database(choices.database, Path(choices.state)) as url,
                Ledger.open(url, id_only=choices.id_only) as ledger,
            ):
                for line in _proof(ledger):
                    print(line)
        except DatasyncError as error:
            print(f"scrapy verify: {error}", file=sys.stderr)
            self.exitcode = error.exit_code


def _proof(ledger: Ledger) -> list[str]:
    """The lines of the proof; raises NotComplete naming what is missing."""
    verdict, standing = prove(ledger)
    shards = ledger.shards()
    proofs = sorted({shard.checkpoint.proof or "" for shard in shards})
    lines = [
        f"{standing.events} events in the table, as many claimed by {len(shards)} shards",
        f"the shards cover all of time without gap or overlap; their ends are proven by: {', '.join(proofs)}",
    ]
    return [*lines, *(f"noted: {sentence}" for sentence in verdict.noted), f"verified: {standing.events} events"]
