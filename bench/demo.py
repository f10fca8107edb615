"""How long the demo takes once its set-up is done: three million events, drained, proven and submitted.

Run from the project's folder: ``python -m bench.demo``. Exits 1 when it takes too long or its last lines are not those
of a success.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figures
from bench.trial import Running, until

MOST_SECONDS = 240.0
_LONGEST_SET_UP = 600.0
_PATIENCE = 900.0
SET_UP = "set-up done"
LAST_LINES = (
    "the simulator's count: 0 missing, 0 unknown, 0 double",
    "ingestion complete: 3000000 events",
)


def main() -> int:
    """Runs the demo on a state of its own, shows what it says and prints the figures."""
    figures = Figures()
    figures.load()
    with tempfile.TemporaryDirectory(prefix="datasync-bench-") as folder:
        environment = {**os.environ, "STATE_DIR": f"{folder}/state", "DATASYNC_NO_DOTENV": "1"}
        demo = Running(("sh", "run-ingestion.sh", "--demo"), environment, Path(folder))
        if not until(lambda: SET_UP in demo.out.read_text().splitlines(), demo, _LONGEST_SET_UP):
            demo.send(signal.SIGTERM)
        begun = time.monotonic()
        ended = demo.end(_PATIENCE)
        seconds = time.monotonic() - begun
    print(ended.out)
    if ended.code != 0:
        print(ended.err[-2000:], file=sys.stderr)
    figures.most("exit code", abs(ended.code), 0)
    differ = [line for line in LAST_LINES if line not in ended.out.splitlines()[-len(LAST_LINES) :]]
    figures.most("last lines that are missing", len(differ), 0)
    figures.most("set-up done to the end", seconds, MOST_SECONDS, "s")
    figures.load()
    return figures.code


if __name__ == "__main__":
    sys.exit(main())
