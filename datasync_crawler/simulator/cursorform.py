"""Switches of what a cursor looks like."""

from __future__ import annotations

from dataclasses import dataclass

from datasync_crawler.simulator.switches import one_of


@dataclass(frozen=True, slots=True)
class CursorForm:
    """How a position is written into a cursor."""

    cursor_form: str = one_of("base64", "raw", "sealed")
    """base64 (of JSON), raw (the JSON itself) or sealed (neither to be read nor made)."""
    cursor_padding: int = 0
    """Characters of filling in each cursor."""
    cursor_sting: str = ""
    """A text that each cursor carries, to try how a client quotes it."""
    cursor_bound: bool = False
    """Whether a cursor is good only on the endpoint that gave it."""
    cursor_id_field: str = "id"
    cursor_time_field: str = "ts"
    cursor_end_field: str = "exp"
