"""The HTTP client of submissions: looks at what was handed in, and hands in ids as one streamed body.

Redirects are not followed, certificates are checked, every wait is bounded, and no error names the key.
"""

from __future__ import annotations

import http
import http.client
import select
import ssl
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlencode, urlsplit

from datasync_crawler.adapters.timely import read_answer
from datasync_crawler.domain.errors import ConfigurationError, SubmissionRefused
from datasync_crawler.domain.ratelimit import read_refusal, read_retry_after

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from datasync_crawler.domain.profile import Submission

_LONGEST_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for a connection, for an answer, and for an upload at ``pace`` bytes a second."""

    connect: float = 10.0
    answer: float = 180.0
    pace: float = 128 * 1024

    def upload(self, length: int) -> float:
        """The longest that a body of so many bytes may take."""
        return self.answer + length / self.pace


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; ``whole`` tells whether the request had left completely when it came.

    ``wait`` is after how many seconds it tells to come again, None where it does not.
    """

    status: int
    body: bytes
    whole: bool = True
    wait: float | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the status is one of success."""
        return http.HTTPStatus.OK <= self.status < http.HTTPStatus.MULTIPLE_CHOICES


class NoReply(Exception):
    """Raised when a request left, or began to, and no answer came back; ``whole`` as in a Reply."""

    def __init__(self, reason: str, *, whole: bool) -> None:
        super().__init__(reason)
        self.whole = whole


class SubmissionDesk:
    """Where a service takes submissions, called with one key; ConfigurationError when the key cannot travel."""

    def __init__(
        self, place: Submission, key: str, patience: Patience | None = None, *, user_agent: str = "datasync_crawler"
    ) -> None:
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigurationError("the key holds characters that no request can carry")
        self._place = place
        self._key = key
        self._patience = patience or Patience()
        self._user_agent = user_agent

    def look(self) -> Reply | None:
        """What the service lists of this key's submissions, or None when no answer came."""
        try:
            with closing(self._connect()) as connection:
                self._begin(connection, "GET", {})
                return self._answer(connection, self._patience.connect + self._patience.answer / 6, whole=True)
        except (NoReply, SubmissionRefused, OSError, http.client.HTTPException):
            return None

    def hand_in(self, repository: str, length: int, chunks: Iterable[bytes]) -> Reply:
        """Posts ``length`` bytes of ids, one a line, for a repository.

        Raises SubmissionRefused when nothing left, and NoReply when no one knows what became of it. An answer that
        comes before the body's end ends the upload.
        """
        with closing(self._connect()) as connection:
            whole = False
            try:
                self._begin(connection, "POST", {self._place.repository_param: repository}, length)
                whole = self._send(connection, chunks, time.monotonic() + self._patience.upload(length))
            except (OSError, http.client.HTTPException):
                # The other side may have said why before it closed; what it said is still to be read.
                return self._answer(connection, self._patience.connect, whole=False)
            return self._answer(connection, self._patience.answer, whole=whole)

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._place.url)
        connection = _connection(parts, self._patience.connect)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            reason = error.strerror or type(error).__name__
            raise SubmissionRefused(f"nothing was sent: {parts.hostname} cannot be reached ({reason})") from None
        return connection

    def _begin(
        self, connection: http.client.HTTPConnection, method: str, query: dict[str, str], length: int = 0
    ) -> None:
        credential = self._place.credential
        if credential.place == "query":
            query = query | {credential.name: credential.prefix + self._key}
        connection.putrequest(method, _target(urlsplit(self._place.url), query), skip_accept_encoding=True)
        connection.putheader("User-Agent", self._user_agent)
        connection.putheader("Accept", "application/json")
        if credential.place == "header":
            connection.putheader(credential.name, credential.prefix + self._key)
        if method == "POST":
            connection.putheader("Content-Type", "text/plain")
            connection.putheader("Content-Length", str(length))
        connection.putheader("Connection", "close")
        connection.endheaders()

    @staticmethod
    def _send(connection: http.client.HTTPConnection, chunks: Iterable[bytes], deadline: float) -> bool:
        """Sends a body; False when an answer came before its end. OSError (TimeoutError) when it cannot be sent."""
        sock = connection.sock
        for chunk in chunks:
            if _spoke(sock):
                return False
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the upload takes too long")
            sock.settimeout(left)
            sock.sendall(chunk)
        return True

    @staticmethod
    def _answer(connection: http.client.HTTPConnection, patience: float, *, whole: bool) -> Reply:
        try:
            response, body = read_answer(connection.sock, patience, _LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise NoReply(f"no answer ({type(error).__name__})", whole=whole) from None
        now = time.time()
        told = read_retry_after(response.getheader("Retry-After"), now)
        return Reply(response.status, body, whole, read_refusal(body, now) if told is None else told)


def _connection(parts: SplitResult, patience: float) -> http.client.HTTPConnection:
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=patience, context=context)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=patience)


def _target(parts: SplitResult, query: dict[str, str]) -> str:
    asked = "&".join(filter(None, [parts.query, urlencode(query)]))
    return (parts.path or "/") + (f"?{asked}" if asked else "")


def _spoke(sock: socket.socket) -> bool:
    """Whether an answer is there already. Under TLS a readable socket may only hold session tickets."""
    return not isinstance(sock, ssl.SSLSocket) and bool(select.select([sock], [], [], 0)[0])
