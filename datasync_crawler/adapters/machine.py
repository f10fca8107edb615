"""Looking at this machine before a run: interpreter, disk, browser, memory."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

from datasync_crawler.adapters.browser import find_browser
from datasync_crawler.domain.check import Check, Grade, fine
from datasync_crawler.domain.errors import ConfigurationError

_OLDEST = (3, 11)
_ENOUGH, _LEAST = 2 << 30, 512 << 20


def look_at_python() -> Check:
    """Whether the interpreter is new enough."""
    version = platform.python_version()
    if sys.version_info < _OLDEST:
        return Check("python", Grade.FAILED, version, "install Python 3.11 or later, or name one in PYTHON")
    return fine("python", version)


def look_at_disk(folder: Path) -> Check:
    """Whether there is room where a run leaves things, and whether it may write there."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".preflight"
        probe.write_bytes(b"")
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check("disk", Grade.FAILED, f"{folder}: {error.strerror}", "set STATE_DIR to a folder you may write to")
    told = f"{free / (1 << 30):.1f} GiB free in {folder}"
    if free < _LEAST:
        return Check("disk", Grade.FAILED, told, "make room, or set STATE_DIR and DATABASE_URL")
    if free < _ENOUGH:
        return Check("disk", Grade.WORSE, told, "a few million whole events may need more")
    return fine("disk", told)


def look_for_browser(chosen: str, downloads: str) -> Check:
    """Whether there is a browser to render the dashboard."""
    try:
        found = find_browser(chosen, downloads)
    except ConfigurationError as error:
        return Check("browser", Grade.FAILED, str(error), "set BROWSER_PATH to a Chromium, or unset it")
    if found is None:
        return Check("browser", Grade.WORSE, "none", "only the scripts of the dashboard are read; install chromium")
    return fine("browser", found)
