"""The body of a submission on its way: told of while it goes, and whole only when it is what was meant."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from datasync_crawler.domain.errors import NotComplete

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

_TELL_EVERY = 2.0


def watched(
    chunks: Iterable[bytes], length: int, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
) -> Generator[bytes, None, None]:
    """The same chunks; how many of ``length`` bytes have gone is said every two seconds."""
    sent, told = 0, clock()
    for chunk in chunks:
        if (now := clock()) - told >= _TELL_EVERY:
            told = now
            say(f"submitting: {sent / 1e6:.0f} of {length / 1e6:.0f} MB")
        yield chunk
        sent += len(chunk)


def checked(chunks: Iterable[bytes], digest: str) -> Generator[bytes, None, None]:
    """The same chunks, the last of them only when all together have that SHA-256; NotComplete when they have not.

    A body that lacks its end is none that a service could count.
    """
    sha = hashlib.sha256()
    held = b""
    for chunk in chunks:
        if held:
            yield held
        sha.update(chunk)
        held = chunk
    if sha.hexdigest() != digest:
        raise NotComplete("the ids in the table are not those that were proven; run: scrapy crawl events")
    yield held
