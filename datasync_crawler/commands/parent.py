"""Ending with the parent: a step must not go on alone when the chain that started it was killed."""

from __future__ import annotations

import os
import signal
import threading


def end_with_parent() -> None:
    """Sends this process SIGTERM when its standard input closes, as it does when the parent that holds it ends."""
    threading.Thread(target=_watch, name="parent", daemon=True).start()


def _watch() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
