"""The statements of ``queries.sql`` by name, and the text of ``schema.sql``."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADING = re.compile(r"^-- (\w+) --$", re.MULTILINE)


def _text(file: str) -> str:
    return resources.files("datasync_crawler.adapters").joinpath(file).read_text(encoding="utf-8")


def read_queries(text: str) -> dict[str, str]:
    """Splits a file at its ``-- name --`` lines; raises ValueError when a name comes twice."""
    _, *parts = _HEADING.split(text)
    names = parts[::2]
    if len(set(names)) < len(names):
        raise ValueError("a query's name comes twice")
    return {name: body.strip() for name, body in zip(names, parts[1::2], strict=True)}


SCHEMA: str = _text("schema.sql")
QUERIES: Mapping[str, str] = read_queries(_text("queries.sql"))
