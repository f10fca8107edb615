"""The proof that the stored set is complete, held against the table and the shards as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from datasync_crawler.domain.completeness import Verdict, read_verdict, shortfalls
from datasync_crawler.domain.errors import NotComplete

if TYPE_CHECKING:
    from datasync_crawler.adapters.ledger import Ledger, Standing


def prove(ledger: Ledger) -> tuple[Verdict, Standing]:
    """The verdict of the last drain and how the ledger stands; NotComplete naming all that speaks against it."""
    document = ledger.remembered("verdict").get("complete")
    if document is None:
        rows = sum(shard.rows for shard in ledger.shards())
        if rows:
            raise NotComplete(
                f"not complete: {rows} events are stored, no drain came to its end; run scrapy crawl events"
            )
        raise NotComplete("nothing was drained yet: run scrapy crawl events")
    try:
        verdict = read_verdict(document)
    except msgspec.MsgspecError as error:
        raise NotComplete("the proof in the ledger cannot be read; run: scrapy crawl events") from error
    standing = ledger.standing()
    short = shortfalls(standing.events, standing.rejected, verdict.totals, verdict.accepted)
    against = list(dict.fromkeys([*verdict.against, *standing.faults, *short]))
    if not (verdict.complete or against):
        against.append(f"{verdict.count} events are not proven to be all")
    if standing.events != verdict.count:
        against.append(f"{verdict.count} events were proven, {standing.events} are stored")
    if against:
        raise NotComplete("not complete: " + "; ".join(against))
    return verdict, standing
