from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from bench.trial import Trial, until
from datasync_crawler.simulator import Simulator

if TYPE_CHECKING:
    from bench.trial import Running

pytestmark = pytest.mark.slow

TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
EVERYTHING = ("-s", "LOG_LEVEL=DEBUG")


def command_lines() -> str:
    """What any user of this machine can read of all processes."""
    return "".join(map(_command_line, Path("/proc").glob("[0-9]*/cmdline")))


def _command_line(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def watched(running: Running, key: str) -> None:
    """Waits for the end of a command and looks at every command line meanwhile."""
    assert not until(lambda: key in command_lines(), running)
    assert running.end(5).code == 0, running.err.read_text()[-2000:]


@pytest.mark.slow
def test_the_key_is_nowhere_but_on_the_wire(postgres_url: str, tmp_path: Path) -> None:
    """Not in the chattiest output, in the state, in a queue on disk, on a command line, in the database."""
    queue = ("-s", f"JOBDIR={tmp_path / 'jobdir'}")
    # The address of the next page repeats the key of a call that had it in its query.
    shown = {"next_form": "url", "cursor_at": "links.next"}
    with Simulator(2_000, speed=50, faults="moderate", page_cap=100, feed_cap=100, **shown) as service:
        trial = Trial(service, tmp_path, postgres_url)
        for command in [("crawl", "discover"), ("crawl", "events", *queue), ("submit",), ("verify",)]:
            watched(trial.start(*command, *EVERYTHING), service.key)
        assert service.score()["submissions"][0]["exact"]

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"profile.json", "lock"} <= {path.name for path in files}
    stored = [str(row) for (table,) in trial.rows(TABLES) for row in trial.rows(f"SELECT t::text FROM {table} AS t")]
    assert len(stored) > 2_000
    for secret in {service.key, quote(service.key, safe=""), service.key.removeprefix("ds_")}:
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
        assert [row for row in stored if secret in row] == []
