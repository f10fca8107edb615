from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import SETTINGS

ROOT = Path(__file__).parents[2]


def table_of_the_readme() -> set[str]:
    rows = re.findall(r"^\| (`[A-Z].*?) \|", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def names_of_the_example() -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))


def test_the_example_names_what_the_readme_explains() -> None:
    assert names_of_the_example() == table_of_the_readme()


def test_the_tests_clear_what_the_readme_explains() -> None:
    """All but the browser, which is the machine's own."""
    assert set(SETTINGS) == table_of_the_readme() - {"BROWSER_PATH"}


def test_compose_hands_on_what_the_readme_explains() -> None:
    """All but the browser: the image has its own."""
    compose = (ROOT / "docker-compose.yml").read_text()
    handed_on = set(re.findall(r"^      ([A-Z_]+):", compose, flags=re.MULTILINE))
    assert handed_on - {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"} == table_of_the_readme() - {
        "BROWSER_PATH"
    }


def test_the_example_holds_no_key() -> None:
    assert re.search(r"^TARGET_API_KEY=$", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)


def test_every_requirement_is_pinned() -> None:
    lines = "\n".join((ROOT / name).read_text() for name in ("requirements.txt", "requirements-dev.txt")).splitlines()
    assert [line for line in lines if line and not re.match(r"-r |[A-Za-z0-9-]+==[0-9.]+(;.*)?$", line)] == []


def test_the_readme_has_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "sh run-ingestion.sh --demo\n" in readme
    assert "sh run-tests.sh\n" in readme


def test_continuous_integration_runs_what_everybody_runs() -> None:
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert commands == ['exec sh "$(dirname "$0")/../run-tests.sh"']
