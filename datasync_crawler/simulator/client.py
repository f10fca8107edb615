"""The simulator as a context manager: a process of its own, for as long as a test needs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_ROOT = Path(__file__).resolve().parents[2]
_LINE = re.compile(r"simulator: (?P<url>\S+) key=(?P<key>\S+) score=(?P<score>\S+) api=(?P<api>\S+)")
_LAST_WORD = 5.0
"""Seconds a process has to end after it was asked to."""


class SimulatorFailed(RuntimeError):
    """Raised when the process ended without saying where it can be called."""


class Simulator:
    """Starts ``python -m datasync_crawler.simulator`` and stops it again.

    ``world`` is a world's name or file, ``switches`` are those of ``World`` and its parts; what is not given is the
    world's own, and without a world 20,000 events of seed 1 at speed 100 without faults. ``url``, ``key``,
    ``api_url`` and ``score_url`` are set inside the ``with`` block. The process also ends when this one does.
    """

    def __init__(
        self,
        events: int | None = None,
        seed: int | None = None,
        speed: float | None = None,
        faults: str | None = None,
        *,
        world: str = "",
        key: str = "",
        port: int = 0,
        **switches: object,
    ) -> None:
        self.url = ""
        self.api_url = ""
        self.key = key
        self.score_url = ""
        self._process: subprocess.Popen[str] | None = None
        usual: dict[str, object] = {} if world else {"events": 20_000, "speed": 100.0}
        given = {"world": world or None, "events": events, "seed": seed, "speed": speed, "faults": faults}
        chosen = usual | {name: value for name, value in given.items() if value is not None}
        self._arguments = [f"--{name}={value}" for name, value in chosen.items()]
        self._arguments += [f"--port={port}", "--with-parent"]
        self._arguments += [f"--key={key}"] if key else []
        self._arguments += [f"--set={name}={value}" for name, value in switches.items()]

    def __enter__(self) -> Self:
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(  # noqa: S603 - our own module, our own arguments
            [sys.executable, "-m", "datasync_crawler.simulator", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path},
        )
        said = _LINE.match(self._process.stdout.readline() if self._process.stdout else "")
        if said is None:
            self._stop()
            raise SimulatorFailed(f"the simulator did not start with {self._arguments}")
        self.url, self.key, self.score_url, self.api_url = said["url"], said["key"], said["score"], said["api"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def pid(self) -> int:
        """The process id of the running simulator."""
        if self._process is None:
            raise SimulatorFailed("the simulator is not running")
        return self._process.pid

    def score(self) -> Any:
        """The score so far, as ``Score.report`` describes it."""
        return json.loads(self._ask("/"))

    def truth(self) -> set[str]:
        """The ids of all events."""
        return set(self._ask("/truth").decode().split())

    def reset(self) -> None:
        """Let the service forget every caller: clocks, budgets, tokens, submissions, score."""
        self._ask("/reset", method="POST")

    def _ask(self, path: str, method: str = "GET") -> bytes:
        request = urllib.request.Request(self.score_url + path, method=method)  # noqa: S310 - an http URL of ours
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - the same
            body: bytes = response.read()
        return body

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_LAST_WORD)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
