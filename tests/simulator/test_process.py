"""The simulator as a process: what only a socket can show."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from datasync_crawler.simulator import Simulator
from datasync_crawler.simulator.client import SimulatorFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

START = [sys.executable, "-m", "datasync_crawler.simulator", "--events", "100"]


@pytest.fixture(scope="module")
def shared() -> Iterator[Simulator]:
    with Simulator(events=12_000, speed=100, events_latency=0, feed_latency=0, feed_rows_per_second=0) as running:
        yield running


@pytest.fixture
def simulator(shared: Simulator) -> Simulator:
    shared.reset()
    return shared


@contextmanager
def connected(simulator: Simulator) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def ask(
    simulator: Simulator, target: str, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    with connected(simulator) as connection:
        sent = {"X-API-Key": simulator.key, "User-Agent": "Mozilla/5.0"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        connection.request(method, target, body, sent)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def feed(simulator: Simulator, query: str) -> dict[str, Any]:
    _, _, body = ask(simulator, "/internal/dashboard/stream-access", "POST")
    access = json.loads(body)["streamAccess"]
    _, _, body = ask(simulator, f"{access['endpoint']}?{query}", **{access["tokenHeader"]: access["token"]})
    page: dict[str, Any] = json.loads(body)
    return page


def test_a_whole_drain_is_served_and_submitted_exactly(simulator: Simulator) -> None:
    ids: list[str] = []
    query = "limit=5000"
    while query:
        page = feed(simulator, query)
        ids += [row["id"] for row in page["data"]]
        following = page["pagination"]["nextCursor"]
        query = f"limit=5000&cursor={following}" if following else ""
    assert set(ids) == simulator.truth()
    status, _, body = ask(
        simulator,
        "/api/v1/submissions?github_repo=https://git.example/a/b",
        "POST",
        "\n".join(ids).encode(),
        Content_Type="text/plain",
    )
    assert (status, json.loads(body)["data"]["eventCount"]) == (200, 12_000)
    score = simulator.score()
    assert score["rows"] == {"twice": 0, "never": 0}
    assert score["pages"] == {"served": 3, "again": 0}
    verdict = score["submissions"][0]
    assert (verdict["exact"], verdict["missing"], verdict["unknown"], verdict["double"]) == (True, 0, 0, 0)
    assert verdict["after"] >= score["first_keyed_call"]["after"]
    assert score["calls"] == {
        "total": 7,
        "keyed": 7,
        "by_route": {"stream-access": 3, "feed": 3, "submit": 1},
    }


def test_the_json_form_is_judged_too(simulator: Simulator) -> None:
    body = json.dumps({"ids": "a\nb\na", "githubRepoUrl": "x"}).encode()
    assert ask(simulator, "/api/v1/submissions", "POST", body, Content_Type="application/json")[0] == 200
    verdict = simulator.score()["submissions"][0]
    assert (verdict["form"], verdict["unknown"], verdict["double"], verdict["missing"]) == ("json", 2, 1, 12_000)


def test_headers_on_the_wire_are_the_services_own(simulator: Simulator) -> None:
    _, headers, _ = ask(simulator, "/api/v1/events?limit=3")
    assert [name for name in headers if not name.startswith("X-")] == [
        "Date",
        "Content-Type",
        "Content-Length",
        "Connection",
        "Access-Control-Allow-Origin",
        "ETag",
    ]
    assert ask(simulator, "/")[1]["Server"] == "nginx/1.29.4"
    assert ask(simulator, "/api/v1/events", "OPTIONS")[1]["Server"] == "awselb/2.0"


def test_head_has_the_length_and_no_body(simulator: Simulator) -> None:
    status, headers, body = ask(simulator, "/api/v1/events", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 30_000


def test_a_refusal_is_scored_by_its_pool(simulator: Simulator) -> None:
    statuses = [ask(simulator, "/api/v1/events/none")[0] for _ in range(12)]
    score = simulator.score()
    assert (statuses.count(429), score["pools"]["refused"]) == (2, {"header": 2})
    assert score["pools"]["calls"] == {"header": 12}


def test_pages_served_again_and_rows_served_twice_are_scored(simulator: Simulator) -> None:
    for query in ("limit=100", "limit=100", "limit=50"):
        ask(simulator, f"/api/v1/events?{query}")
    score = simulator.score()
    assert score["pages"] == {"served": 3, "again": 1}
    assert score["rows"] == {"twice": 100, "never": 11_900}
    assert score["cache_hits"] == 1


def test_a_reset_makes_a_service_that_has_seen_nobody(simulator: Simulator) -> None:
    ask(simulator, "/api/v1/events")
    simulator.reset()
    assert simulator.score()["first_keyed_call"] is None
    assert ask(simulator, "/api/v1/events")[1]["X-RateLimit-Remaining"] == "9"


def test_a_reset_connection_is_seen_as_one() -> None:
    with Simulator(events=2_000, latency=False, limits=False, fault_reset=1.0) as simulator:
        for n in range(6):
            with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
                ask(simulator, f"/api/v1/events?limit={2_000 - n}")
        assert simulator.score()["faults"] == {"reset": 6}


def test_a_lost_submission_was_taken_all_the_same() -> None:
    with Simulator(events=10, submission_fault="lost") as simulator:
        with pytest.raises(ConnectionResetError):
            ask(simulator, "/api/v1/submissions?github_repo=x", "POST", b"a\nb", Content_Type="text/plain")
        assert simulator.score()["submissions"][0]["count"] == 2
        assert json.loads(ask(simulator, "/api/v1/submissions")[2])["data"]["remainingSubmissions"] == 4


def test_latency_holds_events_and_feed_pages_share_a_rate() -> None:
    with Simulator(events=2_000, speed=10, events_latency=1, feed_latency=1, feed_rows_per_second=1_000) as simulator:
        begun = time.perf_counter()
        ask(simulator, "/api/v1/events?limit=1")
        assert 0.1 <= time.perf_counter() - begun < 0.9
        begun = time.perf_counter()
        with ThreadPoolExecutor(4) as clients:
            list(clients.map(lambda _: feed(simulator, "limit=1000"), range(4)))
        # 4,000 rows at 10,000 a second.
        assert 0.4 <= time.perf_counter() - begun < 2


def test_a_drip_is_slow_and_whole() -> None:
    with Simulator(events=100, latency=False, fault_drip=1.0, drip_seconds=20, speed=100) as simulator:
        begun = time.perf_counter()
        _, _, body = ask(simulator, "/api/v1/events")
        assert len(json.loads(body)["data"]) == 100
        assert time.perf_counter() - begun >= 0.2


def test_a_world_may_compress_and_answer_304() -> None:
    with Simulator(events=100, latency=False, gzip=True, not_modified=True, dump_path="/all") as simulator:
        _, headers, body = ask(simulator, "/api/v1/events", Accept_Encoding="gzip")
        assert (headers["Content-Encoding"], body[:2]) == ("gzip", b"\x1f\x8b")
        _, first, _ = ask(simulator, "/api/v1/events?limit=2")
        assert ask(simulator, "/api/v1/events?limit=2", If_None_Match=first["ETag"])[0] == 304
        assert ask(simulator, "/api/v1/all")[0] == 200, "a stream has no ETag to match"


def test_a_small_world_with_several_keys_starts_and_ends_by_itself() -> None:
    process = subprocess.Popen(
        [*START, "--key", "ds_a", "--key", "ds_b", "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline().split()
    assert (line[0], line[2]) == ("simulator:", "key=ds_a")
    for key in ("ds_a", "ds_b"):
        connection = http.client.HTTPConnection(urlsplit(line[1]).netloc, timeout=10)
        connection.request("GET", "/api/v1/sessions", headers={"X-API-Key": key})
        assert connection.getresponse().headers["X-RateLimit-Remaining"] == "39"
        connection.close()
    process.communicate(timeout=5)
    assert process.returncode == 0


def test_it_ends_cleanly_when_told_to() -> None:
    process = subprocess.Popen(START, stdout=subprocess.PIPE, text=True, env=os.environ)
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=5)
    assert process.returncode == 0


@pytest.mark.parametrize(
    "wrong", [["--set", "nothing=1"], ["--set", "speed"], ["--speed", "0"], ["--faults", "odd"], ["--port", "99999"]]
)
def test_a_wrong_use_is_one_line_and_status_2(wrong: list[str]) -> None:
    run = subprocess.run([*START, *wrong], capture_output=True, text=True, timeout=10, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.splitlines()[-1].startswith("simulator: error: ")


def test_a_taken_port_is_one_line_and_status_2(simulator: Simulator) -> None:
    taken = str(urlsplit(simulator.url).port)
    run = subprocess.run([*START, "--port", taken], capture_output=True, text=True, timeout=10, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    (line,) = run.stderr.splitlines()
    assert taken in line
    assert line.endswith("address already in use: choose another --port")


def test_a_simulator_that_cannot_start_says_so() -> None:
    with pytest.raises(SimulatorFailed), Simulator(events=10, nothing=1):
        pass
