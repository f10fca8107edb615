"""``scrapy verify``: the proof again, from the database alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.saying import say
from datasync_crawler.adapters.state import held
from datasync_crawler.commands.keeping import kept_database
from datasync_crawler.commands.outcome import take_no_arguments, told_in_a_line
from datasync_crawler.commands.parent import add_parent_options, follow_parent
from datasync_crawler.commands.proof import prove
from datasync_crawler.commands.spot import spot_check_of
from datasync_crawler.domain.choices import origin_of, read_choices
from datasync_crawler.domain.errors import ConfigurationError, NotComplete

if TYPE_CHECKING:
    import argparse

    from datasync_crawler.domain.choices import Choices

# So many missing rows are named.
_NAMED = 3


class Command(ScrapyCommand):
    """Exits 0 when the stored set is proven complete, 1 when it is not."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        """The options only: there are no arguments."""
        return "[--spot N]"

    def short_desc(self) -> str:
        """The line in the list of commands."""
        return "Prove again, from the database alone, that the set is complete"

    def long_desc(self) -> str:
        """The paragraph of ``--help``."""
        return (
            "Counts the table, holds it against the shards and the totals told. With --spot N it looks at N random "
            "rows of the service, too, which takes up to five keyed calls. "
            "Examples: scrapy verify; scrapy verify --spot 100"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options and ours."""
        super().add_options(parser)
        parser.add_argument(
            "--spot", metavar="N", type=int, default=0, help="hold N random rows of the service against it"
        )
        add_parent_options(parser)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints the proof, or what speaks against it."""
        if not follow_parent(opts):
            return
        assert self.settings is not None
        with told_in_a_line(self):
            take_no_arguments(args)
            if opts.spot < 0:
                raise ConfigurationError("--spot wants a number of rows")
            choices = read_choices(self.settings, keyed=opts.spot > 0)
            with (
                kept_database(choices) as url,
                Ledger.open(url, id_only=choices.id_only) as ledger,
            ):
                for line in _proof(ledger):
                    say(line, aside=choices.words_aside)
                if opts.spot:
                    ledger.bind(origin_of(choices.api_base))
                    say(self._spot(url, choices, opts.spot), aside=choices.words_aside)

    def _spot(self, url: str, choices: Choices, rows: int) -> str:
        assert self.settings is not None
        with held(Path(choices.state)):
            spots = asyncio.run(spot_check_of(url, choices, rows, str(self.settings["USER_AGENT"])))
        if spots.missing:
            few = ", ".join(spots.missing[:_NAMED])
            raise NotComplete(f"{len(spots.missing)} of {spots.looked_at} random rows are not stored: {few}")
        return f"spot check: {spots.looked_at} random rows of the service are all stored"


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
