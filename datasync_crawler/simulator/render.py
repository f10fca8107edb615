"""Events rendered once into columns of bytes, so that a page is a slice and never a loop over objects."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import BinaryIO

from datasync_crawler.simulator.events import TYPES, Event
from datasync_crawler.simulator.sessions import BROWSERS, DEVICES, Sessions

COLUMNS = ("rows", "clocks", "starts", "times_at", "stamps", "owners", "kinds", "by_id")
"""What is stored of an event set of n events.

rows      the JSON of every event with its time as a number, each followed by a comma
clocks    n times the event's time in quoted ISO form, CLOCK_SIZE bytes each
starts    n + 1 offsets into ``rows`` (uint64): where an event begins; the last is the size of ``rows``
times_at  n offsets into ``rows`` (uint64): where an event's time begins, STAMP_SIZE digits
stamps    n times in milliseconds (int64), newest first
owners    n rows of sessions (uint32)
kinds     n indexes of types (uint8)
by_id     the n row numbers (uint32) in ascending order of id
"""

CLOCK_SIZE = 26
STAMP_SIZE = 13
ID_AT = 7
"""Where the id begins in the JSON of an event."""
ID_SIZE = 36

_SECONDS = [f"{second:02d}" for second in range(60)]
_MILLISECONDS = [f".{rest:03d}Z" for rest in range(1_000)]


def render(blocks: Iterator[list[Event]], sessions: Sessions, sinks: Mapping[str, BinaryIO]) -> None:
    """Write every column but ``by_id`` for the events of ``blocks``."""
    before, after = _frames(sessions)
    clock = Clock()
    size = 0
    for block in blocks:
        starts, times_at = array("Q"), array("Q")
        parts: list[bytes] = []
        for stamp, event_id, owner, kind, name in block:
            head = (
                f'{{"id":"{event_id}{before[owner]}{TYPES[kind]}","name":"event_{name}",'
                '"properties":{"page":"/home"},"timestamp":'
            )
            text = f"{head}{stamp}{after[owner]}".encode()
            starts.append(size)
            times_at.append(size + len(head))
            size += len(text)
            parts.append(text)
        sinks["rows"].write(b"".join(parts))
        stamps = [event[0] for event in block]
        sinks["clocks"].write("".join([f'"{clock.iso(stamp)}"' for stamp in stamps]).encode())
        sinks["starts"].write(starts.tobytes())
        sinks["times_at"].write(times_at.tobytes())
        sinks["stamps"].write(array("q", stamps).tobytes())
        sinks["owners"].write(array("I", [owner for _, _, owner, _, _ in block]).tobytes())
        sinks["kinds"].write(bytes([kind for _, _, _, kind, _ in block]))
    sinks["starts"].write(array("Q", [size]).tobytes())


def order_by_id(rows: memoryview, starts: memoryview) -> array[int]:
    """Row numbers in ascending order of id, sorted a bucket at a time to stay small."""
    buckets: list[array[int]] = [array("I") for _ in range(256)]
    for row in range(len(starts) - 1):
        at = starts[row] + ID_AT
        buckets[int(bytes(rows[at : at + 2]), 16)].append(row)
    ordered = array("I")
    for bucket in buckets:
        keyed = [(bytes(rows[starts[row] + ID_AT : starts[row] + ID_AT + ID_SIZE]), row) for row in bucket]
        ordered.extend(row for _, row in sorted(keyed))
    return ordered


def _frames(sessions: Sessions) -> tuple[list[str], list[str]]:
    """What stands between id and type, and after the time, for each session."""
    before = [
        f'","sessionId":"{session}","userId":"{sessions.user_ids[user]}","type":"'
        for session, user in zip(sessions.ids, sessions.users, strict=True)
    ]
    after = [
        f',"session":{{"id":"{session}","deviceType":"{DEVICES[device]}","browser":"{BROWSERS[browser]}"}}}},'
        for session, device, browser in zip(sessions.ids, sessions.devices, sessions.browsers, strict=True)
    ]
    return before, after


class Clock:
    """Writes times in ISO form, remembering the minute it wrote last."""

    def __init__(self) -> None:
        self._minute = -1
        self._prefix = ""

    def iso(self, stamp: int) -> str:
        """Milliseconds since 1970 as ``YYYY-MM-DDTHH:MM:SS.mmmZ``."""
        minute, rest = divmod(stamp, 60_000)
        if minute != self._minute:
            self._minute = minute
            self._prefix = f"{datetime.fromtimestamp(minute * 60, UTC):%Y-%m-%dT%H:%M:}"
        return f"{self._prefix}{_SECONDS[rest // 1000]}{_MILLISECONDS[rest % 1000]}"
