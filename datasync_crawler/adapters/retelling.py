"""Reading the account of a run out of its ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from datasync_crawler.adapters.last_view import last_view
from datasync_crawler.adapters.recall import learned_pools
from datasync_crawler.domain.account import (
    ENVIRONMENT,
    MONITORS,
    Account,
    Environment,
    Judgement,
    PoolCalls,
    step_of,
)
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.errors import NotComplete
from datasync_crawler.domain.profile import Profile
from datasync_crawler.domain.sample import SAMPLE, Sample, read_samples
from datasync_crawler.domain.status import Handed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datasync_crawler.adapters.ledger import Ledger
    from datasync_crawler.domain.view import View

Document = TypeVar("Document")


def read_account(ledger: Ledger) -> Account:
    """What the ledger remembers; counts no table of rows. Raises NotComplete when another version wrote it."""
    try:
        return _account(ledger)
    except msgspec.MsgspecError as error:
        raise NotComplete("the ledger was written by another version: run scrapy crawl events") from error


def _account(ledger: Ledger) -> Account:
    learned = learned_pools(ledger)
    view = last_view(ledger, learned)
    samples = read_samples(ledger.remembered(SAMPLE).values())
    return Account(
        origin=ledger.origin(),
        profile=_document(ledger, "profile", "profile", Profile),
        learned=learned,
        shards=tuple(ledger.shards()),
        view=view,
        verdict=_document(ledger, "verdict", "complete", Verdict),
        submissions=tuple(
            Handed(one.intent.count, one.intent.repo, one.intent.at, one.outcome) for one in ledger.submissions()
        ),
        samples=samples,
        calls=tuple(_calls(ledger, view, samples)),
        rejections=tuple(ledger.rejections()),
        judgement=_document(ledger, MONITORS, MONITORS, Judgement),
        environment=_document(ledger, ENVIRONMENT, ENVIRONMENT, Environment),
    )


def _document(ledger: Ledger, kind: str, name: str, form: type[Document]) -> Document | None:
    text = ledger.remembered(kind).get(name)
    return None if text is None else msgspec.json.decode(text, type=form)


def _calls(ledger: Ledger, view: View | None, samples: Sequence[Sample]) -> Iterator[PoolCalls]:
    """The calls since the first sample to every pool that has a limit."""
    if view is None or not samples:
        return
    since, span = samples[0].at, samples[-1].at - samples[0].at
    for pool in view.pools:
        if pool.limit and pool.window:
            step = step_of(pool.window, span)
            counts = tuple(ledger.calls_counted(pool.name, since, step))
            if counts:
                yield PoolCalls(pool.name, pool.limit, pool.window, since, step, counts)
