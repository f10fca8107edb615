from __future__ import annotations

import re
import socket
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil
import pytest

from bench.proxy import Proxy
from bench.trial import Trial, until
from bench.wire_faults import Fault, Manner
from datasync_crawler.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.forked import Forks
    from bench.trial import Running

pytestmark = pytest.mark.slow

TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
EVERYTHING = ("-s", "LOG_LEVEL=DEBUG")
TOKEN = re.compile(rb"(?i)\r\nx-stream-token: ([0-9a-f]{64})\r\n")
SHOWN = ("", "health", "metrics", "events")


class Onlookers:
    """What other users of the machine can see of a run, and what its page shows."""

    def __init__(self, key: str, port: int) -> None:
        self._key, self._port = key, port
        self._looks = 0
        self.pages = ""
        self.listening: set[str] = set()

    def watch(self, running: Running) -> None:
        """Looks on until a command ends, which must end well."""
        assert not until(lambda: self._look(running.pid), running)
        assert running.end(5).code == 0, running.err.read_text()[-2000:]

    def _look(self, pid: int) -> bool:
        self._looks += 1
        if self._looks % 10 == 0:
            self._listen(pid)
        if self._looks % 10 == 5 and len(self.pages) < 50_000:
            self.pages += "".join(map(self._page, SHOWN))
        return self._key in "".join(map(_command_line, Path("/proc").glob("[0-9]*/cmdline")))

    def _listen(self, pid: int) -> None:
        with suppress(psutil.Error):
            for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
                told = process.net_connections("inet")
                self.listening |= {one.laddr.ip for one in told if one.status == psutil.CONN_LISTEN}

    def _page(self, name: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/{name}", timeout=0.2) as answer:
                return str(answer.read(10_000 if name != "events" else 400))
        except OSError:
            return ""


def _command_line(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def forms(secret: str) -> Iterator[str]:
    """How it may be written: the database shows bytes in hexadecimal."""
    yield from (secret, quote(secret, safe=""), secret.encode().hex())


def test_the_key_and_the_tokens_are_nowhere_but_on_the_wire(postgres_url: str, tmp_path: Path) -> None:
    """Not in the chattiest output, the state, a queue on disk, a command line, the database or the page."""
    queue = ("-s", f"JOBDIR={tmp_path / 'jobdir'}")
    port = free_port()
    # The address of the next page repeats the key of a call that had it in its query.
    shown = {"next_form": "url", "cursor_at": "links.next"}
    world = {"faults": "moderate", "page_cap": 100, "feed_cap": 100}
    with Simulator(2_000, speed=50, **world, **shown) as service, Proxy(service.url, lambda _: Fault.NONE) as wire:
        seen = {"API_BASE_URL": f"{wire.url}/api/v1", "WEB_PORT": str(port)}
        trial = Trial(service, tmp_path, postgres_url, seen)
        onlookers = Onlookers(service.key, port)
        for command in [("crawl", "discover"), ("crawl", "events", *queue), ("submit",), ("verify",)]:
            onlookers.watch(trial.start(*command, *EVERYTHING))
        assert service.score()["submissions"][0]["exact"]
        tokens = {token.decode() for head in wire.heads for token in TOKEN.findall(head)}
        assert any(service.key.encode() in head for head in wire.heads)
    assert tokens

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"profile.json", "openapi.json", "lock"} <= {path.name for path in files}
    stored = [str(row) for (table,) in trial.rows(TABLES) for row in trial.rows(f"SELECT t::text FROM {table} AS t")]
    assert len(stored) > 2_000
    assert "<html" in onlookers.pages
    everywhere = {str(path): path.read_text("latin-1") for path in files}
    everywhere |= {"the database": "\n".join(stored), "the page": onlookers.pages}
    for secret in {service.key, service.key.removeprefix("ds_"), *tokens}:
        for form in forms(secret):
            assert [place for place, text in everywhere.items() if form in text] == []
    assert [path for path in (tmp_path / "state").rglob("*") if path.stat().st_mode & 0o077] == []
    assert onlookers.listening <= {"127.0.0.1", "::1"}


def test_the_key_goes_to_no_other_origin_whatever_the_answers_say(
    postgres_url: str, tmp_path: Path, forks: Forks
) -> None:
    """Once the service is known it sends the page and every keyed call to another origin, where all would work."""
    sent_away: list[bytes] = []

    def away(head: bytes) -> Fault:
        return Fault.ELSEWHERE if any(word in head for word in sent_away) else Fault.NONE

    with (
        Simulator(1_000, speed=50, page_cap=100, feed_cap=100) as service,
        Proxy(service.url, lambda _: Fault.NONE) as other,
        Proxy(service.url, away, Manner(elsewhere=f"{other.url}/api/v1/events")) as wire,
    ):
        seen = {"API_BASE_URL": f"{wire.url}/api/v1", "GIVE_UP_AFTER": "0.05", "WEB_PORT": "off"}
        trial = Trial(service, tmp_path, postgres_url, seen, forks)
        trial.must("crawl", "discover")
        sent_away += [service.key.encode(), b"GET / ", b"POST "]
        codes = [trial.run("crawl", *words).code for words in (("events",), ("discover", "--fresh"))]
        assert wire.made[Fault.ELSEWHERE] >= 5
        tokens = [token for head in wire.heads for token in TOKEN.findall(head)]
    assert 0 not in codes
    assert [head for head in other.heads if any(word in head for word in (service.key.encode(), *tokens))] == []
