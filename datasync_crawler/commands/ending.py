"""Ending when told to: in good order within seconds, and else in the way that a kill has, which loses nothing either.

A commit under way is finished where the database answers in that time; what was not committed is fetched again.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress

INTERRUPTED = 128 + signal.SIGINT
"""The exit code of who was interrupted (Ctrl-C), as a shell has it."""

PATIENCE = 4.0
"""Seconds that a command has for its end once it was told to stop."""


def end_within(code: int, seconds: float = PATIENCE) -> None:
    """Ends this process with the exit code after so many seconds, whatever it waits for; returns at once."""
    timer = threading.Timer(seconds, end_now, (code, f"still busy after {seconds:g} s"))
    timer.daemon = True
    timer.start()


def heed_interrupts(seconds: float = PATIENCE) -> None:
    """From now on an interrupt (Ctrl-C) ends this process soon also where Python cannot hear it, as in a slow query.

    To be called by the main thread; an event loop that begins later hears interrupts in its own way.
    """
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    threading.Thread(target=_heed, args=(heard, seconds), name="interrupts", daemon=True).start()


def _heed(heard: int, seconds: float) -> None:
    while (number := os.read(heard, 1)) and number[0] != signal.SIGINT:
        pass
    end_within(INTERRUPTED, seconds)


def end_now(code: int, reason: str) -> None:
    """Ends this process with the exit code, whatever it does; safe in a signal's handler and in any thread."""
    # Not through a stream, which the code that was interrupted may be writing to.
    with suppress(OSError):
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, f"ended at once: {reason}\n".encode())
    os._exit(code)
