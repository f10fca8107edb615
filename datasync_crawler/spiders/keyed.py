"""Sending probes: each noted in the ledger before it leaves, its answer read as far as it can be."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from scrapy import Request

from datasync_crawler.adapters.body import STREAMED, Body
from datasync_crawler.adapters.ledger import Call
from datasync_crawler.domain.discovery.earlier import wait_for
from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question, answered, redirected
from datasync_crawler.domain.discovery.handout import feed_name
from datasync_crawler.domain.discovery.plan import MOST_ROUNDS, next_round, pause_before
from datasync_crawler.domain.discovery.probing import with_query
from datasync_crawler.domain.discovery.wholes import HEAD_BYTES
from datasync_crawler.domain.errors import PageError
from datasync_crawler.flow.clock import SystemClock
from datasync_crawler.handlers import headers_of
from datasync_crawler.spiders.keyless import FAILED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from datasync_crawler.adapters.worker import LedgerWorker
    from datasync_crawler.domain.discovery.case import Case
    from datasync_crawler.domain.profile import Pool
    from datasync_crawler.flow.clock import Clock
    from datasync_crawler.flow.secrets import Secrets
    from datasync_crawler.spiders.keyless import Send

logger = logging.getLogger(__name__)

_PATIENCE = 60.0
# Seconds that the beginning of a body may take.
_HEAD_PATIENCE = 5.0
_LONGEST_WINDOW = 3600.0


class Interrogation:
    """Puts the open questions of a case to the service, a round at a time.

    ``pools`` are those that an earlier run knew, by lane: none of them is overdrawn. ``clock`` stamps the calls.
    ``meanwhile`` is given the case so far while the answers of a later round are under way.
    """

    def __init__(
        self,
        send: Send,
        secrets: Secrets,
        ledger: LedgerWorker,
        key_digest: str,
        pools: Mapping[str, Pool],
        clock: Clock | None = None,
        meanwhile: Callable[[Case], Awaitable[None]] | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._meanwhile = meanwhile
        self._send = send
        self._secrets = secrets
        self._ledger = ledger
        self._key = key_digest
        self._pools = pools

    async def run(self, case: Case) -> Case:
        """The case with all answers, after at most :data:`MOST_ROUNDS` rounds."""
        for number in range(1, MOST_ROUNDS + 1):
            probes = next_round(case)
            if not probes:
                break
            await self._wait(case, probes)
            start = time.monotonic()
            answers = await self._round(case, probes)
            told = ", ".join(f"{a.probe.question} {a.probe.endpoint}: {a.status or 'nothing'}" for a in answers)
            logger.info("Round %d, %.1f s: %s", number, time.monotonic() - start, told)
            case = case.learned(answers)
            if case.granted is not None:
                self._secrets.keep_token(feed_name(case), case.granted[1].token)
        return case

    async def _wait(self, case: Case, probes: Sequence[Probe]) -> None:
        now = self._clock.stamp()
        calls = await self._ledger.do(lambda ledger: ledger.calls(self._key, now - _LONGEST_WINDOW))
        earlier = wait_for(probes, self._pools, [(call.pool, call.at) for call in calls], now)
        seconds = max(earlier, pause_before(case, probes, time.time()))
        if seconds > 0:
            logger.info("Waiting %.0f s until a pool that was used up may be asked again", seconds)
            await asyncio.gather(self._hand_out(case), asyncio.sleep(seconds))

    async def _round(self, case: Case, probes: Sequence[Probe]) -> tuple[Answer, ...]:
        now = self._clock.stamp()
        calls = [Call(probe.pool, self._key, now + probe.delay) for probe in probes]
        await self._ledger.do(lambda ledger: ledger.note_calls(calls))
        asking = asyncio.gather(*(self._follow(probe) for probe in probes))
        # Behind the calls, which are not held up by it.
        handing_out = asyncio.ensure_future(self._hand_out(case))
        try:
            return tuple(await asking)
        finally:
            await handing_out

    async def _hand_out(self, case: Case) -> None:
        if self._meanwhile is not None and case.answers:
            await self._meanwhile(case)

    async def _follow(self, probe: Probe) -> Answer:
        """The answer to a probe; where the address has moved inside its origin, that of the new one."""
        answer = await self._ask(probe)
        target = redirected(answer)
        if target is None:
            return answer
        logger.info("%s has moved to %s", probe.endpoint, target.split("?")[0])
        now = self._clock.stamp()
        await self._ledger.do(lambda ledger: ledger.note_calls([Call(probe.pool, self._key, now)]))
        return await self._ask(replace(probe, url=target))

    async def _ask(self, probe: Probe) -> Answer:
        if probe.delay:
            await asyncio.sleep(probe.delay)
        start = time.monotonic()
        try:
            request = _request(probe)
            response = await self._send(request)
        except FAILED as error:
            logger.info("No answer to %s %s: %s", probe.question, probe.url, type(error).__name__)
            return answered(probe, 0, {}, b"", time.monotonic() - start, time.time())
        seconds, at = time.monotonic() - start, time.time()
        # A service may repeat the key in its links; nothing that is kept of an answer may hold it.
        headers = {name: self._secrets.mask(value) for name, value in headers_of(response).items()}
        body = request.meta.get(STREAMED)
        if isinstance(body, Body):
            response = response.replace(body=await _head(body))
        text = self._secrets.mask_links(response.body)
        return await asyncio.to_thread(answered, probe, response.status, headers, text, seconds, at)


async def _head(body: Body) -> bytes:
    """The beginning of a body; the rest is left."""
    head = b""
    try:
        async with asyncio.timeout(_HEAD_PATIENCE):
            async for piece in body:
                head += piece
                if len(head) >= HEAD_BYTES:
                    break
    except (TimeoutError, PageError) as error:
        logger.info("The beginning of a body is %d bytes long: %s", len(head), type(error).__name__)
    await body.close()
    return head[:HEAD_BYTES]


def _request(probe: Probe) -> Request:
    url, headers = probe.url, dict(probe.headers)
    if probe.credential is not None and probe.credential.place == "query":
        url = with_query(url, [(probe.credential.name, probe.credential.prefix + "{key}")])
    elif probe.credential is not None and probe.question is not Question.GRANT:
        headers[probe.credential.name] = probe.credential.prefix + "{key}"
    meta = {"download_timeout": _PATIENCE, "verbatim_url": True, STREAMED: probe.question is Question.WHOLE}
    return Request(url, method=probe.method, headers=headers, meta=meta, dont_filter=True)
