"""What a submission may do next, from what the ledger and the service tell: spent at most once per intent.

An intent is *pending* from before its POST until its outcome is written down; pending and unknown ones are open
questions, which only a look at the service or the user's word settles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from datasync_crawler.domain.errors import ConfigurationError
from datasync_crawler.domain.receipts import Listing, mentions, states_count

if TYPE_CHECKING:
    from collections.abc import Sequence

PENDING, ACCEPTED, REFUSED, UNKNOWN = "pending", "accepted", "refused", "unknown"


class Meant(Protocol):
    """What was to be handed in; ``digest`` is the SHA-256 over the ids in order, ``key`` that of the key."""

    @property
    def count(self) -> int:
        """How many ids."""

    @property
    def digest(self) -> str:
        """In hexadecimal."""

    @property
    def key(self) -> str:
        """In hexadecimal."""

    @property
    def repo(self) -> str:
        """The repository's address."""


class Past(Protocol):
    """An intent as the ledger has it, with one of pending, accepted, refused and unknown as its outcome."""

    @property
    def intent(self) -> Meant:
        """What was meant."""

    @property
    def outcome(self) -> str:
        """What came of it."""


P = TypeVar("P", bound=Past)


@dataclass(frozen=True, slots=True)
class IdSet:
    """The ids to hand in, by their number and the SHA-256 over them in order."""

    count: int
    digest: str

    def is_that_of(self, past: Past) -> bool:
        """Whether an earlier submission held exactly these ids."""
        return (past.intent.count, past.intent.digest) == (self.count, self.digest)


def accepted(past: Sequence[P], ids: IdSet) -> P | None:
    """The submission that handed in these ids already, whichever key it was made with."""
    return next((one for one in past if one.outcome == ACCEPTED and ids.is_that_of(one)), None)


def open_questions(past: Sequence[Past]) -> list[int]:
    """Positions of the submissions whose outcome nobody knows, oldest first."""
    return [position for position, one in enumerate(past) if one.outcome in {PENDING, UNKNOWN}]


def counted(before: Listing | None, after: Listing, sent: Meant, *, others: int = 0, twins: int = 0) -> bool | None:
    """Whether a submission was counted, from what the service told before it and after; None when that cannot be said.

    ``others`` were accepted with the same key between the two looks (ever, without a look before), ``twins`` are those
    of them with as many ids: they explain entries like ours.
    """
    ours = _like(after, sent) - (0 if before is None else _like(before, sent))
    if ours > twins and (before is None or before.entries is not None):
        return True
    if before is None:
        return False if after.entries is not None and all(map(states_count, after.entries)) else None
    spent = _spent(before, after)
    if spent is None or spent <= others:
        return None if spent is None else False
    return None if any(map(states_count, after.entries or ())) else True


def repository(address: str | None) -> str:
    """The repository's address, checked; ConfigurationError when it is missing or not one of http(s)."""
    if not address:
        raise ConfigurationError("no repository: give --repo URL or set GITHUB_REPO")
    try:
        parts = urlsplit(address)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        sound = False
    if not sound or not address.isprintable() or " " in address:
        raise ConfigurationError("the repository must be an http(s) URL without a password")
    return address


def listing_json(listing: Listing | None) -> bytes:
    """A listing as the ledger keeps it."""
    return msgspec.json.encode(listing)


def read_kept_listing(document: bytes | None) -> Listing | None:
    """A listing as the ledger kept it, None where there was none."""
    return None if document is None else msgspec.json.decode(document, type=Listing | None)


def _like(listing: Listing, sent: Meant) -> int:
    entries: Sequence[dict[str, Any]] = listing.entries or ()
    return sum(mentions(entry, sent.count, sent.repo) for entry in entries)


def _spent(before: Listing, after: Listing) -> int | None:
    """How many submissions more than before; None when the two looks have nothing in common."""
    steps = []
    if before.remaining is not None and after.remaining is not None:
        steps.append(before.remaining - after.remaining)
    if before.entries is not None and after.entries is not None:
        steps.append(len(after.entries) - len(before.entries))
    return max(steps) if steps else None
