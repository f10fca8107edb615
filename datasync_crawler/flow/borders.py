"""Borders: while rows are loaded without a key, a shard keeps of its last page what is its own.

The last page of a shard reaches into the one below. With a key the rows that come twice are met; without one they
would have to be looked for among all rows.
"""

from __future__ import annotations

from datasync_crawler.domain.page import Page
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.domain.shard import Shard
from datasync_crawler.flow.lanes import LiveLane


def own_rows(lane: LiveLane, shard: Shard, page: Page, body: bytes) -> Page:
    """The page without the rows that are older than the shard, by more than times are printed too coarsely.

    Those are the next shard's, which begins there. Rows by number and sets walked upwards are left as they are, and so
    is a page with rows that could not be read.
    """
    if shard.low is None or page.start is not None or page.upwards or page.rejected:
        return page
    times = page.times if page.payloads is not None else PageReader(lane.endpoint.shape).read(body).times
    least = shard.low - lane.endpoint.shape.time_unit
    return page.kept([place for place, time in enumerate(times) if time is None or time >= least])
