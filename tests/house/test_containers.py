from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bench.building import steps_of

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())["services"]
REAL = [name for name in SERVICES if name.startswith("assignment-")]
CRAWLERS = [name for name in SERVICES if name.endswith("-ingestion")]


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_gains_rights(name: str) -> None:
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert not SERVICES[name].get("privileged")


def test_the_crawler_runs_as_nobody_in_particular() -> None:
    users = re.findall(r"^USER (.*)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert users == ["1000:1000"]


@pytest.mark.parametrize("name", CRAWLERS)
def test_the_crawler_has_no_rights_and_files_that_do_not_change(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert "cap_add" not in SERVICES[name]


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_published_is_so_on_the_loopback_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", CRAWLERS)
def test_the_crawler_begins_when_its_database_is_well_and_is_tried_three_times_more(name: str) -> None:
    waits_for = SERVICES[name]["depends_on"]
    assert {database for database in waits_for if database.endswith("-postgres")}
    assert all(wait == {"condition": "service_healthy"} for wait in waits_for.values())
    assert all("healthcheck" in SERVICES[other] for other in waits_for)
    assert SERVICES[name]["restart"] == "on-failure:3"
    assert [volume for volume in SERVICES[name]["volumes"] if volume.endswith(":/app/state")]


def test_the_demo_shares_nothing_with_the_real_thing_and_begins_only_when_asked_for() -> None:
    demo = {name: service for name, service in SERVICES.items() if name.startswith("demo-")}
    assert all(service["profiles"] == ["demo"] for service in demo.values())
    volumes = [{volume for name in names for volume in SERVICES[name].get("volumes", [])} for names in (demo, REAL)]
    assert volumes[0].isdisjoint(volumes[1])
    assert set(demo["demo-ingestion"]["depends_on"]) < set(demo)


def test_no_secret_is_built_into_the_image() -> None:
    kept_out, *let_in = (ROOT / ".dockerignore").read_text().split()
    assert kept_out == "*"
    assert not [name for name in let_in if "env" in name]
    assert "API_KEY" not in (ROOT / "Dockerfile").read_text()


def test_every_step_of_the_image_is_one_that_is_tried_without_docker() -> None:
    words = [step.word for step in steps_of((ROOT / "Dockerfile").read_text())]
    known = {"ARG", "FROM", "RUN", "COPY", "WORKDIR", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert set(words) == known
    assert words.count("FROM") == 3


def test_what_the_image_copies_is_let_into_its_build() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    sources = re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert {source.split("/")[0] for source in sources} - {"."} <= let_in
    assert all((ROOT / name).exists() for name in let_in)


@pytest.mark.parametrize(
    "command",
    [
        ["hadolint", "Dockerfile"],
        ["shellcheck", "-s", "sh", "-x", "run-ingestion.sh", "run-tests.sh", "submit.sh", ".ci/run"],
        ["shellcheck", "-s", "sh", "-x", "datasync_crawler/sh/container.sh"],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
    ],
    ids=["image", "scripts", "entry", "compose"],
)
def test_the_tools_of_the_trade_find_nothing(command: list[str]) -> None:
    program = str(Path(sys.executable).with_name(command[0]))
    ran = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout


@pytest.fixture
def container(tmp_path: Path) -> Path:
    """What the image has of the scripts; its chain ends as the file `code` says, and without one not by itself."""
    scripts = tmp_path / "datasync_crawler" / "sh"
    scripts.mkdir(parents=True)
    for name in ("container.sh", "environment.sh"):
        (scripts / name).symlink_to(ROOT / "datasync_crawler" / "sh" / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    chain = 'echo "$*" >>began\n[ -e code ] || exec sleep 9\nexit "$(cat code)"\n'
    (tmp_path / "run-ingestion.sh").write_text(chain)
    return tmp_path


def started(container: Path, *, code: int) -> int:
    """The exit code of a start of the container whose chain ends with that code."""
    (container / "code").write_text(str(code))
    return entry(container, "run").returncode


def entry(container: Path, what: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "datasync_crawler/sh/container.sh", what],
        cwd=container,
        env={"PATH": os.environ["PATH"], "STATE_DIR": str(container), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def began(container: Path) -> int:
    return (container / "began").read_text().count("--local\n")


@pytest.mark.parametrize("code", [2, 3, 4, 5])
def test_what_trying_again_cannot_change_is_not_tried_again(container: Path, code: int) -> None:
    assert [started(container, code=code), started(container, code=0)] == [code, code]
    assert began(container) == 1


@pytest.mark.parametrize("code", [1, 137])
def test_what_trying_again_can_change_is_tried_again(container: Path, code: int) -> None:
    assert [started(container, code=code), started(container, code=0)] == [code, 0]
    assert began(container) == 2


@pytest.mark.parametrize("change", [(r"^\S+", "another"), (r" \d+ ", " 1000000000 ")], ids=["made anew", "later"])
def test_a_container_that_somebody_starts_runs(container: Path, change: tuple[str, str]) -> None:
    started(container, code=2)
    ended = container / "container-ended"
    ended.write_text(re.sub(*change, ended.read_text()))
    assert started(container, code=0) == 0
    assert began(container) == 2


def test_a_container_that_is_stopped_hands_that_on_and_waits(container: Path) -> None:
    command = ["sh", "datasync_crawler/sh/container.sh", "run"]
    running = subprocess.Popen(command, cwd=container, env={"PATH": os.environ["PATH"], "STATE_DIR": str(container)})
    while not (container / "began").exists():
        assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 143
    assert not (container / "container-ended").exists()


class _Page(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/health" else 404)
        self.end_headers()
        self.wfile.write(b'{"state":"whatever"}')

    def log_message(self, *_: object) -> None:
        """Nobody wants to know."""


@pytest.fixture
def page() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_container_is_as_well_as_its_live_page_says(
    container: Path, page: int, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    monkeypatch.setattr(_Page, "status", status)
    answer = entry(container, "health", WEB_PORT=str(page))
    assert answer.returncode == code
    assert "whatever" in answer.stdout + answer.stderr


def test_a_container_between_two_crawls_is_well(container: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        port = server.server_port
    answer = entry(container, "health", WEB_PORT=str(port))
    assert (answer.returncode, answer.stdout) == (0, "no crawl runs\n")


def test_a_container_without_a_page_is_not_asked(container: Path) -> None:
    assert entry(container, "health", WEB_PORT="off").returncode == 0
