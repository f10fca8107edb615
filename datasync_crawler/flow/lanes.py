"""Lanes: an endpoint with the credential and the pool that it is called through, while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from datasync_crawler.domain.flight import Flight
from datasync_crawler.domain.profile import Endpoint, Lane
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.flow.tokens import TokenState

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 60.0
# So many rounds in a row that blame the key shut a lane.
_STRIKES = 4


@dataclass(slots=True)
class LiveLane:
    """A lane and what happens in it now; ``largest`` is the size of its largest answer so far, in bytes.

    ``trouble`` is the error that no page has come after, ``last_error`` the last one of all, ``failures`` the rounds
    of calls in a row without a page, ``strikes`` those of them that blame the key. ``rows_asked`` are those that the
    calls in flight ask for. ``moved_from`` is the endpoint's address while a new one is tried. ``failed_at`` and
    ``not_before`` are monotonic seconds.
    """

    lane: Lane
    endpoint: Endpoint
    reader: PageReader
    flight: Flight
    token: TokenState | None = None
    in_flight: int = 0
    rows_asked: int = 0
    largest: int = 0
    pages: int = 0
    refused: int = 0
    faults: int = 0
    failures: int = 0
    strikes: int = 0
    failed_at: float = float("-inf")
    not_before: float = float("-inf")
    trouble: str = ""
    last_error: str = ""
    moved_from: str | None = None

    @property
    def bulk(self) -> int:
        """The bytes that an answer is reckoned with: the largest so far, before one came a kilobyte a row."""
        return self.largest or self.endpoint.cap << 10

    @property
    def room(self) -> float:
        """How many pages more may be in flight, full ones: while nothing but failures comes, one call at a time.

        A page of few rows takes as much less of the service's time, so as much more goes beside it.
        """
        if self.failures > 1:
            return 1 - self.in_flight
        return min(self.flight.most - self.in_flight, self.flight.target - self.rows_asked / self.endpoint.cap)

    def sent(self, rows: int) -> None:
        """A call for so many rows is decided on."""
        self.in_flight += 1
        self.rows_asked += rows

    def back(self, rows: int) -> None:
        """A call for so many rows came back, or will not."""
        self.in_flight -= 1
        self.rows_asked -= rows

    @property
    def shut(self) -> bool:
        """Whether the key does not open it, as often as it was tried of late."""
        return self.strikes >= _STRIKES

    def succeeded(self) -> None:
        """A page came."""
        self.pages += 1
        self.failures = self.strikes = 0
        self.trouble = ""

    def failed(self, trouble: str, left_at: float, now: float, *, blamed: bool) -> None:
        """A call that left at ``left_at`` brought no page; ``blamed`` says that the answer blames the key.

        Calls that left before the last failure tell nothing new. From the second round on the lane pauses, longer each
        time: it is the lane that fails, and not the page.
        """
        self.faults += 1
        self.trouble = self.last_error = trouble
        if left_at < self.failed_at:
            return
        self.failed_at = now
        self.failures += 1
        self.strikes = self.strikes + 1 if blamed else 0
        if self.failures > 1:
            self.not_before = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self.failures)

    @property
    def headers(self) -> dict[str, str]:
        """The request headers of a page, with words where secrets belong."""
        headers = dict(self.endpoint.headers)
        credential = self.lane.credential
        if credential.place == "header":
            headers[credential.name] = credential.prefix + "{key}"
        if self.endpoint.grant is not None:
            headers[self.endpoint.grant.header] = "{token:" + self.endpoint.name + "}"
        return headers
