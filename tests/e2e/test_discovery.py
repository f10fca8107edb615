"""Discovery of the simulated service with a real browser, as a user runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from datasync_crawler.adapters.browser import find_browser
from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.domain.profile import Credential, Pool, read_profile
from datasync_crawler.simulator import Simulator

ROOT = Path(__file__).parents[2]
MOST_CALLS, MOST_SECONDS = 12, 15.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine"),
]


def _discover(sim: Simulator, state: Path, database: str) -> subprocess.CompletedProcess[str]:
    chosen = {
        "API_BASE_URL": f"{sim.url}/api/v1",
        "TARGET_API_KEY": sim.key,
        "STATE_DIR": str(state),
        "DATABASE_URL": database,
    }
    return subprocess.run(
        [sys.executable, "-m", "scrapy", "crawl", "discover"],
        cwd=ROOT,
        env=os.environ | chosen,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_default_service_is_found_out_within_twelve_calls_and_fifteen_seconds(
    tmp_path: Path, postgres_url: str
) -> None:
    with Simulator(events=20_000, seed=1, speed=1) as sim:
        done = _discover(sim, tmp_path, postgres_url)
        score = sim.score()
    assert done.returncode == 0, done.stderr
    assert score["calls"]["keyed"] <= MOST_CALLS
    assert score["refused"] == 0
    assert "429" not in score["statuses"]
    told = re.search(r"(\d+) keyed calls in ([\d.]+) s", done.stderr)
    assert told is not None
    assert int(told[1]) == score["calls"]["keyed"]
    assert float(told[2]) <= MOST_SECONDS
    described = (tmp_path / "openapi.json").read_text()
    assert sim.key not in done.stdout + done.stderr + (tmp_path / "profile.json").read_text() + described
    assert list(OpenAPIV31SpecValidator(json.loads(described)).iter_errors()) == []

    profile = read_profile((tmp_path / "profile.json").read_bytes())
    events, feed = profile.endpoints
    assert (events.cap, events.descending, feed.cap, feed.descending) == (5000, True, 5000, True)
    assert events.cursor is not None
    assert feed.cursor is not None
    assert feed.grant is not None
    assert feed.grant.life_seconds == 300
    assert [lane.credential for lane in profile.lanes] == [
        Credential("header", "X-API-Key"),
        Credential("query", "api_key"),
        Credential("header", "X-API-Key"),
    ]
    assert [(pool.limit, pool.window) for pool in profile.pools] == [(10, 60.0), (5, 60.0), (None, None)]
    assert profile.totals[0] == ("events", 20_000)
    captured = [f for f in profile.findings if any(evidence.source == "capture" for evidence in f.evidence)]
    assert captured, "the browser saw no call"
    with Ledger(postgres_url) as ledger:
        assert ledger.count() == 9_999


def test_another_world_is_found_out_as_it_is(tmp_path: Path, postgres_url: str) -> None:
    world = {
        "page_cap": 700,
        "feed_cap": 900,
        "feed_path": "/live/q1/rows",
        "token_header": "X-Live",
        "since_inclusive": False,
        "until_inclusive": True,
        "feed_announced": True,
        "query_shares_header": True,
        "cursor_signed": True,
        "stream_access_wants": "user-agent,origin,referer,cookie",
    }
    with Simulator(events=20_000, seed=2, speed=20, **world) as sim:
        done = _discover(sim, tmp_path, postgres_url)
        score = sim.score()
    assert done.returncode == 0, done.stderr
    assert score["refused"] == 0
    profile = read_profile((tmp_path / "profile.json").read_bytes())
    events, rows = profile.endpoints
    assert (events.cap, rows.cap, rows.name) == (700, 900, "rows")
    assert (events.cursor, rows.cursor) == (None, None)
    assert (rows.since_inclusive, rows.until_inclusive) == (False, True)
    assert rows.grant is not None
    assert rows.grant.header == "X-Live"
    assert [lane.pool for lane in profile.lanes] == ["events-header", "events-header", "rows-header"]
    assert profile.pool("rows-header") == Pool("rows-header", 200, 15.0, announced=True)
