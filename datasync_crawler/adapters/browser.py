"""Finding a browser on this machine, and starting it so that it keeps to its page."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from datasync_crawler.domain.errors import ConfigurationError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_DOWNLOADED = "chromium*-*/chrome-*/*chrome*"
# What Docker and Podman leave in every container.
_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
)


def find_browser(chosen: str = "", downloads: str = "") -> str | None:
    """The executable of a Chromium: the one chosen, else one on PATH, else one that Playwright downloaded, else None.

    ``downloads`` is the folder that Playwright downloads to, where it is not the usual one. Raises ConfigurationError
    when the chosen one is no executable file.
    """
    if chosen:
        if not os.access(chosen, os.X_OK) or not Path(chosen).is_file():
            raise ConfigurationError(f"BROWSER_PATH: {chosen} is no executable file")
        return chosen
    return next(filter(None, map(shutil.which, _NAMES)), None) or _downloaded(downloads)


def launch_options(executable: str) -> dict[str, Any]:
    """Playwright's launch options for an executable; without a sandbox where it can have none.

    That is as root, and in a container: a stricter one, which lets nobody make another inside.
    """
    bare = os.geteuid() == 0 or any(mark.exists() for mark in _CONTAINERS)
    sandbox = ("--no-sandbox",) if bare else ()
    return {"executable_path": executable, "args": [*_QUIET, *sandbox], "timeout": 30_000}


def _downloaded(folder: str) -> str | None:
    root = Path(folder) if folder else Path.home() / ".cache" / "ms-playwright"
    found = (
        path for path in sorted(root.glob(_DOWNLOADED), reverse=True) if os.access(path, os.X_OK) and path.is_file()
    )
    return next((str(path) for path in found), None)
