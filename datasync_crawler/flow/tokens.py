"""The short-lived token of an endpoint: one for all lanes, renewed before it dies and once when it is refused."""

from __future__ import annotations

from dataclasses import dataclass

# A token is renewed when this share of its life is left.
_RENEW_SHARE = 0.2
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class TokenAsk:
    """A call for a new token of an endpoint, in place of the one of that version."""

    endpoint: str
    generation: int
    version: int


class TokenState:
    """What is known of one endpoint's token; all times are monotonic seconds."""

    def __init__(self) -> None:
        self.version = 0
        self.address: str | None = None
        self._dies_at = float("-inf")
        self._renew_at = float("-inf")
        self._asked = False
        self._not_before = float("-inf")
        self._failures = 0

    def usable(self, now: float) -> bool:
        """Whether a call may leave with the token."""
        return now < self._dies_at

    @property
    def pending(self) -> bool:
        """Whether a call for a new one is under way."""
        return self._asked

    def wants_renewal(self, now: float) -> bool:
        """Whether it is time to ask for a new one; true once until :meth:`granted` or :meth:`failed`."""
        return not self._asked and now >= max(self._renew_at, self._not_before)

    def next_look(self, now: float) -> float:
        """Seconds until renewal may be due."""
        return max(0.0, max(self._renew_at, self._not_before) - now)

    def asked(self) -> None:
        """A call for a new token is under way."""
        self._asked = True

    def granted(self, life: float, now: float) -> None:
        """A new token came, good for ``life`` seconds."""
        self.version += 1
        self._asked, self._failures = False, 0
        self._dies_at = now + life * 0.98
        self._renew_at = now + life * (1 - _RENEW_SHARE)

    def refused(self, version: int) -> None:
        """A call with the token of that version was refused; the token is dead if it is still the one in use."""
        if version == self.version:
            self._dies_at = self._renew_at = float("-inf")

    def failed(self, now: float) -> None:
        """No token came; the next call waits, longer each time."""
        self._asked = False
        self._failures += 1
        self._not_before = now + min(_LONGEST_PAUSE, 0.25 * 2**self._failures)
