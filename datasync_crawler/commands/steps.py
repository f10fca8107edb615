"""The steps of the chain: processes one after the other, each started up while the one before it works.

A key's time runs between two steps, and a step takes a second or two until it can begin.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from datasync_crawler.adapters.saying import say
from datasync_crawler.commands.parent import GO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType


LAST_WORD = 10.0
"""Seconds that a step has for its end; one that is stalled never ends by itself."""
HEAD_START = 2.0
"""Seconds that a step has the machine for itself at its beginning; only then the next one starts up."""


def run_steps(
    steps: Sequence[Sequence[str]],
    environment: Mapping[str, str],
    *,
    last_word: float = LAST_WORD,
    head_start: float = HEAD_START,
) -> int:
    """Runs scrapy with each of the arguments; gives the exit code of the first step that fails, else 0.

    A signal that ends us is handed on; a step that is still there ``last_word`` seconds later is killed. A step starts
    up ``head_start`` seconds after the one before it began. Of one that was killed it is told on stderr: it could not
    say so itself.
    """
    waiting: _Step | None = None
    try:
        for number, words in enumerate(steps):
            step, waiting = waiting or _Step(words, environment, last_word), None
            with step.signalled():
                step.begin()
                if not step.ends_within(head_start) and number + 1 < len(steps):
                    waiting = _Step(steps[number + 1], environment, last_word)
                code = step.end()
            if code != 0:
                return code
    finally:
        if waiting is not None:
            waiting.dismiss()
    return 0


class _Step:
    """A step that starts up and waits to begin; it gets the signals that we get."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], last_word: float) -> None:
        self._name = " ".join(words[:2])
        self._last_word = last_word
        self._signal: int | None = None
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

    @contextmanager
    def signalled(self) -> Iterator[None]:
        """Meanwhile it gets the signals that we get; what it could read from us ends with that."""
        before = {number: signal.signal(number, self._pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._input.close()

    def ends_within(self, seconds: float) -> bool:
        """Waits for its end, not longer than that."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> int:
        """Waits for its end; gives its exit code, as a shell would; of one that had to be killed the signal's."""
        code = self._process.wait()
        if code >= 0:
            return code
        if self._signal is None:
            cause = " (out of memory?)" if code == -signal.SIGKILL else ""
            say(
                f"scrapy ingest: {self._name} was killed by signal {-code}{cause}; the same command goes on",
                aside=True,
            )
        elif code == -signal.SIGKILL:
            return 128 + self._signal
        return 128 - code

    def dismiss(self) -> None:
        """It is not wanted any more."""
        self._input.close()
        try:
            self._process.wait(self._last_word)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        self._process.send_signal(number)
        if self._signal is None:
            self._signal = number
            end = threading.Timer(self._last_word, self._process.kill)
            end.daemon = True
            end.start()
