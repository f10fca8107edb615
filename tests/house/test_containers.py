from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("assignment-postgres", "assignment-ingestion")


def service(name: str) -> str:
    """What docker-compose.yml says of a service."""
    compose = (ROOT / "docker-compose.yml").read_text()
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", compose, flags=re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_gains_rights(name: str) -> None:
    told = service(name)
    assert '    security_opt: ["no-new-privileges:true"]\n' in told
    assert "    cap_drop: [ALL]\n" in told


def test_the_crawler_runs_as_nobody_in_particular_on_files_that_do_not_change() -> None:
    image = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER crawler$.*^CMD ", image, flags=re.MULTILINE | re.DOTALL)
    assert "\nUSER root" not in image
    told = service("assignment-ingestion")
    assert "    read_only: true\n" in told
    assert "cap_add" not in told


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_published_is_so_on_the_loopback_alone(name: str) -> None:
    ports = re.findall(r'^    ports: \["(.*)"\]$', service(name), flags=re.MULTILINE)
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert ("ports:" in service(name)) == bool(ports)


def test_no_secret_is_built_into_the_image() -> None:
    kept_out, *let_in = (ROOT / ".dockerignore").read_text().split()
    assert kept_out == "*"
    assert not [name for name in let_in if "env" in name]
    assert "API_KEY" not in (ROOT / "Dockerfile").read_text()
