"""``scrapy ingest``: the whole chain, discover, events, submit and verify, over one database."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.saying import say
from datasync_crawler.adapters.state import database, held
from datasync_crawler.commands.demo import Demo
from datasync_crawler.commands.outcome import take_no_arguments, told_in_a_line
from datasync_crawler.commands.steps import run_steps
from datasync_crawler.domain.choices import NAMES, read_choices
from datasync_crawler.domain.completeness import read_verdict
from datasync_crawler.domain.errors import ConfigurationError
from datasync_crawler.settings import child_environment

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

_DEMO_EVENTS, _DEMO_SPEED = 3_000_000, 10.0


@dataclass(frozen=True, slots=True)
class _Chain:
    """What all steps share: the settings they see, and whether the last one is wanted."""

    environment: Mapping[str, str]
    state: Path
    submits: bool

    def steps(self) -> list[list[str]]:
        """The commands in their order, as arguments to scrapy; a submission proves the set by itself."""
        return [
            ["crawl", "discover"],
            ["crawl", "events", "-s", f"JOBDIR={self.state / 'jobdir'}"],
            *([["submit"]] if self.submits else []),
            ["verify"],
        ]


class Command(ScrapyCommand):
    """Runs the steps one after the other; the exit code is that of the first step that fails."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        """The options only: there are no arguments."""
        return "[--demo [--events N] [--speed K]]"

    def short_desc(self) -> str:
        """The line in the list of commands."""
        return "Discover, drain, (AUTO_SUBMIT=true) submit and verify, in one go"

    def long_desc(self) -> str:
        """The paragraph of ``--help``."""
        return (
            "Runs the whole chain; run it again after anything, it goes on where it stopped. Exit: 0 complete, 1 not "
            "complete but resumable, 2 wrong use or refused key, 3 submission unknown, 4 key expired, 5 the state is "
            "held, 128 + N ended by signal N. "
            "Examples: TARGET_API_KEY=... scrapy ingest; scrapy ingest --demo --events 20000 --speed 100"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Adds our options to Scrapy's."""
        super().add_options(parser)
        parser.add_argument("--demo", action="store_true", help="against the bundled simulator: needs no key")
        parser.add_argument("--events", type=int, metavar="N", help=f"of the demo's simulator ({_DEMO_EVENTS})")
        parser.add_argument("--speed", type=float, metavar="K", help=f"of the demo's simulator ({_DEMO_SPEED:g})")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints the result as the last line of stdout."""
        with told_in_a_line(self, interrupted="interrupted; the same command goes on"):
            take_no_arguments(args)
            if not opts.demo and (opts.events, opts.speed) != (None, None):
                raise ConfigurationError("--events and --speed are of a demo: give --demo as well")
            self.exitcode = self._demonstrate(opts) if opts.demo else self._ingest().told()

    def _demonstrate(self, opts: argparse.Namespace) -> int:
        assert self.settings is not None
        events = _DEMO_EVENTS if opts.events is None else opts.events
        speed = _DEMO_SPEED if opts.speed is None else opts.speed
        _check_stage(events, speed)
        state = Path(self.settings["STATE_DIR"])
        with held(state, "demo.lock"), Demo(state / "demo", events, speed) as demo:
            for name, value in demo.settings.items():
                self.settings.set(name, value, priority="cmdline")
            outcome = self._ingest()
            if outcome.code == 0:
                demo.conclude(aside=outcome.aside)
        return outcome.told()

    def _ingest(self) -> _Outcome:
        assert self.settings is not None
        choices = read_choices(self.settings)
        state = Path(choices.state)
        with held(state, "chain.lock"), database(choices.database, state) as url:
            chosen = {name: str(self.settings.get(name) or "") for name in NAMES}
            chain = _Chain(child_environment({**chosen, "DATABASE_URL": url}), state, choices.auto_submit)
            code = run_steps(chain.steps(), chain.environment)
            if code != 0:
                return _Outcome(code, aside=choices.words_aside)
            with Ledger.open(url, id_only=choices.id_only) as ledger:
                verdict = read_verdict(ledger.remembered("verdict")["complete"])
                return _Outcome(0, verdict.count, aside=choices.words_aside)


def _check_stage(events: int, speed: float) -> None:
    if events < 1:
        raise ConfigurationError(f"--events must be a number of at least 1, not {events}")
    if not 0 < speed < inf:
        raise ConfigurationError(f"--speed must be a number above 0, not {speed:g}")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The exit code of the step that ended the chain, how many events are stored and proven, where words go."""

    code: int
    events: int = 0
    aside: bool = False

    def told(self) -> int:
        """The exit code, after the last line of a chain that went through."""
        if self.code == 0:
            say(f"ingestion complete: {self.events} events", aside=self.aside)
        return self.code
