"""The wire of ``scrapy verify --spot N``: a few keyed calls, written down and held to their budgets as in a drain."""

from __future__ import annotations

import hashlib
import time
from random import Random
from typing import TYPE_CHECKING

import msgspec

from datasync_crawler.adapters.worker import CallNotes, LedgerWorker
from datasync_crawler.domain.errors import NotComplete
from datasync_crawler.domain.profile import Pool, read_profile
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.clock import SystemClock
from datasync_crawler.flow.opening import open_run
from datasync_crawler.flow.secrets import Secrets
from datasync_crawler.flow.spotting import Spots, spot_check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datasync_crawler.adapters.ledger import Ledger
    from datasync_crawler.domain.choices import Choices
    from datasync_crawler.flow.run import Run

_PATIENCE = 60.0
# Departures older than this (seconds) are in no window that matters.
_LONGEST_WINDOW = 3 * 3600.0


async def spot_check_of(url: str, choices: Choices, rows: int, user_agent: str) -> Spots:
    """Holds so many random rows of the service against the database; raises NotComplete where that cannot be."""
    # Every command loads this module, and none but this one needs them.
    from aiohttp import ClientError, ClientSession, ClientTimeout  # noqa: PLC0415
    from yarl import URL  # noqa: PLC0415

    worker, digest = LedgerWorker(url, id_only=choices.id_only), hashlib.sha256(choices.key.encode()).hexdigest()
    secrets, notes = Secrets(choices.key), CallNotes(worker, digest)

    async def send(address: str, headers: Mapping[str, str]) -> Answer:
        filled = {"User-Agent": user_agent} | {name: secrets.fill(value) for name, value in headers.items()}
        target = URL(secrets.fill(address, encode=True), encoded=True)
        try:
            async with session.get(target, headers=filled, allow_redirects=False) as answer:
                return Answer(answer.status, dict(answer.headers), await answer.read())
        except (ClientError, TimeoutError) as error:
            raise NotComplete(f"no spot check: no answer ({type(error).__name__})") from error

    async def stored(ids: Sequence[str]) -> set[str]:
        return await worker.do(lambda ledger: ledger.stored_of(ids))

    try:
        run = await worker.do(lambda ledger: _run(ledger, choices, digest, notes))
        async with ClientSession(timeout=ClientTimeout(total=_PATIENCE)) as session:
            return await spot_check(run, rows, send, stored, Random())  # noqa: S311 - places to look at, no secret
    finally:
        await worker.close()


def _run(ledger: Ledger, choices: Choices, digest: str, notes: CallNotes) -> Run:
    """The lanes and budgets as a drain would have them; no shard is leased."""
    document = ledger.profile()
    if document is None:
        raise NotComplete("no spot check: nothing is known of the service: run scrapy crawl discover")
    learned = {name: msgspec.json.decode(text, type=Pool) for name, text in ledger.remembered("pool").items()}
    return open_run(
        read_profile(document),
        ledger.shards(),
        generation=0,
        stored=ledger.count(),
        calls=[(call.pool, call.at) for call in ledger.calls(digest, time.time() - _LONGEST_WINDOW)],
        learned=learned,
        clock=SystemClock(),
        log=notes,
        most_in_flight=1,
        reserve=choices.reserve,
    )
