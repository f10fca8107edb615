"""How the service counts calls: sliding log of arrivals, fixed window, or token bucket. Times in seconds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a limiter says of one call: ``remaining`` calls after it, ``reset`` seconds until it has more to give."""

    allowed: bool
    limit: int
    remaining: int
    reset: float
    window: float
    """Seconds in which ``limit`` calls are allowed."""


class Limiter(Protocol):
    """Counts the calls of one pool."""

    def arrive(self, now: float) -> Verdict:
        """Count a call, refused or not, and judge it."""

    def look(self, now: float) -> Verdict:
        """What a call would be told that does not count."""


class SlidingLog:
    """Allows a call when fewer than ``limit`` arrivals are younger than ``window``.

    With ``refused_count`` a refused call is an arrival too, so that whoever keeps asking keeps being refused.
    """

    def __init__(self, limit: int, window: float, *, refused_count: bool = True) -> None:
        self._limit = limit
        self._window = window
        self._refused_count = refused_count
        self._arrivals: deque[float] = deque()

    def arrive(self, now: float) -> Verdict:
        """Log the arrival and judge it."""
        self._forget(now)
        allowed = len(self._arrivals) < self._limit
        if allowed or self._refused_count:
            self._arrivals.append(now)
        return self._verdict(now, allowed=allowed)

    def look(self, now: float) -> Verdict:
        """What would be said now, without logging."""
        self._forget(now)
        return self._verdict(now, allowed=True)

    def _forget(self, now: float) -> None:
        while self._arrivals and self._arrivals[0] <= now - self._window:
            self._arrivals.popleft()

    def _verdict(self, now: float, *, allowed: bool) -> Verdict:
        oldest = self._arrivals[0] if self._arrivals else now
        remaining = max(0, self._limit - len(self._arrivals))
        return Verdict(allowed, self._limit, remaining, oldest + self._window - now, self._window)


class FixedWindow:
    """Allows ``limit`` calls in each window; a window opens with the first call after the last one closed."""

    def __init__(self, limit: int, window: float) -> None:
        self._limit = limit
        self._window = window
        self._opened = float("-inf")
        self._count = 0

    def arrive(self, now: float) -> Verdict:
        """Count the call in the window that is open now."""
        self._turn(now)
        self._count += 1
        return self._verdict(now, allowed=self._count <= self._limit)

    def look(self, now: float) -> Verdict:
        """What would be said now, without counting."""
        self._turn(now)
        return self._verdict(now, allowed=True)

    def _turn(self, now: float) -> None:
        if now >= self._opened + self._window:
            self._opened, self._count = now, 0

    def _verdict(self, now: float, *, allowed: bool) -> Verdict:
        left = max(0, self._limit - self._count)
        return Verdict(allowed, self._limit, left, self._opened + self._window - now, self._window)


class TokenBucket:
    """Holds up to ``limit`` tokens, refilled evenly over ``window``; a call takes one, a refused call none."""

    def __init__(self, limit: int, window: float) -> None:
        self._limit = limit
        self._rate = limit / window
        self._tokens = float(limit)
        self._filled = 0.0

    def arrive(self, now: float) -> Verdict:
        """Take a token if there is one."""
        self._fill(now)
        allowed = self._tokens >= 1
        if allowed:
            self._tokens -= 1
        return self._verdict(allowed=allowed)

    def look(self, now: float) -> Verdict:
        """What would be said now, without taking a token."""
        self._fill(now)
        return self._verdict(allowed=True)

    def _fill(self, now: float) -> None:
        if now > self._filled:
            self._tokens = min(self._limit, self._tokens + (now - self._filled) * self._rate)
            self._filled = now

    def _verdict(self, *, allowed: bool) -> Verdict:
        whole = int(self._tokens)
        missing = (1 if whole < 1 else self._limit) - self._tokens
        return Verdict(allowed, self._limit, whole, missing / self._rate, self._limit / self._rate)


def make_limiter(kind: str, limit: int, window: float, *, refused_count: bool) -> Limiter:
    """The limiter of a kind: sliding, fixed or bucket. Raises ValueError for another one."""
    if kind == "sliding":
        return SlidingLog(limit, window, refused_count=refused_count)
    if kind == "fixed":
        return FixedWindow(limit, window)
    if kind == "bucket":
        return TokenBucket(limit, window)
    raise ValueError(f"no limiter is called {kind!r}")
