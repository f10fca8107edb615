"""The set of ids as the table has it, streamed from one snapshot in the order of the key."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Self

import psycopg2

from datasync_crawler.adapters.postgres import Session, connect, ledger_errors
from datasync_crawler.adapters.queries import QUERIES
from datasync_crawler.adapters.standing import UNKEYED
from datasync_crawler.adapters.table_key import is_keyed
from datasync_crawler.domain.errors import NotComplete

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

_BLOCK = 1 << 20
_ESCAPED = re.compile(rb"\\(.)")
_MEANING = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class SnapshotIds:
    """All ids of one moment; ``count`` and the ``length`` in bytes of the ids joined by newlines are known beforehand.

    A context manager with a connection of its own: what is stored meanwhile does not show. The ids may be walked again
    once a walk came to its end. Raises NotComplete while the table has no key: an id might come twice.
    """

    def __init__(self, url: str) -> None:
        self._walk: Generator[bytes, None, None] | None = None
        self._connection = connect(url)
        try:
            with ledger_errors():
                self._connection.autocommit = True
                with self._connection.cursor() as cursor:
                    if is_keyed(cursor):
                        with suppress(psycopg2.Error):
                            cursor.execute(QUERIES["note_what_is_visible"])
                self._connection.autocommit = False
                self._connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
                with self._connection.cursor() as cursor:
                    keyed = is_keyed(cursor)
                    cursor.execute(QUERIES["measure_ids"])
                    self.count, size = cursor.fetchone() or (0, 0)
        except BaseException:
            self._connection.close()
            raise
        if not keyed:
            self._connection.close()
            raise NotComplete(UNKEYED)
        self.length: int = size + max(self.count - 1, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_walk()
        self._connection.close()

    def chunks(self) -> Generator[bytes, None, None]:
        """The ids as they were served, in byte order, joined by newlines, in pieces of about 1 MiB."""
        before = b""
        for block in self._blocks():
            yield before + _unescaped(block[:-1])
            before = b"\n"

    def ids(self) -> Iterator[str]:
        """The ids as they were served, in byte order, one by one."""
        for block in self._blocks():
            yield from (_unescaped(line).decode() for line in block[:-1].split(b"\n"))

    def _blocks(self) -> Iterator[bytes]:
        self._end_walk()
        self._walk = self._lines()
        return self._walk

    def _end_walk(self) -> None:
        if self._walk is not None:
            self._walk.close()

    def _lines(self) -> Generator[bytes, None, None]:
        """Blocks of whole lines of COPY's text form.

        COPY pushes and we are pulled from, so it writes into a pipe from a thread; that is also five times as fast as
        fetching rows. Who stops pulling closes the pipe, which ends the thread.
        """
        source, sink = os.pipe()
        failures: list[BaseException] = []
        thread = Thread(target=self._copy_into, args=(sink, failures), name="copy-ids", daemon=True)
        thread.start()
        try:
            with os.fdopen(source, "rb") as pipe:
                rest = b""
                while block := pipe.read(_BLOCK):
                    whole, newline, rest = (rest + block).rpartition(b"\n")
                    if newline:
                        yield whole + newline
        finally:
            thread.join()
        if failures:
            raise failures[0]

    def _copy_into(self, sink: int, failures: list[BaseException]) -> None:
        try:
            with (
                os.fdopen(sink, "wb", buffering=1 << 16) as pipe,
                ledger_errors(),
                self._connection.cursor() as cursor,
            ):
                cursor.copy_expert(QUERIES["copy_ids"], pipe)
        except BaseException as error:  # noqa: BLE001 - it is raised where the ids are pulled: a cut stream is no set
            failures.append(error)


def _unescaped(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: _MEANING.get(found[1], found[1]), text)


class IdSet(Session):
    """What is in ``ingested_events``."""

    def count(self) -> int:
        """The number of events stored."""
        return int(self._rows("count")[0][0])

    def claimed(self) -> int:
        """The number of events that the shards count as theirs."""
        return int(self._rows("claimed")[0][0])

    def stored_of(self, ids: Sequence[str]) -> set[str]:
        """Which of the ids are stored."""
        return {id_ for (id_,) in self._rows("which_are_stored", ids=list(ids))}

    def ids(self) -> Iterator[str]:
        """Every id as it was served, in the order of the key, from one snapshot."""
        with self.id_stream() as snapshot:
            yield from snapshot.ids()

    def digest(self) -> tuple[int, str]:
        """The count, and the SHA-256 in hexadecimal over the ids in byte order, joined by newlines."""
        sha = hashlib.sha256()
        with self.id_stream() as snapshot:
            for chunk in snapshot.chunks():
                sha.update(chunk)
            return snapshot.count, sha.hexdigest()

    def id_stream(self) -> SnapshotIds:
        """The set as bytes, for sending and hashing."""
        return SnapshotIds(self._url)
