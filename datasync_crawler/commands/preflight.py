"""``scrapy preflight``: everything that can be known before the key's clock starts."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from scrapy.commands import ScrapyCommand

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.machine import look_at_disk, look_at_python, look_for_browser
from datasync_crawler.adapters.profile_file import read_profile_file
from datasync_crawler.adapters.reach import look_at_service
from datasync_crawler.adapters.recall import learned_pools
from datasync_crawler.adapters.state import database, held
from datasync_crawler.commands.outcome import take_no_arguments, told_in_a_line
from datasync_crawler.domain.check import Check, Grade, expected_seconds, fine, worst
from datasync_crawler.domain.choices import EXPOSED, Choices, origin_of, read_choices
from datasync_crawler.domain.completeness import read_verdict
from datasync_crawler.domain.errors import DatasyncError, StateBusy
from datasync_crawler.domain.profile import Profile, read_profile
from datasync_crawler.domain.telling import duration

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from scrapy.settings import BaseSettings


class Command(ScrapyCommand):
    """Exits 0 when a run can begin, 2 when something has to be done first."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        """There are no arguments."""
        return ""

    def short_desc(self) -> str:
        """The line in the list of commands."""
        return "Check everything that can be checked before the key's clock starts"

    def long_desc(self) -> str:
        """The paragraph of ``--help``."""
        return (
            "Looks at the settings, Python, disk, browser, database, the service (without the key) and its clock, and "
            "tells what a run will do. Exit: 0 it can begin, 2 something has to be done first. "
            "Example: scrapy preflight && sh run-ingestion.sh"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Prints a line for each check, then what a run will do."""
        assert self.settings is not None
        checks = []
        with told_in_a_line(self):
            take_no_arguments(args)
            choices = read_choices(self.settings, keyed=False)
            for check in _checks(self.settings, choices):
                print(check.line(), flush=True)
                checks.append(check)
            self.exitcode = 2 if worst(checks) is Grade.FAILED else 0


def _checks(settings: BaseSettings, choices: Choices) -> Iterator[Check]:
    yield _settings(settings, choices)
    if not choices.key:
        yield Check("key", Grade.FAILED, "TARGET_API_KEY is not set", "put the key into the environment or into .env")
    yield look_at_python()
    yield look_at_disk(Path(choices.state))
    yield look_for_browser(settings.get("BROWSER_PATH") or "", settings.get("PLAYWRIGHT_BROWSERS_PATH") or "")
    yield from look_at_service(choices.dashboard, str(settings["USER_AGENT"]))
    yield from _state(choices)


def _settings(settings: BaseSettings, choices: Choices) -> Check:
    told = f"they make sense; the API is {choices.api_base}"
    if settings.getbool("DOTENV_EXPOSED"):
        return Check("settings", Grade.WORSE, told, EXPOSED)
    return fine("settings", told)


def _state(choices: Choices) -> Iterator[Check]:
    """The state directory, the database and what is known there."""
    state = Path(choices.state)
    with ExitStack() as stack:
        try:
            stack.enter_context(held(state))
            url = stack.enter_context(database(choices.database, state))
            ledger = stack.enter_context(Ledger.open(url, id_only=choices.id_only))
            ledger.bind(origin_of(choices.api_base))
            stored = ledger.count()
        except DatasyncError as error:
            name = "state" if isinstance(error, StateBusy) else "database"
            yield Check(name, Grade.FAILED, str(error), "see STATE_DIR and DATABASE_URL in the README")
            return
        place = "embedded" if choices.database is None else "of DATABASE_URL"
        yield fine("database", f"the {place} one answers, with {stored} events")
        if choices.key:
            yield from _key(ledger, choices)
        yield _plan_kept(ledger, choices, stored)


def _key(ledger: Ledger, choices: Choices) -> Iterator[Check]:
    first = ledger.first_call(choices.key_digest)
    if first is None:
        yield fine("key", "it has not been used yet")
    elif (left := first + choices.key_life - time.time()) > 0:
        yield fine("key", f"it lives {duration(left)} more")
    else:
        yield Check("key", Grade.WORSE, f"its life ended {duration(-left)} ago", "get a new one; what is stored stays")


def _plan_kept(ledger: Ledger, choices: Choices, stored: int) -> Check:
    try:
        return _plan(ledger, choices, stored)
    except msgspec.MsgspecError:
        return Check(
            "plan", Grade.WORSE, "the ledger was written by another version", "run scrapy crawl discover --fresh"
        )


def _plan(ledger: Ledger, choices: Choices, stored: int) -> Check:
    """What a run will do."""
    document = ledger.remembered("verdict").get("complete")
    if document is not None and (verdict := read_verdict(document)).complete and verdict.count == stored:
        return fine("plan", f"nothing: {stored} events are proven complete")
    profile = _profile(ledger, Path(choices.state))
    if profile is None or profile.api_base != choices.api_base:
        return fine("plan", "find out how the service works, then drain it; how long that takes is not known yet")
    seconds = expected_seconds(profile, learned_pools(ledger), stored)
    left = "what is left" if not profile.totals else f"{max(0, profile.totals[0][1] - stored)} events"
    long = "for as long as it takes" if seconds is None else f"in about {duration(seconds)} or less"
    return fine("plan", f"drain {left} through {', '.join(lane.name for lane in profile.lanes)}, {long}")


def _profile(ledger: Ledger, state: Path) -> Profile | None:
    document = ledger.profile()
    try:
        return read_profile(document) if document else read_profile_file(state)
    except msgspec.MsgspecError:
        return None
