"""The steps of the chain: processes one after the other, each started up while the one before it works.

A key's time runs between two steps, and a step takes a second or two until it can begin.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from datasync_crawler.commands.parent import GO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType


def run_steps(steps: Sequence[Sequence[str]], environment: Mapping[str, str]) -> int:
    """Runs scrapy with each of the arguments; gives the exit code of the first step that fails, else 0."""
    waiting: _Step | None = None
    try:
        for number, words in enumerate(steps):
            step, waiting = waiting or _Step(words, environment), None
            step.begin()
            waiting = _Step(steps[number + 1], environment) if number + 1 < len(steps) else None
            code = step.end()
            if code != 0:
                return code
    finally:
        if waiting is not None:
            waiting.dismiss()
    return 0


class _Step:
    """A step that starts up and waits to begin; it gets the signals that we get."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        sys.stdout.flush()
        self._process = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-m", "scrapy", *words, "--with-parent", "--when-told"],
            env=dict(environment),
            stdin=subprocess.PIPE,
            # Nothing may be left over that closing would have to write to a step that is gone.
            bufsize=0,
            # A terminal's Ctrl-C reaches its whole group, and the one that we pass on would be the second.
            process_group=0,
        )
        assert self._process.stdin is not None
        self._input = self._process.stdin

    def begin(self) -> None:
        """Lets it do its work."""
        # One that could not even start up tells so by its exit code.
        with suppress(BrokenPipeError):
            self._input.write(GO)

    def end(self) -> int:
        """Waits for its end; gives its exit code, as a shell would."""
        before = {number: signal.signal(number, self._pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            code = self._process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._input.close()
        return code if code >= 0 else 128 - code

    def dismiss(self) -> None:
        """It is not wanted any more."""
        self._input.close()
        self._process.wait()

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        self._process.send_signal(number)
