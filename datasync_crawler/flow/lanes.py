"""Lanes: an endpoint with the credential and the pool that it is called through, while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from datasync_crawler.domain.flight import Flight
from datasync_crawler.domain.profile import Endpoint, Lane
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.flow.tokens import TokenState


@dataclass(slots=True)
class LiveLane:
    """A lane and what happens in it now.

    ``trouble`` is the last error met, ``strikes`` the answers in a row that blame the key.
    """

    lane: Lane
    endpoint: Endpoint
    reader: PageReader
    flight: Flight
    token: TokenState | None = None
    in_flight: int = 0
    pages: int = 0
    refused: int = 0
    faults: int = 0
    strikes: int = 0
    trouble: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The request headers of a page, with words where secrets belong."""
        headers = dict(self.endpoint.headers)
        if self.lane.credential.place == "header":
            headers[self.lane.credential.name] = "{key}"
        if self.endpoint.grant is not None:
            headers[self.endpoint.grant.header] = "{token:" + self.endpoint.name + "}"
        return headers
