"""What reading a bundle yields."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeCall:
    """One HTTP call that the code makes.

    method:  upper case; `GET` where the code does not say
    url:     folded: literal parts as they are, unknown expressions as `{name}`
    params:  names of query parameters, sorted, wherever the code puts them
    headers: name and value template, as written; computed names as `{name}`
    body:    top-level keys of a JSON or form body, where they can be told
    via:     fetch, axios, xhr, eventsource, websocket, beacon or request
    offset:  byte offset in the source; for a call through wrappers, of the outermost call
    """

    method: str
    url: str
    params: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    body: tuple[str, ...]
    via: str
    offset: int


@dataclass(frozen=True, slots=True)
class PathLiteral:
    """A string that looks like an address of an API but takes part in no recognised call: weak evidence."""

    value: str
    offset: int
