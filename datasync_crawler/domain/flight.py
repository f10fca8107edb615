"""How many calls of a lane are worth having in flight: as many as still make it faster, found from latency alone."""

from __future__ import annotations

# The queue that a lane keeps at the server, in calls: below the first more are sent, above the second fewer
# (Brakmo and Peterson, TCP Vegas, 1994, with calls for packets).
_FEW, _MANY = 1.5, 3.0
_SMOOTHING = 0.25
# The so-manieth shortest latency is taken for the shortest: an answer out of a cache tells nothing of the service.
_SHORTEST = 3
# An answer may take so many times as long as is typical, but at least so long; before any came, so long (seconds).
_TYPICALS, _LEAST_PATIENCE, _PATIENCE = 10.0, 20.0, 120.0


class Flight:
    """The in-flight target of a lane; ``most`` bounds it."""

    def __init__(self, most: int, *, target: int = 3, least: int = 2) -> None:
        self.most = max(1, most)
        self.least = min(least, self.most)
        self.target = min(max(target, self.least), self.most)
        self._shortest: list[float] = []
        self._typical: float | None = None
        self._since_change = 0

    @property
    def patience(self) -> float:
        """Seconds after which an answer is not worth waiting for any more."""
        return _PATIENCE if self._typical is None else max(_LEAST_PATIENCE, _TYPICALS * self._typical)

    @property
    def typical(self) -> float | None:
        """Seconds that a full page takes, the last ones counting most; None before one came."""
        return self._typical

    def landed(self, latency: float) -> None:
        """A full page came after ``latency`` seconds; the target moves by at most one a round of calls."""
        self._shortest = sorted([*self._shortest, latency])[:_SHORTEST]
        typical = latency if self._typical is None else self._typical
        self._typical = typical + _SMOOTHING * (latency - typical)
        self._since_change += 1
        if self._since_change < self.target:
            return
        queue = self.target * (1 - self._shortest[-1] / self._typical) if self._typical else 0.0
        step = 1 if queue < _FEW else -1 if queue > _MANY else 0
        self.target = min(self.most, max(self.least, self.target + step))
        self._since_change = 0
