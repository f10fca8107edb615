"""The thin HTTP skin over the service, and the second one that tells the score."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import asdict
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from datasync_crawler.simulator.census import Census
from datasync_crawler.simulator.pace import Pace
from datasync_crawler.simulator.routes import Call
from datasync_crawler.simulator.submissions import Submission
from datasync_crawler.simulator.wire import Wire, compose, compressed

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasync_crawler.simulator.answers import Answer
    from datasync_crawler.simulator.service import Service
    from datasync_crawler.simulator.world import World

_CHUNK = 1 << 18
_DRIPS = 10
_LARGEST_BODY = 1 << 24
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: on, for no seconds. Closing then resets."""


class Skin:
    """Turns requests into calls, waits as the world demands, and writes the answers."""

    def __init__(self, service: Service, now: Callable[[], float]) -> None:
        self._service = service
        self._now = now
        self._pace = Pace(service.world.feed_rows_per_second * service.world.speed, now)
        self._verdicts: set[asyncio.Future[None]] = set()

    def application(self) -> web.Application:
        """What is served to clients."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._serve)
        app.on_response_prepare.append(_hide_server)
        return app

    async def judged(self) -> None:
        """Wait until every submission taken so far is compared with the truth."""
        await asyncio.gather(*self._verdicts)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        names = self._service.world.names
        submission = request.method == "POST" and request.path == names.submissions
        body = b"" if submission or not request.can_read_body else await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(request.method, request.path, request.query, headers, self._now(), body)
        answer = self._service.answer(call)
        if submission and answer.status == 100:
            return await self._take(request, call)
        await self._pace.wait(answer)
        return await self._send(request, answer)

    async def _send(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        now, world = self._now(), self._service.world
        wire = compose(answer, world, now)
        encoding = _encoding(world, request.headers.get(hdrs.ACCEPT_ENCODING, ""))
        if encoding and answer.stream is None:
            wire = compressed(wire, encoding)
        self._service.score.statuses["reset" if wire.reset_after is not None else str(wire.status)] += 1
        if wire.reset_after == 0:
            return _reset(request)
        tag = wire.headers.get("ETag")
        if world.not_modified and tag and request.headers.get(hdrs.IF_NONE_MATCH) == tag:
            return web.Response(status=304, headers={"ETag": tag})
        if request.method == "HEAD":
            return web.Response(status=wire.status, headers=wire.headers)
        response = web.StreamResponse(status=wire.status, headers=wire.headers)
        try:
            await response.prepare(request)
            if wire.reset_after is not None:
                await response.write(b"".join(wire.pieces)[: wire.reset_after])
                return _reset(request)
            await _write(response, wire)
            await response.write_eof()
        except ConnectionError:
            # The client left: nothing was served, and nobody is there to be told.
            return response
        self._service.sent(answer, wire, now)
        return response

    async def _take(self, request: web.Request, call: Call) -> web.StreamResponse:
        """Read a submission as it comes, answer at once, judge it aside."""
        submission = await _read_submission(request, self._service.world.names.repository_parameter)
        arrived = self._now()
        answer = self._service.submit(Call(call.method, call.path, call.query, call.headers, arrived), submission)
        if answer.status == 200 and submission is not None:
            self._verdicts.add(asyncio.ensure_future(self._judge(submission, arrived)))
            if self._service.world.submission_fault == "lost":
                return _reset(request)
        return await self._send(request, answer)

    async def _judge(self, submission: Submission, arrived: float) -> None:
        score, table = self._service.score, self._service.table
        entry: dict[str, object] = {
            "at": arrived,
            "after": arrived - score.began,
            "after_first_call": arrived - (score.first_keyed or arrived),
            "form": submission.form,
            "repository": submission.repository,
        }
        score.submissions.append(entry)
        verdict = await asyncio.to_thread(submission.census.compare, table, self._service.world.truth.arrivals)
        entry |= asdict(verdict) | {"exact": verdict.exact}


def score_application(skin: Skin, service: Service, now: Callable[[], float]) -> web.Application:
    """What is served to tests: the score, the truth, and a way to begin anew."""

    async def tell(_: web.Request) -> web.Response:
        await skin.judged()
        return web.json_response(service.score.report(service.table, service.world.truth.arrivals))

    async def reset(_: web.Request) -> web.Response:
        await skin.judged()
        service.reset(now())
        return web.json_response({"reset": True})

    async def truth(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        table = service.table
        for low in range(service.world.truth.arrivals, len(table), 5_000):
            lines = [f"{table.event_id(row)}\n" for row in range(low, min(low + 5_000, len(table)))]
            await response.write("".join(lines).encode())
        await response.write_eof()
        return response

    app = web.Application()
    app.add_routes([web.get("/", tell), web.post("/reset", reset), web.get("/truth", truth)])
    return app


def _encoding(world: World, accepted: str) -> str:
    """The encoding of the world's that a client accepts, or an empty text."""
    known = {name.partition(";")[0].strip() for name in accepted.split(",")}
    offered = world.ways.compression or ("gzip" if world.gzip else "")
    return next((name for name in offered.split(",") if name.strip() in known), "").strip()


async def _read_submission(request: web.Request, repository: str) -> Submission | None:
    if request.content_type == "application/json":
        body = bytearray()
        async for chunk in request.content.iter_chunked(_CHUNK):
            body += chunk
        return Submission.from_json(bytes(body))
    census = Census()
    async for chunk in request.content.iter_chunked(_CHUNK):
        census.add(chunk)
    census.close()
    return Submission(census, request.query.get(repository, ""), "text")


async def _write(response: web.StreamResponse, wire: Wire) -> None:
    if not wire.drip:
        for piece in wire.pieces:
            await response.write(piece)
        return
    body = b"".join(wire.pieces)
    step = max(1, -(-len(body) // _DRIPS))
    for at in range(0, len(body), step):
        if at:
            await asyncio.sleep(wire.drip / (_DRIPS - 1))
        await response.write(body[at : at + step])


def _reset(request: web.Request) -> web.StreamResponse:
    """Break the connection off so that the client sees a reset, not an end."""
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
    raise asyncio.CancelledError


async def _hide_server(_: web.Request, response: web.StreamResponse) -> None:
    """The service's own answers do not name their server; those of the balancer and the file server do."""
    if response.headers.get(hdrs.SERVER, "").startswith("Python"):
        del response.headers[hdrs.SERVER]
