"""The demo: the bundled simulator under a fixed port, key and seed, so that an interrupted one can go on."""

from __future__ import annotations

import secrets
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from datasync_crawler.adapters.embedded import EmbeddedPostgres
from datasync_crawler.adapters.saying import say
from datasync_crawler.adapters.state import write_atomically
from datasync_crawler.domain.errors import ConfigurationError, NotComplete
from datasync_crawler.simulator import Simulator
from datasync_crawler.simulator.client import SimulatorFailed

if TYPE_CHECKING:
    from types import TracebackType

# One seed for all demos: the simulator keeps what it rendered for it.
_SEED = 1
_REPOSITORY = "https://example.com/demo"


class _Stage(msgspec.Struct, frozen=True):
    """What an interrupted demo goes on with."""

    port: int
    key: str
    seed: int
    events: int
    speed: float


class Demo:
    """Runs the simulator while it is held; ``settings`` lead a run to it."""

    def __init__(self, folder: Path, events: int, speed: float) -> None:
        self._folder = folder
        self._stage = _known_stage(folder, events, speed) or _new_stage(folder, events, speed)
        stage = self._stage
        self._simulator = Simulator(stage.events, stage.seed, stage.speed, "light", key=stage.key, port=stage.port)

    def __enter__(self) -> Self:
        try:
            self._simulator.__enter__()
        except SimulatorFailed as error:
            raise ConfigurationError(
                f"the demo's simulator does not start: is port {self._stage.port} taken? "
                f"(delete {self._folder} to begin a new demo)"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._simulator.__exit__(kind, error, trace)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a run against the simulator."""
        return {
            "TARGET_API_KEY": self._stage.key,
            "API_BASE_URL": f"{self._simulator.url}/api/v1",
            "DASHBOARD_URL": f"{self._simulator.url}/",
            "DATABASE_URL": "",
            "STATE_DIR": str(self._folder),
            "AUTO_SUBMIT": "true",
            "GITHUB_REPO": _REPOSITORY,
        }

    def conclude(self, *, aside: bool = False) -> None:
        """Says how the simulator judges the submission and makes room for a new demo; NotComplete if not exact."""
        judged = self._simulator.score()["submissions"]
        if judged:
            last = judged[-1]
            counts = f"{last['missing']} missing, {last['unknown']} unknown, {last['double']} double"
            say(f"the simulator's count: {counts}", aside=aside)
            if last["missing"] or last["unknown"] or last["double"]:
                raise NotComplete("the simulator found the submission not exact")
        with suppress(FileNotFoundError):
            kept = (self._folder / "report.html").replace(self._folder.with_name("demo-report.html"))
            print(f"the report: {kept}", file=sys.stderr)
        EmbeddedPostgres(self._folder / "postgres").remove()
        shutil.rmtree(self._folder)


def _known_stage(folder: Path, events: int, speed: float) -> _Stage | None:
    try:
        stage = msgspec.json.decode((folder / "demo.json").read_bytes(), type=_Stage)
    except (OSError, msgspec.DecodeError):
        return None
    return stage if (stage.events, stage.speed) == (events, speed) else None


def _new_stage(folder: Path, events: int, speed: float) -> _Stage:
    if folder.exists():
        say("an interrupted demo of another size or speed is given up for a new one", aside=True)
        EmbeddedPostgres(folder / "postgres").remove()
        shutil.rmtree(folder)
    stage = _Stage(_free_port(), f"ds_{secrets.token_hex(16)}", _SEED, events, speed)
    write_atomically(folder / "demo.json", msgspec.json.encode(stage))
    return stage


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
