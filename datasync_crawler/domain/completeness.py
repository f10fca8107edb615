"""Completeness: whether a set is proven to be whole, and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Verdict(msgspec.Struct, frozen=True):
    """Whether ``count`` rows are the whole set; ``against`` says what is missing, ``noted`` what is worth knowing.

    ``totals`` are those that the service told of the whole, the most trusted first, and ``accepted`` so many rejected
    rows: with them it can be judged again.
    """

    complete: bool
    count: int
    against: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    totals: tuple[tuple[str, int], ...] = ()
    accepted: int = 0

    def to_json(self) -> bytes:
        """The verdict as a JSON document."""
        return msgspec.json.encode(self)


def judge_set(
    *,
    count: int,
    claimed: int,
    open_shards: int,
    holes: int,
    lost: int,
    totals: Sequence[tuple[str, int]],
    accept_rejected: int = 0,
) -> Verdict:
    """The verdict over a table of ``count`` rows of which the shards claim ``claimed``.

    ``holes`` are gaps and overlaps between shards, ``lost`` rejected rows whose id did not come otherwise, ``totals``
    what the service tells of the whole, the most trusted first.
    """
    against = [
        *([f"{open_shards} shards have no proven end"] if open_shards else []),
        *([f"{holes} gaps or overlaps between shards"] if holes else []),
        *([f"{count} rows in the table, {claimed} claimed by shards"] if count != claimed else []),
        *shortfalls(count, lost, totals, accept_rejected),
    ]
    noted = [
        *(["no total is told: the shards' proven ends suffice"] if not totals else []),
        *([f"{count - told} rows more than {name} tells ({told})" for name, told in totals[:1] if count > told]),
        *([f"{name} tells {told}, {told - count:+d}" for name, told in totals[1:] if told != count]),
    ]
    return Verdict(not against, count, tuple(against), tuple(noted), tuple(totals), accept_rejected)


def shortfalls(count: int, lost: int, totals: Sequence[tuple[str, int]], accept_rejected: int) -> list[str]:
    """What speaks against ``count`` rows, of which ``lost`` more were rejected, when so many are told of."""
    return [
        *([f"{lost} rows could not be stored"] if lost > accept_rejected else []),
        *([f"{told - count} rows short of {name} ({told})" for name, told in totals[:1] if count + lost < told]),
    ]


def read_verdict(document: bytes) -> Verdict:
    """A verdict from its JSON document."""
    return msgspec.json.decode(document, type=Verdict)
