"""Saying something on standard output, where whoever read it may have gone."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def say(text: str, *, aside: bool = False) -> bool:
    """Writes a text as a line, at once; False when nobody reads any more, and then nothing is written there any more.

    ``aside`` means on standard error, as while programs read something else on standard output.
    """
    out = sys.stderr if aside else sys.stdout
    try:
        out.write(text + "\n")
        out.flush()
    except BrokenPipeError:
        # What waits in the buffer would be tried again when the interpreter ends, and be complained of.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        return False
    return True
