from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.proxy import Proxy, in_turn
from bench.trial import Trial
from bench.wire_faults import Fault, Manner
from datasync_crawler.simulator import Simulator

if TYPE_CHECKING:
    from pathlib import Path

    from bench.forked import Forks

pytestmark = pytest.mark.slow


def test_all_that_a_network_does_leaves_the_set_exact(postgres_url: str, tmp_path: Path, forks: Forks) -> None:
    """Every fault that there is, several times, while a set is drained."""
    faults = set(Fault) - {Fault.NONE}
    dealt = in_turn(5, faults, spared=4)
    begun = False

    def deal(head: bytes) -> Fault:
        return dealt(head) if begun and head.startswith(b"GET /api") else Fault.NONE

    with (
        Simulator(8_000, speed=50, page_cap=100, feed_cap=100) as service,
        Proxy(service.url, lambda _: Fault.NONE) as other,
        Proxy(service.url, deal, Manner(held=0.5, elsewhere=other.url)) as wire,
    ):
        seen = {"API_BASE_URL": f"{wire.url}/api/v1", "WEB_PORT": "off"}
        trial = Trial(service, tmp_path, postgres_url, seen, forks)
        trial.must("crawl", "discover")
        begun = True
        ended = trial.must("crawl", "events", seconds=150)
        begun = False
        trial.must("submit")
        assert ended.out.splitlines()[-1] == "complete: 8000 events"
        assert set(wire.made) >= faults
        assert {str(one) for (one,) in trial.rows("SELECT id FROM ingested_events")} == service.truth()
        score = service.score()
    (judged,) = score["submissions"]
    assert (judged["count"], judged["missing"], judged["unknown"], judged["double"]) == (8_000, 0, 0, 0)
    assert score["pools"]["refused"].keys() <= {"feed"}
    assert other.heads == []


def test_a_host_that_nobody_knows_is_told_in_one_line(
    service: Simulator, postgres_url: str, tmp_path: Path, forks: Forks
) -> None:
    nowhere = {"API_BASE_URL": "http://nowhere.invalid/api/v1", "WEB_PORT": "off"}
    ended = Trial(service, tmp_path, postgres_url, nowhere, forks).run("crawl", "discover")
    assert ended.code == 2
    said = [line for line in ended.err.splitlines() if line.startswith("scrapy")]
    assert said == [
        "scrapy crawl: nothing answers at http://nowhere.invalid/api/v1: check API_BASE_URL and the network"
    ]
    assert "Traceback" not in ended.err
