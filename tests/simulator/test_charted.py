"""Worlds as processes: what only a socket or a shell can show."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from itertools import pairwise
from urllib.parse import urlencode, urlsplit

import brotli
import pytest

from datasync_crawler.simulator import Simulator
from datasync_crawler.simulator.charts import read_chart, shipped

COMMAND = [sys.executable, "-m", "datasync_crawler.simulator"]


def told(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=20, check=False)


def fetched(simulator: Simulator, target: str, headers: dict[str, str]) -> tuple[http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)
    try:
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        return answer.headers, answer.read()
    finally:
        connection.close()


def test_a_world_is_served_by_its_name_and_switches_go_before_it() -> None:
    with Simulator(world="elsewhere", events=2_500, latency=False) as simulator:
        assert simulator.api_url == f"{simulator.url}/platform/v3"
        assert b'"total":2500' in fetched(simulator, "/platform/v3/records", {"X-Access-Key": simulator.key})[1]
        assert len(simulator.truth()) == 2_500


def test_what_comes_at_once_comes_little_by_little_and_without_a_length() -> None:
    with Simulator(world="ndjson", events=4_000, speed=10, latency=True) as simulator:
        connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)
        connection.request("GET", "/api/v1/export", headers={"X-API-Key": simulator.key})
        answer = connection.getresponse()
        assert (answer.headers["Content-Length"], answer.headers["Transfer-Encoding"]) == (None, "chunked")
        lines, moments = 0, []
        while piece := answer.read1():
            lines, moments = lines + piece.count(b"\n"), [*moments, time.monotonic()]
        connection.close()
        assert lines == 4_000
        # 4,000 rows at 4,000 a second.
        assert moments[-1] - moments[0] > 0.5
        assert max(later - earlier for earlier, later in pairwise(moments)) < 0.9
        assert simulator.score()["rows"] == {"twice": 0, "never": 0}


def test_a_page_is_compressed_as_its_reader_likes() -> None:
    with Simulator(world="sparse", latency=False, limits=False) as simulator:

        def heard(accepted: str, limit: int) -> tuple[str | None, bytes]:
            headers = {"X-API-Key": simulator.key, "Accept-Encoding": accepted}
            answered, body = fetched(simulator, f"/api/v1/events?limit={limit}", headers)
            return answered["Content-Encoding"], body

        assert heard("identity", 2)[0] is None
        assert heard("gzip, deflate", 3)[1][:2] == b"\x1f\x8b"
        encoding, body = heard("gzip, deflate, br;q=0.9", 4)
        assert (encoding, brotli.decompress(body)[:9]) == ("br", b'{"data":[')


@pytest.mark.parametrize("world", ["stinging", "long", "sealed"])
def test_a_cursor_of_any_form_survives_the_wire_when_it_is_quoted(world: str) -> None:
    with Simulator(world=world, latency=False) as simulator:
        ids: list[str] = []
        asked = {"limit": 5}
        for _ in range(3):
            body = fetched(simulator, f"/api/v1/events?{urlencode(asked)}", {"X-API-Key": simulator.key})[1]
            page = json.loads(body)
            ids += [row["id"] for row in page["data"]]
            asked["cursor"] = page["pagination"]["nextCursor"]
        assert len(set(ids)) == 15


def test_all_worlds_are_told_and_so_is_an_oracle() -> None:
    lines = told("--worlds").stdout.splitlines()
    assert [line.split()[0] for line in lines] == shipped()
    oracle = read_chart("trap").oracle
    assert told("--world", "trap", "--oracle").stdout.splitlines() == [
        "drainable = false",
        f"least_calls = {oracle.least_calls}",
        f"least_seconds = {oracle.least_seconds}",
    ]


@pytest.mark.parametrize("wrong", [["--world", "absent"], ["--worlds", "odd"], ["--world", "trap", "--set", "odd=1"]])
def test_a_wrong_world_is_one_line_and_status_2(wrong: list[str]) -> None:
    run = told(*wrong)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.splitlines()[-1].startswith("simulator: error: ")
