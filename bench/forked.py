"""Commands without their start-up: each a process of its own, forked from one that has loaded everything already.

Drains of small worlds would else spend half of their processor time on imports. What runs is what a user runs.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bench.killpoints import KILLED_AT, arm
from bench.trial import ROOT, Ended

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOADED = (
    "scrapy.cmdline",
    "scrapy.commands.crawl",
    "scrapy.utils.project",
    "spidermon.contrib.scrapy.extensions",
    "aiohttp",
    "playwright.async_api",
    "scrapy_playwright.handler",
    "datasync_crawler.spiders.discover",
    "datasync_crawler.spiders.events",
    "datasync_crawler.pipelines",
    "datasync_crawler.adapters.handover",
)
_LOOK_EVERY = 0.01


class Forks:
    """The process that commands are forked from; a context manager."""

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.forked"], cwd=ROOT, stdin=subprocess.PIPE, text=True, process_group=0
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def start(self, words: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> Forked:
        """Starts ``scrapy`` with these arguments, its output in files of the folder."""
        place = folder / f"{time.monotonic_ns()}"
        order = {"words": ["scrapy", *words], "environment": dict(environment), "place": str(place)}
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        return Forked(place)


class Forked:
    """A command under way; its keeper leaves its id, its exit code and its output in files that begin alike."""

    def __init__(self, place: Path) -> None:
        self._place, self._begun = place, time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not self._place.with_suffix(".code").exists()

    @property
    def pid(self) -> int:
        """The id of its process, as soon as it has one."""
        while not (told := self._told(".pid")):
            time.sleep(_LOOK_EVERY)
        return int(told)

    @property
    def said(self) -> str:
        """What it has written to stderr so far."""
        return self._told(".err")

    def send(self, number: signal.Signals) -> Self:
        """Sends it a signal, unless it has ended."""
        if self.alive:
            os.kill(self.pid, number)
        return self

    def _told(self, suffix: str) -> str:
        path = self._place.with_suffix(suffix)
        return path.read_text(errors="replace") if path.exists() else ""

    def end(self, seconds: float) -> Ended:
        """Waits for its end; kills it and raises TimeoutExpired when that takes longer than so many seconds."""
        while self.alive:
            if time.monotonic() - self._begun > seconds:
                os.kill(self.pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired("scrapy", seconds)
            time.sleep(_LOOK_EVERY)
        took = time.monotonic() - self._begun
        return Ended(int(self._told(".code")), self._told(".out"), self._told(".err"), took)


def main() -> None:
    """Loads everything, then forks a command for every line of standard input."""
    for module in _LOADED:
        importlib.import_module(module)
    assert "datasync_crawler.settings" not in sys.modules, "settings are each command's own"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            _keep(json.loads(line))


def _keep(order: Mapping[str, Any]) -> None:
    """Forks the command and waits for it, in a process that nobody waits for."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    place = Path(order["place"])
    child = os.fork()
    if child == 0:
        _become(order, place)
    place.with_suffix(".pid").write_text(str(child))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    draft = place.with_suffix(".draft")
    draft.write_text(str(code))
    draft.rename(place.with_suffix(".code"))
    os._exit(0)


def _become(order: Mapping[str, Any], place: Path) -> None:
    """Turns this process into the command: its environment, its output, and no input."""
    os.environ.clear()
    os.environ.update(order["environment"])
    os.setpgid(0, 0)
    for number, target in ((0, os.devnull), (1, f"{place}.out"), (2, f"{place}.err")):
        opened = os.open(target, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = list(order["words"])
    code = 1
    try:
        if KILLED_AT in os.environ:
            arm(os.environ[KILLED_AT])
        importlib.import_module("scrapy.cmdline").execute()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as an interpreter does at the end of a program
        sys.excepthook(*sys.exc_info())
    finally:
        _end(code)


def _end(code: int) -> None:
    """Ends as an interpreter does: waits for threads, calls what was registered, and flushes."""
    threading._shutdown()  # noqa: SLF001 - what the interpreter itself calls
    atexit._run_exitfuncs()  # noqa: SLF001 - the same
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
