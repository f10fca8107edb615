"""The dashboard in a real browser with the key's stand-in: what it would call is seen, and nothing is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.adapters.browser import find_browser
from datasync_crawler.domain.profile import read_profile
from tests.components.harbour import KEY, Harbour

if TYPE_CHECKING:
    from datasync_crawler.domain.profile import Profile

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine"),
]


def _discover(harbour: Harbour, state: Path, database: str) -> Profile:
    chosen = {
        "API_BASE_URL": f"{harbour.url}/v3",
        "TARGET_API_KEY": KEY,
        "STATE_DIR": str(state),
        "DATABASE_URL": database,
    }
    command = [sys.executable, "-m", "scrapy", "crawl", "discover"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | chosen, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return read_profile((state / "profile.json").read_bytes())


def _captured(profile: Profile) -> set[str]:
    return {
        evidence.place for finding in profile.findings for evidence in finding.evidence if evidence.source == "capture"
    }


@pytest.mark.parametrize("form", [False, True], ids=["by-address", "by-form"])
def test_calls_behind_the_sign_in_and_behind_buttons_are_seen(form: bool, tmp_path: Path, postgres_url: str) -> None:
    with Harbour(form=form) as harbour:
        profile = _discover(harbour, tmp_path, postgres_url)
        assert harbour.strangers == [], "a call with the stand-in reached the service"
        assert sum(harbour.calls.values()) <= 12
    assert {"GET /v3/overview", "GET /v3/entries", "POST /v3/tickets/replay-access"} <= _captured(profile)
    ways = [finding for finding in profile.findings if finding.subject == "key"]
    assert (ways[0].value, ways[0].evidence[0].source) == ("header Authorization", "capture")
