"""Source maps: the sources that were there before they were bundled."""

from __future__ import annotations

import json
from typing import Any


def read_source_map(text: bytes) -> tuple[tuple[str, bytes], ...]:
    """Name and content of each source that the map carries; nothing where it is not a source map."""
    try:
        document = json.loads(text.removeprefix(b")]}'").lstrip())
    except (ValueError, RecursionError):
        return ()
    return tuple(_sources(document))


def _sources(document: Any) -> list[tuple[str, bytes]]:
    if not isinstance(document, dict):
        return []
    found = _carried(document)
    sections = document.get("sections")
    for section in sections if isinstance(sections, list) else ():
        if isinstance(section, dict) and isinstance(section.get("map"), dict):
            found += _carried(section["map"])
    return found


def _carried(document: dict[str, Any]) -> list[tuple[str, bytes]]:
    names, contents = document.get("sources"), document.get("sourcesContent")
    if not isinstance(names, list) or not isinstance(contents, list):
        return []
    root = document.get("sourceRoot")
    prefix = f"{root.rstrip('/')}/" if isinstance(root, str) and root else ""
    return [
        (prefix + name, content.encode("utf-8", "replace"))
        for name, content in zip(names, contents, strict=False)
        if isinstance(name, str) and isinstance(content, str)
    ]
