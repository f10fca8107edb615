"""How far a service's word goes: totals, ends and repeats that are not what they seem, and events still to come."""

from __future__ import annotations

from dataclasses import dataclass

from datasync_crawler.simulator.switches import one_of


@dataclass(frozen=True, slots=True)
class Truth:
    """Switches of the service's honesty."""

    total_told: bool = True
    """Whether a page tells the total."""
    more_told: str = one_of("truly", "always", "never")
    """``hasMore``: truly, always (an empty page follows the last one) or never."""
    repeats: int = 0
    """Rows that a page holds twice, side by side."""
    arrivals: int = 0
    """Events that come after the first keyed call; they are the newest ones."""
    arrival_every: float = 6.0
    """Seconds from one to the next."""
    loop_at: float = 0.0
    """Share of the events behind which cursors lead back to where they came from; 0 is none."""
    loop_on: str = one_of("events", "feed", "both")
    """Where that happens: events, feed or both."""

    def hidden(self, elapsed: float | None) -> int:
        """Events still to come, ``elapsed`` seconds after the first keyed call at speed 1 (None: before it)."""
        arrived = int(elapsed / self.arrival_every) if elapsed is not None and elapsed > 0 else 0
        return max(0, self.arrivals - arrived)
