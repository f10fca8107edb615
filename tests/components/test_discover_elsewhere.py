"""Discovery against a service that shares no name with the one this project was first built for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.domain.profile import Credential, Profile, read_profile
from tests.components.harbour import KEY, MOST, TICKET, Harbour

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


class Found:
    """A finished discovery: what it printed, what it left."""

    def __init__(self, harbour: Harbour, state: Path, database: str, key: str = KEY) -> None:
        self.state = state
        self.database = database
        chosen = {
            "API_BASE_URL": f"{harbour.url}/v3",
            "TARGET_API_KEY": key,
            "STATE_DIR": str(state),
            "DATABASE_URL": database,
            # No browser: what the page's script says must do.
            "PATH": str(state / "nothing-here"),
            "PLAYWRIGHT_BROWSERS_PATH": str(state / "nothing-here"),
            "BROWSER_PATH": "",
        }
        self.run = subprocess.run(
            [sys.executable, "-m", "scrapy", "crawl", "discover"],
            cwd=ROOT,
            env=os.environ | chosen,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def profile(self) -> Profile:
        return read_profile((self.state / "profile.json").read_bytes())


@pytest.fixture
def harbour() -> Iterator[Harbour]:
    with Harbour() as service:
        yield service


@pytest.mark.slow
def test_a_service_of_other_names_is_found_out(harbour: Harbour, tmp_path: Path, postgres_url: str) -> None:
    found = Found(harbour, tmp_path / "state", postgres_url)
    assert found.run.returncode == 0, found.run.stderr
    entries, replay = found.profile.endpoints
    assert (entries.shape.rows, entries.shape.id, entries.shape.time) == (("result", "items"), "entry_no", "recorded")
    assert (entries.cap, entries.limit_param, entries.cursor_param) == (MOST, "page_size", "page_token")
    assert entries.cursor is not None
    assert replay.cursor is not None
    assert replay.grant is not None
    assert replay.grant.header == "X-Replay-Ticket"
    assert found.profile.lanes[0].credential == Credential("header", "Authorization", "Token ")
    assert found.profile.totals[0] == ("entries", len(harbour.entries))
    assert sum(harbour.calls.values()) <= 12
    assert harbour.statuses[429] == 0
    assert any("browser" in warning for warning in found.profile.warnings)

    written = found.run.stdout + found.run.stderr + (found.state / "profile.json").read_text()
    assert KEY not in written
    assert TICKET not in written
    assert (found.state / "profile.json").stat().st_mode & 0o777 == 0o600
    with Ledger(postgres_url) as ledger:
        newest = {str(row["entry_no"]) for row in harbour.entries[: MOST * 2 - 1]}
        assert set(ledger.ids()) == newest
        assert [shard.done for shard in ledger.shards()] == [True, False]
        assert ledger.profile() == found.profile.to_json()


@pytest.mark.slow
def test_a_profile_is_used_again_without_a_call(harbour: Harbour, tmp_path: Path, postgres_url: str) -> None:
    first = Found(harbour, tmp_path / "state", postgres_url)
    calls = sum(harbour.calls.values())
    again = Found(harbour, tmp_path / "other", postgres_url)
    assert again.run.returncode == 0, again.run.stderr
    assert again.run.stdout == first.run.stdout
    assert sum(harbour.calls.values()) == calls
    assert again.profile == first.profile


@pytest.mark.slow
def test_a_refused_key_ends_with_one_line_and_leaves_nothing(
    harbour: Harbour, tmp_path: Path, postgres_url: str
) -> None:
    found = Found(harbour, tmp_path / "state", postgres_url, key="harbour-00000000000000000000")
    assert found.run.returncode == 2
    (line,) = [line for line in found.run.stderr.splitlines() if "refused the key" in line]
    assert "TARGET_API_KEY" in line
    assert not (found.state / "profile.json").exists()
    with Ledger(postgres_url) as ledger:
        assert ledger.shards() == []
