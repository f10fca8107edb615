"""Shapes: where rows and paging sit in an answer, and how a cursor is made."""

from __future__ import annotations

from typing import Literal

import msgspec

Path = tuple[str, ...]
"""Keys that lead into a JSON document."""


class RowShape(msgspec.Struct, frozen=True):
    """Where rows, their id and time, and the paging sit in an answer; a path is None where nothing was found.

    ``id`` is empty where a row is nothing but its id.

    ``under`` leads from a member of the list to the row itself, where rows are wrapped, ``time_under`` and
    ``type_under`` from there to the object that has the time or the type. ``time_unit`` is the coarsest resolution
    that any time had, in microseconds. ``next_link`` are the query parameters that say where the next page
    begins, where that is told by an address: at ``next_cursor``, or if that is None in the ``Link`` header.
    ``total_header`` is the header that tells the total where no member of the answer does.
    """

    rows: Path
    id: str
    time: str | None = None
    type: str | None = None
    under: Path = ()
    time_under: Path = ()
    type_under: Path = ()
    time_unit: int = 1000
    has_more: Path | None = None
    next_cursor: Path | None = None
    cursor_life: Path | None = None
    total: Path | None = None
    returned: Path | None = None
    limit: Path | None = None
    next_link: tuple[str, ...] = ()
    total_header: str | None = None

    @property
    def chained(self) -> bool:
        """Whether an answer says where the next page begins."""
        return self.next_cursor is not None or bool(self.next_link)

    @property
    def bare(self) -> bool:
        """Whether a row is nothing but its id."""
        return not self.id


class CursorShape(msgspec.Struct, frozen=True):
    """The anatomy of a cursor that can be forged: a JSON object with the last row's id and time, plain or in base64.

    ``constants`` are further members to repeat, as JSON text by name; ``order`` the order of all members. Units are
    microseconds a step (1000: the cursor counts in milliseconds). ``id_number`` says that the id stands as a number.
    """

    alphabet: Literal["standard", "urlsafe", "plain"]
    padded: bool
    order: tuple[str, ...]
    id: str
    time: str
    time_unit: int = 1000
    expires: str | None = None
    expires_unit: int = 1000
    constants: dict[str, str] = {}
    id_number: bool = False
