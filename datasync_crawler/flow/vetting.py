"""Vetting: pages that read well and are still of no use where they were asked for."""

from __future__ import annotations

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.errors import PageError
from datasync_crawler.domain.page import Page
from datasync_crawler.flow.liveshard import LiveShard

# So often a page is asked for that is older than the one before: within a minute, by the pauses between.
_LOOKS_AT_OLD = 8


def check_rows(ask: Ask, live: LiveShard, page: Page) -> None:
    """A page of which no row can be stored moves no position: only the server's own cursor leads behind it.

    Raises PageError where that was tried and the same page came once more.
    """
    blind = bool(page.rejected) and not page.ids
    if blind and live.blind and not ask.chained:
        raise PageError(f"no row of the page can be stored ({page.rejected[0].reason}), and nothing leads behind it")
    live.blind = blind


def check_age(ask: Ask, live: LiveShard, page: Page) -> None:
    """Raises PageError when a page by number is older than the one before it: rows that came between fall out there.

    Caches give such pages, and no longer than they live.
    """
    if page.total is not None and live.total is not None and page.total < live.total and ask.attempt < _LOOKS_AT_OLD:
        raise PageError(f"the page is an older one: it tells of {page.total} rows, the one before of {live.total}")
    live.total = page.total
