"""A submitted list of ids, held against the truth."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from datasync_crawler.simulator.table import EventTable


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a submission compares with the truth: ``count`` lines, of which some are unknown or said before."""

    count: int
    missing: int
    unknown: int
    double: int

    @property
    def exact(self) -> bool:
        """Whether every id was there once and nothing else."""
        return not (self.missing or self.unknown or self.double)


class Census:
    """Takes a list of ids in pieces of any size, one id a line; blank lines do not count."""

    def __init__(self) -> None:
        self._buckets: dict[bytes, bytearray] = {}
        self._rest = b""
        self.count = 0

    def add(self, piece: bytes) -> None:
        """Take the next bytes of the list."""
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        self._sort_in(lines)

    def close(self) -> None:
        """The list has ended; its last line may lack a line end."""
        self._sort_in([self._rest])
        self._rest = b""

    def compare(self, table: EventTable, first: int = 0) -> Verdict:
        """Hold the list against all ids; those of rows before ``first`` may be there or not."""
        if table.any_id or first:
            return self._compare_at_once(table, first)
        return self._compare_by_bucket(table)

    def _compare_at_once(self, table: EventTable, first: int) -> Verdict:
        given = [line for bucket in self._buckets.values() for line in bytes(bucket).split()]
        self._buckets.clear()
        known, truth = set(given), [table.raw_id(row) for row in range(len(table))]
        missing = len(set(truth[first:]) - known)
        return Verdict(self.count, missing, len(known - set(truth)), len(given) - len(known))

    def _compare_by_bucket(self, table: EventTable) -> Verdict:
        """A bucket at a time, so that it costs little memory."""
        matched = unknown = double = low = 0
        for byte in range(256):
            high = bisect_left(table.by_id, f"{byte + 1:02x}" if byte < 255 else "g", key=table.event_id)
            truth = set(map(table.raw_id, table.by_id[low:high]))
            given = self._buckets.pop(b"%02x" % byte, bytearray()).split()
            known = set(map(bytes, given))
            double += len(given) - len(known)
            matched += len(known & truth)
            unknown += len(known - truth)
            low = high
        for bucket in self._buckets.values():
            given = bucket.split()
            known = set(map(bytes, given))
            double += len(given) - len(known)
            unknown += len(known)
        self._buckets.clear()
        return Verdict(self.count, len(table) - matched, unknown, double)

    def _sort_in(self, lines: list[bytes]) -> None:
        buckets = self._buckets
        for line in lines:
            plain = line.strip()
            if not plain:
                continue
            self.count += 1
            bucket = buckets.get(plain[:2])
            if bucket is None:
                bucket = buckets[plain[:2]] = bytearray()
            bucket += plain
            bucket += b"\n"
