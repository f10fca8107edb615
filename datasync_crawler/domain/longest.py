"""How much of one row a stream may hold back: what does not end by then is no row."""

from __future__ import annotations

from datasync_crawler.domain.errors import Malformed

LONGEST_ROW = 8 << 20
"""Characters."""


class TooLong(Malformed):
    """Raised when a row goes on for more characters than any row has."""

    def __init__(self) -> None:
        super().__init__(f"a row of more than {LONGEST_ROW} characters")


def waiting(text: str) -> str:
    """The part of a row that waits for the rest; raises TooLong."""
    if len(text) > LONGEST_ROW:
        raise TooLong
    return text
