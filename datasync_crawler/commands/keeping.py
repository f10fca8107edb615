"""The ledger as an earlier command left it, for those that only tell of it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.state import database
from datasync_crawler.domain.errors import NotComplete

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datasync_crawler.domain.choices import Choices


@contextmanager
def kept_ledger(choices: Choices) -> Iterator[Ledger]:
    """The ledger as it is: none is made where there is none, which is NotComplete."""
    state = Path(choices.state)
    nothing = NotComplete("nothing is there yet: run scrapy crawl discover")
    if choices.database is None and not (state / "postgres").exists():
        raise nothing
    with database(choices.database, state) as url, Ledger(url, id_only=choices.id_only) as ledger:
        if not ledger.is_made():
            raise nothing
        yield ledger
