"""The wire of ``scrapy verify --spot N``: a few keyed calls, written down and held to their budgets as in a drain."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from datasync_crawler.adapters.beginning import beginning
from datasync_crawler.adapters.recall import key_worked, learned_pools
from datasync_crawler.adapters.worker import CallNotes, LedgerWorker
from datasync_crawler.domain.errors import NotComplete
from datasync_crawler.domain.profile import read_profile
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.clock import SystemClock
from datasync_crawler.flow.opening import open_run
from datasync_crawler.flow.secrets import Secrets
from datasync_crawler.flow.spotting import Spots, spot_check

# Every command loads this module, and none but this one needs aiohttp: it is imported where it is used.
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import ClientSession

    from datasync_crawler.adapters.body import Body
    from datasync_crawler.adapters.ledger import Ledger
    from datasync_crawler.domain.choices import Choices
    from datasync_crawler.flow.run import Run

_PATIENCE = 60.0
# Departures older than this (seconds) are in no window that matters.
_LONGEST_WINDOW = 3 * 3600.0
# Bytes of a body, also after it was uncompressed, and of one header; the same as in a drain.
_LONGEST_BODY, _LONGEST_HEADER = 128 << 20, 1 << 16


async def spot_check_of(url: str, choices: Choices, rows: int, user_agent: str) -> Spots:
    """Holds so many random rows of the service against the database.

    Raises NotComplete where that cannot be, KeyRefused or KeyExpired when the service blames the key.
    """
    worker, digest = LedgerWorker(url, id_only=choices.id_only), choices.key_digest
    notes = CallNotes(worker, digest)

    async def stored(ids: Sequence[str]) -> set[str]:
        return await worker.do(lambda ledger: ledger.stored_of(ids))

    async with AsyncExitStack() as stack:
        stack.push_async_callback(worker.close)
        stack.push_async_callback(notes.settle)
        run = await worker.do(lambda ledger: _run(ledger, choices, digest, notes))
        wire = Wire(await stack.enter_async_context(session()), Secrets(choices.key), user_agent)
        return await spot_check(run, rows, wire.send, stored, Random())  # noqa: S311 - places to look at, no secret


def session() -> ClientSession:
    """Connections over which no call is ever repeated unseen; bodies come as they were sent."""
    from aiohttp import ClientSession, ClientTimeout  # noqa: PLC0415

    timeout = ClientTimeout(total=_PATIENCE)
    made = ClientSession(timeout=timeout, auto_decompress=False, max_field_size=_LONGEST_HEADER)
    made._retry_connection = False  # noqa: SLF001 - it has no other switch, and a repeated call is in no budget
    return made


@dataclass(frozen=True, slots=True)
class Wire:
    """Sends each call once, with its secrets filled in; an answer has at most ``longest`` bytes."""

    session: ClientSession
    secrets: Secrets
    user_agent: str
    longest: int = _LONGEST_BODY

    async def send(self, address: str, headers: Mapping[str, str]) -> Answer:
        """The answer; NotComplete when none comes, Malformed when it breaks off or is longer."""
        from aiohttp import ClientError  # noqa: PLC0415
        from yarl import URL  # noqa: PLC0415

        from datasync_crawler.adapters.body import ACCEPTED, Body  # noqa: PLC0415

        target = URL(self.secrets.fill(address, encode=True), encoded=True)
        filled = {"User-Agent": self.user_agent, "Accept-Encoding": ACCEPTED}
        filled |= {name: self.secrets.fill(value) for name, value in headers.items()}
        try:
            async with self.session.get(target, headers=filled, allow_redirects=False) as answer:
                body = await self._whole(Body(answer, AsyncExitStack(), _PATIENCE))
                return Answer(answer.status, dict(answer.headers), body)
        except (ClientError, TimeoutError) as error:
            raise NotComplete(f"no spot check: no answer ({type(error).__name__})") from error

    async def _whole(self, body: Body) -> bytes:
        came = bytearray()
        async for part in body:
            came += part
            if len(came) > self.longest:
                raise NotComplete(f"no spot check: an answer is longer than {self.longest} bytes")
        return bytes(came)


def _run(ledger: Ledger, choices: Choices, digest: str, notes: CallNotes) -> Run:
    """The lanes and budgets as a drain would have them; no shard is leased."""
    document = ledger.profile()
    if document is None:
        raise NotComplete("no spot check: nothing is known of the service: run scrapy crawl discover")
    clock = SystemClock(beginning(ledger))
    return open_run(
        read_profile(document),
        ledger.shards(),
        generation=0,
        stored=ledger.count(),
        calls=[(call.pool, call.at) for call in ledger.calls(digest, clock.stamp() - _LONGEST_WINDOW)],
        learned=learned_pools(ledger),
        clock=clock,
        log=notes,
        most_in_flight=1,
        reserve=choices.reserve,
        key_worked=key_worked(ledger, digest),
    )
