"""What the file server in front of the service gives away: the dashboard, its scripts, the document."""

from __future__ import annotations

import hashlib
from email.utils import formatdate
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from datasync_crawler.simulator.answers import Answer
from datasync_crawler.simulator.dashboard.build import build

if TYPE_CHECKING:
    from datasync_crawler.simulator.world import World

_BUILT = 1_769_000_000
"""Seconds since 1970 that every file claims as its last change."""
_TYPES = {
    "": "text/html",
    ".js": "application/javascript",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
}


class FileServer:
    """Gives the files of a world's dashboard."""

    def __init__(self, world: World) -> None:
        self._files = {
            path: (text.encode(), _TYPES[PurePosixPath(path).suffix]) for path, text in build(world).items()
        }

    def answer(self, path: str) -> Answer:
        """The file at a path; the dashboard's page for every path that is no file."""
        if path == "/health":
            return Answer(200, b"OK", "text/plain", server="files")
        body, content_type = self._files.get(path, self._files["/"])
        tag = hashlib.md5(body, usedforsecurity=False).hexdigest()[:8]
        extra = {
            "Last-Modified": formatdate(_BUILT, usegmt=True),
            "ETag": f'"{tag}-{len(body):x}"',
            "Accept-Ranges": "bytes",
        }
        return Answer(200, body, content_type, server="files", extra=extra)
