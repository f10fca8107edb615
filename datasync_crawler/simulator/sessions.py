"""The visitors of the simulated service: users and their sessions, the same for the same seed."""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

NEWEST = 1_769_541_612_369
"""Milliseconds since 1970 of the newest event: 2026-01-27T19:20:12.369Z."""
OLDEST = 1_766_946_793_000
"""Milliseconds since 1970 of the oldest event: 2025-12-28T18:33:13Z."""
LONGEST = 3_480
"""Seconds that the longest session lasts."""

DEVICES = ("mobile", "tablet", "desktop")
DEVICE_WEIGHTS = (20_159, 20_042, 19_799)
BROWSERS = ("Edge", "Chrome", "Safari", "Firefox")
SYSTEMS = ("Android", "Windows", "macOS", "Linux", "iOS")
COUNTRIES = ("DE", "US", "CA", "BR", "AU", "JP", "FR", "UK")
NAMES = ("alice", "bob", "carol", "david", "eve", "frank", "grace", "henry", "ivy", "jack")
DOMAINS = ("acme.com", "appmakers.com", "datainc.com", "techcorp.com", "startup.io")

_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


@dataclass(frozen=True, slots=True)
class Sessions:
    """Columns over all sessions, newest start first: row ``i`` of every column is session ``i``."""

    ids: Sequence[str]
    users: Sequence[int]
    """Index into ``user_ids`` for each session."""
    user_ids: Sequence[str]
    devices: bytes
    browsers: bytes
    systems: bytes
    countries: bytes
    cities: bytes
    addresses: Sequence[int]
    starts: Sequence[int]
    """Milliseconds since 1970."""
    lengths: Sequence[int]
    """Whole seconds from start to end."""
    counts: Sequence[int]
    """Events of each session; they add up to the size of the event set."""

    def __len__(self) -> int:
        return len(self.ids)

    def end(self, session: int) -> int:
        """Milliseconds since 1970 at which a session ended."""
        return int(self.starts[session]) + self.lengths[session] * 1000


def uuids(source: random.Random, count: int) -> list[str]:
    """Random UUIDs of version 4 in lower case."""
    digits = source.randbytes(16 * count).hex()
    variant = _VARIANT
    return [
        f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-4{digits[at + 13 : at + 16]}"
        f"-{variant[digits[at + 16]]}{digits[at + 17 : at + 20]}-{digits[at + 20 : at + 32]}"
        for at in range(0, 32 * count, 32)
    ]


def make_sessions(events: int, seed: int) -> Sessions:
    """The sessions of an event set: one for about fifty events, one user for twenty sessions."""
    source = random.Random(f"sessions {seed}")
    count = max(1, round(events / 50)) if events else 0
    user_count = max(1, round(count / 20))
    starts, lengths = _times(source, count)
    # Equal starts are listed by id descending, as events are.
    ordered = sorted(zip(starts, uuids(source, count), strict=True), reverse=True)
    return Sessions(
        ids=[session for _, session in ordered],
        users=array("I", source.choices(range(user_count), k=count)),
        user_ids=uuids(source, user_count),
        devices=bytes(source.choices(range(len(DEVICES)), DEVICE_WEIGHTS, k=count)),
        browsers=bytes(source.choices(range(len(BROWSERS)), k=count)),
        systems=bytes(source.choices(range(len(SYSTEMS)), k=count)),
        countries=bytes(source.choices(range(len(COUNTRIES)), k=count)),
        cities=bytes(source.choices(range(100), k=count)),
        addresses=array("I", (source.getrandbits(32) for _ in range(count))),
        starts=starts,
        lengths=lengths,
        counts=_counts(source, count, events),
    )


def _times(source: random.Random, count: int) -> tuple[Sequence[int], Sequence[int]]:
    latest = NEWEST - LONGEST * 1000
    starts = sorted((source.randrange(OLDEST, latest) for _ in range(count)), reverse=True)
    lengths = [source.randrange(60, LONGEST + 1) for _ in range(count)]
    if count:
        # The newest session lasts to the newest event, the oldest begins with the oldest one.
        starts[0], starts[-1] = latest, OLDEST
        lengths[0] = -(-(NEWEST - starts[0]) // 1000)
    return array("q", starts), array("I", lengths)


def _counts(source: random.Random, count: int, events: int) -> Sequence[int]:
    drawn = [source.randrange(25, 76) for _ in range(count)]
    if count:
        each, rest = divmod(events - sum(drawn), count)
        drawn = [number + each + (at < rest) for at, number in enumerate(drawn)]
    return array("i", drawn)
