"""One crawler against one simulator: our commands, run as a user runs them, on a state and a database of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bench.forked import Forked, Forks
    from datasync_crawler.simulator import Simulator

ROOT = Path(__file__).resolve().parents[1]
SCRAPY = (sys.executable, "-m", "scrapy")
REPOSITORY = "https://example.org/someone/work"
_LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a command; ``code`` is negative for the signal that ended it."""

    code: int
    out: str
    err: str
    seconds: float


class Running:
    """A command under way, in a group of its own as in a terminal.

    Its output goes to files, so that whatever it starts can never block who waits for it.
    """

    def __init__(self, words: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> None:
        name = f"{time.monotonic_ns()}"
        self.out, self.err = folder / f"{name}.out", folder / f"{name}.err"
        self._begun = time.monotonic()
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self._process = subprocess.Popen(
                words,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                process_group=0,
            )

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> Self:
        """Sends it a signal."""
        self._process.send_signal(number)
        return self

    def interrupt(self) -> Self:
        """Sends it and its group what Ctrl-C in a terminal sends."""
        os.killpg(self.pid, signal.SIGINT)
        return self

    def end(self, seconds: float) -> Ended:
        """Waits for its end; kills it and raises TimeoutExpired when that takes longer than so many seconds."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        took = time.monotonic() - self._begun
        return Ended(code, self.out.read_text(errors="replace"), self.err.read_text(errors="replace"), took)


@dataclass(frozen=True, slots=True)
class Trial:
    """Leads commands to a simulator; ``database`` empty is the embedded PostgreSQL, ``settings`` beat all others.

    ``folder`` holds the state and every command's output. With ``forks`` commands that are run to their end are spared
    their start-up.
    """

    simulator: Simulator
    folder: Path
    database: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    forks: Forks | None = None

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.folder / "state"

    @property
    def environment(self) -> dict[str, str]:
        """What a command sees."""
        chosen = {
            "TARGET_API_KEY": self.simulator.key,
            "API_BASE_URL": f"{self.simulator.url}/api/v1",
            "DATABASE_URL": self.database,
            "STATE_DIR": str(self.state),
            "GITHUB_REPO": REPOSITORY,
            "DATASYNC_NO_DOTENV": "1",
            # Crawls side by side each have a page of their own.
            "WEB_PORT": "0",
        }
        return {**os.environ, **chosen, **self.settings}

    def start(self, *words: str) -> Running:
        """Starts ``scrapy`` with these arguments."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return Running((*SCRAPY, *words), self.environment, self.folder)

    def run(self, *words: str, seconds: float = 60.0) -> Ended:
        """Runs ``scrapy`` with these arguments to its end."""
        return (self.start(*words) if self.forks is None else self.forked(*words)).end(seconds)

    def forked(self, *words: str) -> Forked:
        """Starts ``scrapy`` with these arguments, spared its start-up; a trial without forks cannot."""
        assert self.forks is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.forks.start(words, self.environment, self.folder)

    def must(self, *words: str, seconds: float = 60.0) -> Ended:
        """The same; an exit code other than 0 is a SystemExit with the last words of the command."""
        ended = self.run(*words, seconds=seconds)
        if ended.code != 0:
            raise SystemExit(f"scrapy {' '.join(words)} ended with {ended.code}:\n{ended.err[-2000:]}")
        return ended

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer of the database, which must be one that was given."""
        with closing(psycopg2.connect(self.database)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def number(self, query: str) -> int:
        """The one number that a query asks for."""
        return int(self.rows(query)[0][0] or 0)


def until(holds: Callable[[], bool], running: Running, seconds: float = 60.0) -> bool:
    """Waits until something holds; False when the command ended, or the time was over, before it did."""
    last = time.monotonic() + seconds
    while running.alive and time.monotonic() < last:
        if holds():
            return True
        time.sleep(_LOOK_EVERY)
    return False


@contextmanager
def embedded_database(folder: Path) -> Iterator[str]:
    """The address of an embedded PostgreSQL whose data is deleted at the end."""
    from datasync_crawler.adapters.embedded import EmbeddedPostgres  # noqa: PLC0415 - only who needs it pays for that

    postgres = EmbeddedPostgres(folder / "postgres")
    try:
        with postgres:
            yield postgres.url
    finally:
        postgres.remove()
