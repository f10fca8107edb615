"""Reading an HTTP answer from a socket until a deadline, however the answer is dealt out."""

from __future__ import annotations

import http.client
import io
import time
from contextlib import suppress
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import socket

    from typing_extensions import Buffer


class _UntilThen(io.RawIOBase):
    """A socket's bytes until a moment of the monotonic clock; TimeoutError from then on.

    A socket's own timeout begins anew with every byte, so an answer that drips would never be given up.
    """

    def __init__(self, sock: socket.socket, moment: float) -> None:
        self._sock = sock
        self._moment = moment

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        left = self._moment - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What http.client asks a socket for."""
        return io.BufferedReader(self)


def read_answer(sock: socket.socket, patience: float, longest: int) -> tuple[http.client.HTTPResponse, bytes]:
    """The answer on a socket and its body, cut at ``longest`` bytes, or when ``patience`` seconds are over.

    Raises OSError (TimeoutError) or HTTPException when not even its headers came until then.
    """
    response = http.client.HTTPResponse(cast("socket.socket", _UntilThen(sock, time.monotonic() + patience)))
    response.begin()
    body = bytearray()
    # What came of a cut answer is judged as it is.
    with suppress(OSError, http.client.HTTPException):
        while len(body) < longest and (part := response.read1(1 << 16)):
            body += part
    return response, bytes(body)
