"""The state directory: what a run leaves besides the database, held by one run at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from datasync_crawler.adapters.embedded import EmbeddedPostgres
from datasync_crawler.domain.errors import ConfigurationError, StateBusy

# Seconds after which whoever only asked has let the lock go.
_ASKING = 0.05


@contextmanager
def held(state: Path, name: str = "lock") -> Iterator[None]:
    """Holds the directory, made if it is missing; the lock is the kernel's and ends with the process.

    ``name`` is the lock's file: a chain of commands holds another one than each of them.
    Raises StateBusy when another process holds it, ConfigurationError when it cannot be made.
    """
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(state / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"STATE_DIR {state} cannot be used: {error.strerror}") from error
    if not _locked(handle):
        os.close(handle)
        raise StateBusy(f"another run holds {state}: wait for it, or choose another STATE_DIR")
    try:
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Takes the lock; who asks whether it is taken has it for a moment, so a second try tells."""
    for pause in (_ASKING, 0.0):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(pause)
        else:
            return True
    return False


def is_held(state: Path) -> bool:
    """Whether a command works on the directory now."""
    try:
        handle = os.open(state / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def database(url: str | None, state: Path) -> Iterator[str]:
    """The address of the database: the one given, else an embedded PostgreSQL's, kept under the state directory."""
    if url is not None:
        yield url
        return
    with EmbeddedPostgres(state / "postgres") as embedded:
        yield embedded.url


def identity(state: Path) -> str:
    """The name by which the crawlers of a state directory lease shards; made up by the first one.

    Whoever holds the directory takes back at once what a crawler leased that was killed there.
    """
    if not known_identity(state):
        write_atomically(state / "holder", uuid4().hex.encode())
    return known_identity(state)


def known_identity(state: Path) -> str:
    """The same for who only looks: empty where no crawler has made one up yet."""
    with suppress(OSError):
        return (state / "holder").read_text()
    return ""


def write_atomically(path: Path, content: bytes) -> None:
    """Puts a file in place whole or not at all, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
