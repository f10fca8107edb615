"""Every step of the Dockerfile, done in a bare root: a machine without Docker can tell whether it would build.

Run as root from the project's folder: ``python -m bench.container_steps [--base FOLDER] [--keep FOLDER]``. The base is
made by debootstrap unless one is given. Stages are copies of it; instructions mean what they do to Docker, but that
there is no network of its own. Then, on files that cannot change, the image's command is run twice without a key,
which must end with 2 both times, the second time without trying; and the bundled simulator is drained in the image, as
the demo's containers do, while the image's health is asked. Exits 1 when a step fails.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.building import ROOT, Builder, Image, lead_out, steps_of
from bench.figures import Figures

_EVENTS = 20_000


def ends_with_a_wrong_setting(image: Image, figures: Figures) -> None:
    """Without a key the command ends with 2, and started again it ends so without trying."""
    for name, words in (("without a key", "TARGET_API_KEY is not set"), ("and again", "does not change")):
        code, told = image.run(image.command, 120)
        figures.most(f"CMD {name}: codes other than 2", int(code != 2), 0)
        figures.most(f"CMD {name}: its reason not told", int(words not in told), 0)
        print(told)
    (image.root / "app/state/container-ended").unlink(missing_ok=True)


def drains_the_simulator(image: Image, figures: Figures) -> None:
    """What the demo's containers do: the chain against the simulator, with everything in the image alone."""
    port = _free_port()
    live = _free_port()
    python = ".venv/bin/python"
    told = [f"--port={port}", "--key=ds_demo", "--speed=10", "--faults=light", f"--events={_EVENTS}"]
    simulator = image.start([python, "-m", "datasync_crawler.simulator", *told])
    assert simulator.stdout is not None
    try:
        figures.tell("the simulator", simulator.stdout.readline().split()[1])
        chosen = {
            "TARGET_API_KEY": "ds_demo",
            "API_BASE_URL": f"http://127.0.0.1:{port}/api/v1",
            "WEB_HOST": "127.0.0.1",
            "WEB_PORT": str(live),
            "AUTO_SUBMIT": "true",
            "GITHUB_REPO": "https://example.com/demo",
        }
        begun = time.monotonic()
        chain = image.start(image.command, **chosen)
        healths = set()
        while chain.poll() is None and time.monotonic() - begun < 300:
            healths.add(image.run(image.health, 30, **chosen))
            time.sleep(0.5)
        words, _ = chain.communicate(timeout=30)
        print(words)
        figures.most("exit code of the chain", chain.returncode, 0)
        figures.tell("the chain", time.monotonic() - begun, "s")
        figures.most("last lines that are not its result", int(f"complete: {_EVENTS} events" not in words), 0)
        figures.least("health told by the live page", sum("healthy" in told for _, told in healths), 1)
        figures.most("times it was not well", sum(code != 0 for code, _ in healths), 0)
        figures.most(
            "no browser, or none that renders", words.count("no browser") + words.count("could not render"), 0
        )
    finally:
        os.killpg(simulator.pid, signal.SIGTERM)
        simulator.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Builds, and tries what was built."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--base", type=Path, help="a root of debian:bookworm-slim's kind")
    words.add_argument("--keep", type=Path, help="where the stages stay afterwards")
    given = words.parse_args()
    figures = Figures()
    with TemporaryDirectory(prefix="datasync-image-") as folder:
        work = given.keep or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        base = given.base or work / "base"
        if given.base is None:
            subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(base)], check=True)
        lead_out(base)
        built = Builder(base, work, figures).build(steps_of((ROOT / "Dockerfile").read_text()))
        image = replace(built, sealed=True)
        ends_with_a_wrong_setting(image, figures)
        drains_the_simulator(image, figures)
    return figures.code


if __name__ == "__main__":
    sys.exit(main())
