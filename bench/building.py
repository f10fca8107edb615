"""Building an image without Docker: the instructions of a Dockerfile, done in copies of a bare root."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.figures import Figures

ROOT = Path(__file__).parents[1]
_MIRRORS = re.compile(r"(?i)PIP_(INDEX|EXTRA_INDEX)_URL|.*_proxy")
"""What leads the installers of this machine to their mirrors."""

_TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
_TRUSTED_INSIDE = "/run/certificates"


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# As docker-compose.yml has it: nothing can be written but the state and what is gone with the container.
_SEAL = """
mount --rbind $root $root
mount --bind $root/app/state $root/app/state
for gone in /tmp /home/crawler; do mount -t tmpfs -o noexec,nosuid,nodev,mode=1777 tmpfs $root$gone; done
mount -o remount,bind,ro $root;
"""


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction of the Dockerfile: its word, and what follows it."""

    word: str
    rest: str

    @property
    def arguments(self) -> list[str]:
        """The rest as the list that the JSON form of an instruction is."""
        found: list[str] = json.loads(self.rest[self.rest.index("[") :])
        return found


@dataclass(frozen=True, slots=True)
class Image:
    """A root folder and what is said of the processes in it; ``sealed`` when its files must not change."""

    root: Path
    user: str = "0:0"
    folder: str = "/"
    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    sealed: bool = False

    def start(self, command: Sequence[str], **changes: str) -> subprocess.Popen[str]:
        """A process in the root, as Docker would start it; its words go to a pipe."""
        # A process table of its own, which is gone with its first process, and so is everything started in it.
        bare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root}/proc"]
        sealed = ["sh", "-euc", f'root={self.root}; {_SEAL if self.sealed else ""} exec "$@"', "sh"]
        inside = [
            "chroot",
            f"--userspec={self.user}",
            str(self.root),
            "sh",
            "-c",
            f'cd {self.folder} && exec "$@"',
            "sh",
        ]
        return subprocess.Popen(
            [*bare, *sealed, *inside, *command],
            env={"PATH": _PATH, **self.environment, **changes},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: Sequence[str], patience: float = 900, **changes: str) -> tuple[int, str]:
        """The exit code and the words of a command that is run to its end."""
        running = self.start(command, **changes)
        try:
            told, _ = running.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            told, _ = running.communicate()
        return running.returncode, told


def steps_of(text: str) -> list[Step]:
    """The instructions of a Dockerfile in their order."""
    bare = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    return [Step(*line.split(maxsplit=1)) for line in bare.splitlines() if line.strip()]


def let_in(told: str) -> list[Path]:
    """The files of the project that ``.dockerignore`` lets into a build, as its lines are used here."""
    names = [line[1:] for line in told.split() if line.startswith("!")]
    kept_out = [line.removeprefix("**/") for line in told.split() if line.startswith("**/")]
    files = (file for name in names for file in [ROOT / name, *(ROOT / name).rglob("*")] if file.is_file())
    return [file for file in files if not any(fnmatch.fnmatch(p, k) for p in file.parts for k in kept_out)]


@dataclass(slots=True)
class Builder:
    """Builds the stages of a Dockerfile one after the other; ``failed`` when a RUN failed."""

    base: Path
    work: Path
    figures: Figures
    stages: dict[str, Image] = field(default_factory=dict)

    def build(self, steps: Sequence[Step]) -> Image:
        """The last stage; SystemExit with the words of the step that failed."""
        image = Image(self.base)
        for step in steps:
            image = self._begin(step.rest.split()) if step.word == "FROM" else self._take(image, step)
            for name in [name for name, stage in self.stages.items() if stage.root == image.root]:
                self.stages[name] = image
        return image

    def _begin(self, words: list[str]) -> Image:
        known = self.stages.get(words[0], Image(self.base))
        root = self.work / f"stage-{len(self.stages)}"
        subprocess.run(["cp", "-a", str(known.root), str(root)], check=True)
        image = replace(known, root=root)
        self.stages[words[2] if len(words) > 2 else "last"] = image
        return image

    def _take(self, image: Image, step: Step) -> Image:
        if step.word == "RUN":
            self._run(image, step.rest)
        if step.word == "COPY":
            self._copy(image, step.rest.split())
        if step.word == "WORKDIR":
            (image.root / step.rest.strip("/")).mkdir(parents=True, exist_ok=True)
        told = dict(re.findall(r"(\w+)=(\S*)", step.rest)) if step.word in {"ENV", "ARG"} else {}
        changes: dict[str, dict[str, object]] = {
            "USER": {"user": step.rest},
            "WORKDIR": {"folder": step.rest},
            "ENV": {"environment": {**image.environment, **told}},
            "ARG": {"environment": {**image.environment, **told}},
            "CMD": {"command": tuple(step.arguments) if step.word == "CMD" else ()},
            "HEALTHCHECK": {"health": tuple(step.arguments) if step.word == "HEALTHCHECK" else ()},
        }
        return replace(image, **changes.get(step.word, {}))  # type: ignore[arg-type]

    def _run(self, image: Image, command: str) -> None:
        begun = time.monotonic()
        led = {name: value for name, value in os.environ.items() if _MIRRORS.fullmatch(name)}
        code, told = image.run(["/bin/sh", "-c", command], PIP_CERT=_TRUSTED_INSIDE, **led)
        self.figures.tell(f"RUN {command.strip()[:40]}", time.monotonic() - begun, "s")
        if code != 0:
            sys.exit(f"RUN {command}\n{told}\nended with {code}")

    def _copy(self, image: Image, words: list[str]) -> None:
        stage = next((word.removeprefix("--from=") for word in words if word.startswith("--from=")), None)
        *sources, target = [word for word in words if not word.startswith("--")]
        place = image.root / image.folder.strip("/") / target
        if stage is not None:
            for source in sources:
                subprocess.run(["cp", "-a", f"{self.stages[stage].root}{source}", str(place)], check=True)
            return
        for file in let_in((ROOT / ".dockerignore").read_text()):
            name = file.relative_to(ROOT)
            if "." in sources or str(name) in sources:
                aim = place / name if "." in sources or target.endswith("/") else place
                aim.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, aim)


def lead_out(root: Path) -> None:
    """Gives a root what names and certificates are looked up with on this machine."""
    for file, inside in (("/etc/resolv.conf",) * 2, ("/etc/hosts",) * 2, (_TRUSTED, _TRUSTED_INSIDE)):
        with suppress(FileNotFoundError):
            shutil.copy(file, root / inside.strip("/"))
