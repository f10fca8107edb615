"""From an answer to what goes over the wire, faults included."""

from __future__ import annotations

import gzip
import json
import random
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import brotli

from datasync_crawler.simulator.answers import Answer, balancer_error, refusal
from datasync_crawler.simulator.faults import Fault, FaultKind, cut_at
from datasync_crawler.simulator.leading import leading_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datasync_crawler.simulator.world import World

Pieces = list["bytes | memoryview"]

_IDLESS_ROWS = 3


@dataclass(frozen=True, slots=True)
class Wire:
    """Bytes to send: headers, then the pieces of the body one after the other."""

    status: int
    headers: dict[str, str]
    pieces: Pieces
    whole: bool = True
    """Whether a client gets every row that the answer holds."""
    reset_after: int | None = None
    """Bytes of the body after which the connection is reset; 0 resets it before the headers."""
    drip: float = 0.0
    """Seconds over which the body is spread."""
    without: Sequence[int] = ()
    """Rows of the event set that were sent without their id."""


def compose(answer: Answer, world: World, now: float) -> Wire:
    """What is sent for an answer at a moment."""
    if answer.fault is not None:
        return _faulty(answer, answer.fault, world, now)
    return _sound(answer, world, now)


def compressed(wire: Wire, encoding: str) -> Wire:
    """The same with its body compressed: br or gzip."""
    plain = b"".join(wire.pieces)
    body = brotli.compress(plain, quality=4) if encoding == "br" else gzip.compress(plain, 1)
    headers = wire.headers | {
        "Content-Length": str(len(body)),
        "Content-Encoding": encoding,
        "Vary": "Accept-Encoding",
    }
    return replace(wire, headers=headers, pieces=[body])


def _sound(answer: Answer, world: World, now: float) -> Wire:
    told_at = now if answer.told_at is None else answer.told_at
    if answer.stream is not None:
        return Wire(answer.status, answer.headers(0, now), list(answer.stream()), drip=answer.drip)
    if answer.page is None:
        return Wire(answer.status, answer.headers(len(answer.body), now), [answer.body])
    pieces: Pieces = answer.page.pieces(world, told_at)
    headers, leading = answer.headers(_size(pieces), now), leading_headers(answer.page, world, told_at)
    if "Link" in headers and "Link" in leading:
        leading["Link"] = f"{headers['Link']}, {leading['Link']}"
    return Wire(answer.status, headers | leading, pieces)


def _faulty(answer: Answer, fault: Fault, world: World, now: float) -> Wire:
    if fault.kind in (FaultKind.FALSE_END, FaultKind.EMPTY_PAGE):
        return replace(_sound(_ended_wrongly(answer, fault), world, now), whole=fault.kind is FaultKind.FALSE_END)
    if fault.kind in (FaultKind.SERVER_ERROR, FaultKind.BALANCER):
        return _sound(_failed(answer, fault), world, now)
    wire = _sound(answer, world, now)
    size = _size(wire.pieces)
    if fault.kind is FaultKind.NULL:
        return replace(wire, pieces=[b"null"], headers=wire.headers | {"Content-Length": "4"}, whole=False)
    if fault.kind is FaultKind.TRUNCATED:
        cut = cut_at(fault, size)
        pieces: Pieces = [b"".join(wire.pieces)[:cut]]
        return replace(wire, pieces=pieces, headers=wire.headers | {"Content-Length": str(cut)}, whole=False)
    if fault.kind is FaultKind.RESET:
        return replace(wire, reset_after=0 if fault.dice % 2 else int(size * fault.share), whole=False)
    if fault.kind is FaultKind.DRIP:
        return replace(wire, drip=world.span(world.drip_seconds))
    if fault.kind is FaultKind.IDLESS:
        return _idless(answer, wire, fault, world)
    return wire


def _ended_wrongly(answer: Answer, fault: Fault) -> Answer:
    """A page that claims the end too early, or holds nothing and claims that there is more."""
    page = answer.page
    if page is None:
        return answer
    if fault.kind is FaultKind.FALSE_END:
        return replace(answer, page=replace(page, more=False))
    empty = replace(page, items=lambda: b"", returned=0, more=True, last=page.first, low=0, high=0, rows=())
    return replace(answer, page=empty)


def _failed(answer: Answer, fault: Fault) -> Answer:
    """A failure in the place of the answer: the service's own keeps the budget's headers, the balancer's has none."""
    if fault.kind is FaultKind.BALANCER:
        return replace(balancer_error(502), route=answer.route)
    failed = (
        refusal(500, "INTERNAL_ERROR", "An unexpected error occurred")
        if fault.dice % 2
        else refusal(503, "SERVICE_UNAVAILABLE", "Service temporarily unavailable")
    )
    kept = {name: value for name, value in answer.extra.items() if "RateLimit" in name}
    return replace(failed, extra=kept, route=answer.route)


def _idless(answer: Answer, wire: Wire, fault: Fault, world: World) -> Wire:
    """A few rows without their id, and the header with which the service owns up to it."""
    page, text = answer.page, b"".join(wire.pieces)
    begins = list(_leading_id(world).finditer(text))
    if page is None or not begins:
        return wire
    spots = list(page.rows) or list(range(page.low, page.high)) or list(range(page.returned))
    chosen = sorted(random.Random(fault.dice).sample(range(len(begins)), min(_IDLESS_ROWS, len(begins))))
    for at in reversed(chosen):
        begin, end = begins[at].span()
        text = text[:begin] + begins[at][1] + text[end:]
    chaos = {"X-Chaos-Applied": "missingFields", "X-Chaos-Description": "Missing fields: id"}
    return replace(
        wire,
        pieces=[text],
        headers=wire.headers | chaos | {"Content-Length": str(len(text))},
        without=[spots[at] for at in chosen] if page.low < page.high or page.rows else (),
    )


def _leading_id(world: World) -> re.Pattern[bytes]:
    """What finds the id at the beginning of each row; its first group is what stands before."""
    under, field = json.dumps(world.rows.row_under), json.dumps(world.names.cased(world.names.id_field))
    opening = rf"\{{{under}:\{{" if world.rows.row_under else r"\{"
    return re.compile(rf'(?<=[,\[])({opening}){field}:(?:"[^"]*"|\d+),'.encode())


def _size(pieces: Pieces) -> int:
    return sum(len(piece) for piece in pieces)
