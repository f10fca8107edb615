from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.trial import REPOSITORY, Trial
from tests.e2e.conftest import EVENTS

if TYPE_CHECKING:
    from pathlib import Path

    from datasync_crawler.simulator import Simulator

pytestmark = pytest.mark.slow


def test_one_command_leads_from_nothing_to_an_accepted_submission_and_a_second_to_no_call(
    service: Simulator, truth: set[str], postgres_url: str, tmp_path: Path
) -> None:
    service.reset()
    trial = Trial(service, tmp_path, postgres_url, {"AUTO_SUBMIT": "true", "ID_ONLY": "false"})
    ended = trial.run("ingest")
    assert ended.code == 0, ended.err[-2000:]
    assert ended.out.splitlines()[-1] == f"ingestion complete: {EVENTS} events"
    assert f"submission accepted: {EVENTS} events for {REPOSITORY}" in ended.out
    assert "[Spidermon] ---" not in ended.err
    assert "the live page: http://127.0.0.1:" in ended.err
    rows = trial.rows("SELECT id::text, payload->>'id', occurred_at IS NULL, type IS NULL FROM ingested_events")
    assert {row[0] for row in rows} == truth
    assert all(own == inner and not (timeless or typeless) for own, inner, timeless, typeless in rows)
    (judged,) = service.score()["submissions"]
    assert (judged["count"], judged["missing"], judged["unknown"], judged["double"]) == (EVENTS, 0, 0, 0)
    assert service.score()["pools"]["refused"].keys() <= {"feed"}
    assert sum(service.score()["faults"].values()) > 0
    report = (trial.state / "report.html").read_text()
    assert f"complete: {EVENTS:,} events, proven" in report
    assert f"for {REPOSITORY}" in report
    assert "12 of 12 passed" in report or "Monitor failed" in report

    calls = service.score()["calls"]["keyed"]
    again = trial.run("ingest")
    assert (again.code, again.out.splitlines()[-1]) == (0, f"ingestion complete: {EVENTS} events")
    assert service.score()["calls"]["keyed"] == calls

    spots = trial.must("verify", "--spot", "25").out.splitlines()[-1]
    assert spots == "spot check: 25 random rows of the service are all stored"
    assert calls < service.score()["calls"]["keyed"] <= calls + 5


def test_the_demo_needs_nothing_and_makes_room_for_the_next(service: Simulator, tmp_path: Path) -> None:
    service.reset()
    trial = Trial(service, tmp_path, settings={"TARGET_API_KEY": "", "API_BASE_URL": "", "GITHUB_REPO": ""})
    ended = trial.run("ingest", "--demo", "--events", "20000", "--speed", "100")
    assert ended.code == 0, ended.err[-2000:]
    assert ended.out.splitlines()[-2:] == [
        "the simulator's count: 0 missing, 0 unknown, 0 double",
        "ingestion complete: 20000 events",
    ]
    assert not (trial.state / "demo").exists()
    assert "complete: 20,000 events, proven" in (trial.state / "demo-report.html").read_text()
    assert service.score()["calls"]["total"] == 0
