"""Leaving a report: what a run was run with, what its monitors said, and the page made of the ledger."""

from __future__ import annotations

import logging
import os
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING

import scrapy

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.retelling import read_account
from datasync_crawler.adapters.state import write_atomically
from datasync_crawler.commands.keeping import is_demo, is_worked_on
from datasync_crawler.domain.account import ENVIRONMENT, MONITORS, Environment, Judgement
from datasync_crawler.domain.environment import settings_told
from datasync_crawler.domain.report import report_of
from datasync_crawler.flow.gate import EVERY_CALL
from datasync_crawler.flow.secrets import Secrets
from datasync_crawler.handlers import secrets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scrapy.crawler import Crawler

    from datasync_crawler.domain.choices import Choices

logger = logging.getLogger(__name__)


def report_file(choices: Choices) -> Path:
    """Where every run leaves its report."""
    return Path(choices.state) / "report.html"


def note_environment(url: str, choices: Choices, settings: Mapping[str, object]) -> None:
    """Keeps what a run is run with and on in its ledger, for the report, also of a run that is killed."""
    with Ledger(url, id_only=choices.id_only) as ledger:
        where = "" if choices.database else ", embedded"
        facts = (*_machine(f"{ledger.server_version()}{where}"), *settings_told(settings))
        ledger.remember(ENVIRONMENT, ENVIRONMENT, Environment(facts).to_json())


def _machine(database: str) -> Iterator[tuple[str, str]]:
    yield "Python", platform.python_version()
    yield "Scrapy", scrapy.__version__
    yield "PostgreSQL", database
    yield "cores", str(os.cpu_count())
    yield "system", platform.platform()


def leave_report(url: str, choices: Choices, crawler: Crawler | None = None) -> None:
    """Writes the report of the run that has just ended; whatever fails is a warning and nothing more."""
    secrets = Secrets(choices.key) if crawler is None else secrets_of(crawler)
    try:
        with Ledger(url, id_only=choices.id_only) as ledger:
            if not ledger.is_made():
                return
            if crawler is not None:
                _note_monitors(ledger, crawler)
            write_report(ledger, report_file(choices), choices, secrets.mask)
        logger.info("the report: %s", report_file(choices))
    except Exception as error:  # noqa: BLE001 - the run itself is over, and its exit code tells how it went
        logger.warning("no report is left: %s", secrets.mask(str(error) or repr(error)))


def write_report(ledger: Ledger, file: Path, choices: Choices, mask: Callable[[str], str] = str) -> None:
    """Puts the page in place whole or not at all, readable by its owner alone.

    Raises NotComplete when another version wrote the ledger, OSError where the file cannot be written.
    """
    # Every command loads this module, and only who makes a report pays for its libraries.
    from datasync_crawler.report.page import page  # noqa: PLC0415

    account = read_account(ledger)
    state, common = Path(choices.state), account.learned.get(EVERY_CALL)
    alive = is_worked_on(ledger, state)
    report = report_of(account, time.time(), common=common, whole=not choices.id_only, alive=alive)
    document = page(report, mask, lasting=not is_demo(state))
    write_atomically(file, document.encode(errors="replace"))


def _note_monitors(ledger: Ledger, crawler: Crawler) -> None:
    assert crawler.stats is not None
    judged = crawler.stats.get_value("datasync/monitors_judged")
    if judged:
        ledger.remember(MONITORS, MONITORS, Judgement(time.time(), tuple(judged)).to_json())
