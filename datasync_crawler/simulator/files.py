"""What the file server in front of the service gives away: the dashboard, its script, the document."""

from __future__ import annotations

import hashlib
from email.utils import formatdate
from functools import cache
from pathlib import Path

from datasync_crawler.simulator.answers import Answer

DASHBOARD = Path(__file__).parent / "dashboard"

_BUILT = 1_769_000_000
"""Seconds since 1970 that every file claims as its last change."""
_TYPES = {".html": "text/html", ".js": "application/javascript", ".md": "text/markdown; charset=utf-8"}


def file_answer(path: str) -> Answer:
    """The file at a path; the dashboard's page for every path that is no file."""
    if path == "/health":
        return Answer(200, b"OK", "text/plain", server="files")
    body, content_type = _files().get(path, _files()["/"])
    tag = hashlib.md5(body, usedforsecurity=False).hexdigest()[:8]
    extra = {
        "Last-Modified": formatdate(_BUILT, usegmt=True),
        "ETag": f'"{tag}-{len(body):x}"',
        "Accept-Ranges": "bytes",
    }
    return Answer(200, body, content_type, server="files", extra=extra)


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """All files by path, with their types."""
    served = {"/": DASHBOARD / "index.html", "/docs/api.md": DASHBOARD / "api.md"}
    served |= {f"/assets/{script.name}": script for script in (DASHBOARD / "assets").glob("*.js")}
    return {path: (file.read_bytes(), _TYPES[file.suffix]) for path, file in served.items()}
