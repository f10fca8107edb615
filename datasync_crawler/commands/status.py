"""``scrapy status``: how far things are, from the ledger alone, whether or not a crawl runs."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from scrapy.commands import ScrapyCommand

from datasync_crawler.adapters.last_view import last_view
from datasync_crawler.adapters.recall import learned_pools
from datasync_crawler.adapters.saying import say
from datasync_crawler.adapters.state import is_held
from datasync_crawler.commands.keeping import is_worked_on, kept_ledger
from datasync_crawler.commands.outcome import take_no_arguments, told_in_a_line
from datasync_crawler.domain.choices import read_choices
from datasync_crawler.domain.completeness import read_verdict
from datasync_crawler.domain.errors import NotComplete
from datasync_crawler.domain.profile import read_profile
from datasync_crawler.domain.status import Handed, Status, status_of
from datasync_crawler.domain.telling import duration, line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from datasync_crawler.adapters.ledger import Ledger

_LOOK_EVERY = 2.0


class Command(ScrapyCommand):
    """Exits 0 when the set is complete or a crawl is well on its way to it, 1 when neither, 2 for wrong use."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        """The options only: there are no arguments."""
        return "[--watch] [--json]"

    def short_desc(self) -> str:
        """The line in the list of commands."""
        return "Tell how far things are, also while a crawl runs"

    def long_desc(self) -> str:
        """The paragraph of ``--help``."""
        return (
            "Reads the ledger; needs no key and makes no call. Exit: 0 complete or well on the way, 1 neither, "
            "2 wrong use. Examples: scrapy status; scrapy status --watch; scrapy status --json | jq .view.events"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Adds our options to Scrapy's."""
        super().add_options(parser)
        parser.add_argument("--watch", action="store_true", help="go on telling until the set is complete, or Ctrl-C")
        parser.add_argument("--json", action="store_true", help="everything, as one line of JSON")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints the status; with --watch again and again."""
        with told_in_a_line(self, interrupted=""):
            take_no_arguments(args)
            assert self.settings is not None
            choices = read_choices(self.settings, keyed=False)
            with kept_ledger(choices) as ledger:
                self.exitcode = _tell(ledger, Path(choices.state), opts)


def _tell(ledger: Ledger, state: Path, opts: argparse.Namespace) -> int:
    with _shown(opts) as show:
        while True:
            status = _status(ledger, state)
            if not show(status) or not opts.watch or status.complete:
                return 0 if status.well else 1
            time.sleep(_LOOK_EVERY)


@contextmanager
def _shown(opts: argparse.Namespace) -> Iterator[Callable[[Status], bool]]:
    """How each status is shown: in place of the one before where somebody watches a terminal, else below it.

    Showing one tells whether anybody still looks.
    """
    if opts.json or not (opts.watch and sys.stdout.isatty()):
        yield lambda status: say(status.to_json().decode() if opts.json else "\n".join(_words(status)))
        return
    # Only who watches a terminal pays for its library.
    from rich.console import Console, Group  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415

    from datasync_crawler.extensions.terminal import picture  # noqa: PLC0415

    with Live(console=Console(), auto_refresh=False) as live:

        def draw(status: Status) -> bool:
            live.update(Group(picture(status.view), *_notes(status)), refresh=True)
            return True

        yield draw


def _status(ledger: Ledger, state: Path) -> Status:
    busy = is_held(state)
    profile, verdict = ledger.profile(), ledger.remembered("verdict").get("complete")
    try:
        return status_of(
            time.time(),
            ledger.shards(),
            view=last_view(ledger, learned_pools(ledger)),
            profile=read_profile(profile) if profile else None,
            verdict=read_verdict(verdict) if verdict else None,
            submissions=[
                Handed(one.intent.count, one.intent.repo, one.intent.at, one.outcome) for one in ledger.submissions()
            ],
            busy=busy,
            alive=is_worked_on(ledger, state),
        )
    except msgspec.MsgspecError as error:
        raise NotComplete("the ledger was written by another version: run scrapy crawl events") from error


def _words(status: Status) -> Iterator[str]:
    whole, *lanes = line(status.view).split(" | ")
    yield whole
    yield from (f"  {lane}" for lane in lanes)
    yield from _notes(status)


def _notes(status: Status) -> Iterator[str]:
    """Whether anybody works on it, and what was proven and handed in."""
    view = status.view
    if status.running:
        yield f"a crawl runs, for {duration(view.active)} so far"
    elif status.busy:
        yield "a command is at work: it finds out how the service works, or has just begun"
    elif view.active:
        times = f", killed {view.killed} times" if view.killed > 1 else ""
        yield f"no crawl runs; {duration(view.active)} of work so far, the last at {_moment(view.at)}{times}"
    else:
        yield "no crawl has begun to drain"
    if status.complete:
        yield f"proven complete: {view.events} events"
    elif status.verdict is not None and not status.running:
        yield "not complete: " + "; ".join(status.verdict.against or ("rows came since the proof",))
    for handed in status.submissions:
        yield f"submitted {handed.count} events for {handed.repo} at {_moment(handed.at)}: {handed.outcome}"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
