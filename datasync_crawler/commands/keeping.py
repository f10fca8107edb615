"""The ledger as an earlier command left it, for those that only tell of it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.state import database, is_held, known_identity
from datasync_crawler.domain.errors import NotComplete

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datasync_crawler.domain.choices import Choices


@contextmanager
def kept_database(choices: Choices) -> Iterator[str]:
    """The address of the database of earlier commands; no embedded one is made where there is none: NotComplete."""
    state = Path(choices.state)
    if choices.database is None and not (state / "postgres").exists():
        raise _nothing(state)
    with database(choices.database, state) as url:
        yield url


@contextmanager
def kept_ledger(choices: Choices) -> Iterator[Ledger]:
    """The ledger as it is: none is made where there is none, which is NotComplete."""
    with kept_database(choices) as url, Ledger(url, id_only=choices.id_only) as ledger:
        if not ledger.is_made():
            raise _nothing(Path(choices.state))
        yield ledger


def is_worked_on(ledger: Ledger, state: Path) -> bool:
    """Whether a crawl may be at work: a command that holds the directory, or one elsewhere that leases the ledger."""
    return is_held(state) or ledger.leased_for(known_identity(state)) is not None


def is_demo(state: Path) -> bool:
    """Whether the state directory is a demo's, which is deleted with its database when the demo has gone through."""
    return (state / "demo.json").exists()


def _nothing(state: Path) -> NotComplete:
    demo = state / "demo"
    hint = f"; there is a demo: STATE_DIR={demo} scrapy status tells of it" if is_demo(demo) else ""
    return NotComplete(f"nothing is there yet: run scrapy crawl discover{hint}")
