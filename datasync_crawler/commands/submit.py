"""``scrapy submit``: hands in what is stored, once it is proven complete."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from scrapy.commands import ScrapyCommand

from datasync_crawler.adapters.handover import Accepted, Handover, Offer
from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.profile_file import read_profile_file
from datasync_crawler.adapters.saying import say
from datasync_crawler.adapters.state import database, held
from datasync_crawler.adapters.submission import SubmissionDesk
from datasync_crawler.adapters.submission_file import write_submission
from datasync_crawler.adapters.submission_lock import sole_submission
from datasync_crawler.adapters.upload import checked
from datasync_crawler.commands.leaving import leave_report
from datasync_crawler.commands.outcome import take_no_arguments, told_in_a_line
from datasync_crawler.commands.parent import add_parent_options, follow_parent
from datasync_crawler.commands.proof import prove
from datasync_crawler.domain.choices import EXPOSED, Choices, origin_of, read_choices
from datasync_crawler.domain.errors import ConfigurationError, LedgerError, NotComplete
from datasync_crawler.domain.profile import Submission, read_profile
from datasync_crawler.domain.submission import IdSet, repository

if TYPE_CHECKING:
    import argparse

    from scrapy.settings import BaseSettings


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the user asked for, checked; ``repo`` is empty for a dry run."""

    choices: Choices
    repo: str
    partial: int | None
    again: bool
    dry_run: bool
    user_agent: str

    @classmethod
    def read(cls, settings: BaseSettings, options: argparse.Namespace) -> _Wish:
        """Raises ConfigurationError for the first thing that is missing or makes no sense."""
        choices = read_choices(settings)
        if options.partial is not None and options.partial <= 0:
            raise ConfigurationError("--partial wants the number of events that are stored")
        repo = "" if options.dry_run else repository(options.repo or choices.repository)
        return cls(choices, repo, options.partial, options.again, options.dry_run, str(settings["USER_AGENT"]))

    @property
    def state(self) -> Path:
        """The state directory."""
        return Path(self.choices.state)


class Command(ScrapyCommand):
    """Exits 0 accepted (now or before), 1 refused or not proven, 2 wrong use, 3 unknown, 4 key expired, 5 busy."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        """The options only: there are no arguments."""
        return "[--repo URL] [options]"

    def short_desc(self) -> str:
        """The line in the list of commands."""
        return "Submit what is stored, once it is proven complete"

    def long_desc(self) -> str:
        """The paragraph of ``--help``."""
        return (
            "Submits all ids in one POST, once the events are proven complete. A submission whose outcome is unknown "
            "is looked up and never repeated by itself; a set that was accepted is not sent again. One that is "
            "refused because calls came too soon is sent again after the wait that is told, four times at most. "
            "Example: scrapy submit --repo https://github.com/you/your-repository"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Adds our options to Scrapy's."""
        super().add_options(parser)
        parser.add_argument("--repo", metavar="URL", help="the repository to submit for (default: GITHUB_REPO)")
        parser.add_argument("--dry-run", action="store_true", help="write STATE_DIR/submission.txt and send nothing")
        parser.add_argument(
            "--partial", metavar="N", type=int, help="submit an incomplete set; N is the exact number of events stored"
        )
        parser.add_argument(
            "--again",
            action="store_true",
            help="send once more although an earlier outcome is unknown (may count twice)",
        )

        add_parent_options(parser)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints the result on stdout, everything else on stderr."""
        if not follow_parent(opts):
            return
        told = "interrupted; what was under way is looked up by the next scrapy submit"
        with told_in_a_line(self, interrupted=told):
            take_no_arguments(args)
            assert self.settings is not None
            if self.settings.getbool("DOTENV_EXPOSED"):
                _say(f"warning: {EXPOSED}")
            wish = _Wish.read(self.settings, opts)
            say(_carry_out(wish), aside=wish.choices.words_aside)


def _carry_out(wish: _Wish) -> str:
    choices = wish.choices
    with (
        # A lock of the database is lost with its connection, this one is not.
        nullcontext() if wish.dry_run else held(wish.state, "submission.lock"),
        database(choices.database, wish.state) as url,
        sole_submission(url),
        Ledger.open(url, id_only=choices.id_only) as ledger,
    ):
        ids = _proven(ledger) if wish.partial is None else _stored(ledger, wish.partial)
        if wish.dry_run:
            return _write(ledger, ids, wish.state / "submission.txt")
        # A ledger's profile leads to its own origin, and no other origin's key may go there.
        ledger.bind(origin_of(choices.api_base))
        desk = SubmissionDesk(_place(ledger, wish.state), choices.key, user_agent=wish.user_agent)
        handover = Handover(ledger, desk, choices.key_digest, choices.key, _say)
        try:
            done = handover.hand_in(Offer(ids, wish.repo, partial=wish.partial is not None), again=wish.again)
        finally:
            leave_report(url, choices)
    return _told(done, ids)


def _stored(ledger: Ledger, expected: int) -> IdSet:
    ids = IdSet(*ledger.digest())
    if ids.count != expected:
        raise NotComplete(f"--partial {expected}, but {ids.count} events are stored")
    return ids


def _proven(ledger: Ledger) -> IdSet:
    """The complete set; NotComplete when there is no proof or the table is no longer what was proven."""
    verdict, _ = prove(ledger)
    if not verdict.count:
        raise NotComplete("no events are stored")
    return IdSet(*ledger.digest())


def _write(ledger: Ledger, ids: IdSet, path: Path) -> str:
    try:
        with ledger.id_stream() as stream:
            length = write_submission(path, checked(stream.chunks(), ids.digest))
    except OSError as error:
        raise LedgerError(f"{path} cannot be written: {error.strerror}") from error
    return f"dry run: {ids.count} ids, {length} bytes in {path}; nothing was sent"


def _place(ledger: Ledger, state: Path) -> Submission:
    """Where to submit, as the ledger's profile says, which wins over the file's."""
    document = ledger.profile()
    try:
        profile = read_profile_file(state) if document is None else read_profile(document)
    except msgspec.DecodeError as error:
        raise NotComplete("the profile cannot be read; run: scrapy crawl discover") from error
    if profile is None or profile.submission is None:
        raise NotComplete("no place to submit to is known; run: scrapy crawl discover")
    return profile.submission


def _told(done: Accepted, ids: IdSet) -> str:
    if done.already:
        day = datetime.fromtimestamp(done.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"already submitted: {ids.count} events for {done.repo} on {day}; nothing was sent"
    receipt = done.receipt
    if receipt.count is not None and receipt.count != ids.count:
        _say(f"warning: {ids.count} ids were sent, the service counted {receipt.count}")
    facts = [f"submission accepted: {ids.count if receipt.count is None else receipt.count} events for {done.repo}"]
    facts += [f"id {receipt.submission}"] if receipt.submission is not None else []
    facts += [f"{receipt.remaining} left"] if receipt.remaining is not None else []
    facts += [f"{receipt.elapsed} by the service's clock"] if receipt.elapsed is not None else []
    return ", ".join(facts)


def _say(line: str) -> None:
    print(f"scrapy submit: {line}", file=sys.stderr, flush=True)
