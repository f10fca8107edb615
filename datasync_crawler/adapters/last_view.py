"""The last view that the runs of a ledger left, brought up to the rows that are stored by now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from datasync_crawler.domain.amending import Traces, amended, killed
from datasync_crawler.domain.sample import SAMPLE, sample_of
from datasync_crawler.domain.view import VIEW, LaneView, View, read_view

if TYPE_CHECKING:
    from collections.abc import Collection

    from datasync_crawler.adapters.ledger import Ledger


def last_view(ledger: Ledger, learned: Collection[str]) -> View | None:
    """The view, None where no run left one; ``learned`` names the pools whose limits refusals taught.

    Raises ``msgspec.MsgspecError`` when another version wrote it.
    """
    document = ledger.remembered(VIEW).get(VIEW)
    return None if document is None else amended(read_view(document), _traces(ledger, learned))


def settle(ledger: Ledger, view: View | None) -> None:
    """Whoever left the view is gone: what it did not write down of a run that it did not end is written down now.

    Where none was left, the pages that discovery stored are.
    """
    if view is None and not ledger.remembered(VIEW):
        lanes = tuple(LaneView(name, "", pages=count) for name, count in ledger.lane_pages().items())
        rows = ledger.claimed()
        found = View(time.time(), "events", ended=True, events=rows, base=rows, lanes=lanes)
        ledger.remember(VIEW, VIEW, found.to_json())
    elif view is not None and not view.ended:
        ledger.remember(VIEW, VIEW, killed(view).to_json())
        sample = sample_of(view)
        ledger.remember(SAMPLE, sample.name, sample.to_json())


def _traces(ledger: Ledger, learned: Collection[str]) -> Traces:
    shards, pages, ago = ledger.shards(), ledger.lane_pages(), ledger.seconds_since_commit()
    # An earlier version counted them by shard alone.
    told = pages if sum(pages.values()) == sum(shard.pages for shard in shards) else {}
    return Traces(sum(shard.rows for shard in shards), told, None if ago is None else time.time() - ago, learned)
