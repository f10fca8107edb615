"""What befalls an answer on its way: each fault writes its version of a whole answer to the one who waits for it."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import zlib
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

LENGTH = re.compile(rb"(?im)^content-length: *(\d+)\r\n")
CONNECTION = re.compile(rb"(?im)^connection: *[^\r]*\r\n")
_MEGABYTE, _BOMB = 1 << 20, 300
_OFF = 100


class Fault(Enum):
    """What befalls a call."""

    NONE = "none"
    LATE = "late"
    UNSENT = "reset before the service heard of it"
    RESET = "reset before the answer"
    RESET_WITHIN = "reset within the answer"
    HALF_CLOSED = "half-closed within the answer"
    TRUNCATED = "closed within the answer"
    DRIPPING = "dripping"
    TOO_LONG = "more announced than sent"
    TOO_SHORT = "less announced than sent"
    HOLE = "never answered"
    BOMB = "a compressed bomb"
    ELSEWHERE = "sent elsewhere"
    GARBAGE = "no HTTP at all"


HARMLESS = frozenset({Fault.NONE, Fault.LATE})
"""Those by which an answer comes as it was."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How faults are done: seconds that a call is ``held`` at most, seconds between two drops, where away is."""

    held: float = 1.0
    pause: float = 0.001
    elsewhere: str = "http://127.0.0.1:9/"


Writer = asyncio.StreamWriter


async def befall(fault: Fault, answer: bytes, writer: Writer, manner: Manner) -> bool:
    """Writes the answer as the fault has it; whether another call may follow on the connection."""
    return await _WAYS[fault](answer, writer, manner)


async def _whole(answer: bytes, writer: Writer, _: Manner) -> bool:
    head, body = _parts(answer)
    kept = LENGTH.search(head) is not None
    writer.write((CONNECTION.sub(b"", head) if kept else head) + body)
    await writer.drain()
    return kept


async def _late(answer: bytes, writer: Writer, manner: Manner) -> bool:
    await asyncio.sleep(manner.held / 20)
    return await _whole(answer, writer, manner)


async def _reset(_answer: bytes, writer: Writer, _: Manner) -> bool:
    return cut(writer)


async def _reset_within(answer: bytes, writer: Writer, _: Manner) -> bool:
    writer.write(answer[: len(answer) // 2])
    await writer.drain()
    return cut(writer)


async def _half_closed(answer: bytes, writer: Writer, manner: Manner) -> bool:
    writer.write(answer[: len(answer) // 2])
    writer.write_eof()
    await asyncio.sleep(manner.held)
    return False


async def _truncated(answer: bytes, writer: Writer, _: Manner) -> bool:
    writer.write(answer[: -max(1, len(answer) // 3)])
    await writer.drain()
    return False


async def _dripping(answer: bytes, writer: Writer, manner: Manner) -> bool:
    for at in range(min(len(answer), int(manner.held / manner.pause))):
        writer.write(answer[at : at + 1])
        await writer.drain()
        await asyncio.sleep(manner.pause)
    return cut(writer)


async def _too_long(answer: bytes, writer: Writer, manner: Manner) -> bool:
    writer.write(_announcing(answer, _OFF))
    await asyncio.sleep(manner.held)
    return False


async def _too_short(answer: bytes, writer: Writer, _: Manner) -> bool:
    writer.write(_announcing(answer, -_OFF))
    await writer.drain()
    return True


async def _hole(_answer: bytes, writer: Writer, manner: Manner) -> bool:
    await asyncio.sleep(manner.held)
    return cut(writer)


async def _bomb(_answer: bytes, writer: Writer, _: Manner) -> bool:
    packed = bomb()
    told = b"Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: %d" % len(packed)
    writer.write(b"HTTP/1.1 200 OK\r\n" + told + b"\r\n\r\n" + packed)
    await writer.drain()
    return True


async def _elsewhere(_answer: bytes, writer: Writer, manner: Manner) -> bool:
    told = f"HTTP/1.1 302 Found\r\nLocation: {manner.elsewhere}\r\nContent-Length: 0\r\n\r\n"
    writer.write(told.encode())
    await writer.drain()
    return True


async def _garbage(_answer: bytes, writer: Writer, _: Manner) -> bool:
    writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    await writer.drain()
    return False


_WAYS: Mapping[Fault, Callable[[bytes, Writer, Manner], Awaitable[bool]]] = {
    Fault.NONE: _whole,
    Fault.LATE: _late,
    Fault.RESET: _reset,
    Fault.RESET_WITHIN: _reset_within,
    Fault.HALF_CLOSED: _half_closed,
    Fault.TRUNCATED: _truncated,
    Fault.DRIPPING: _dripping,
    Fault.TOO_LONG: _too_long,
    Fault.TOO_SHORT: _too_short,
    Fault.HOLE: _hole,
    Fault.BOMB: _bomb,
    Fault.ELSEWHERE: _elsewhere,
    Fault.GARBAGE: _garbage,
}


@cache
def bomb() -> bytes:
    """A gzip stream of some 300 kB that becomes a thousand times as many, without its end."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    begin, more = (packer.compress(bytes(_MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return begin + more * (_BOMB - 1)


def cut(writer: Writer) -> bool:
    """Ends a connection with a reset."""
    sock: socket.socket | None = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


def _parts(answer: bytes) -> tuple[bytes, bytes]:
    end = answer.find(b"\r\n\r\n") + 4
    return answer[:end], answer[end:]


def _announcing(answer: bytes, more: int) -> bytes:
    """The answer with another length announced than it has."""
    head, body = _parts(answer)
    told = b"Content-Length: %d\r\n\r\n" % max(0, len(body) + more)
    return CONNECTION.sub(b"", LENGTH.sub(b"", head))[:-2] + told + body
