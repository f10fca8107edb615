from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

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


LOCKS = ("requirements.txt", "requirements-dev.txt")


def pinned(lock: str) -> set[str]:
    """The names that a file of requirements pins, each to one version and to hashes of its files."""
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text())
    whole = re.compile(r"([a-z0-9-]+)==[0-9.]+( ; [^\n]*?)?( \\\n +--hash=sha256:[0-9a-f]{64})+(\n +#[^\n]*)*\s*")
    found = [(entry, whole.fullmatch(entry)) for entry in entries if not entry.startswith("#")]
    assert [entry for entry, match in found if match is None] == []
    return {match[1] for _, match in found if match is not None}


def test_every_requirement_is_pinned_with_its_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    ours, dev = project["project"]["dependencies"], project["dependency-groups"]["dev"]
    used, checked = map(pinned, LOCKS)
    assert {re.split(r"[=;]", line)[0].lower() for line in ours} <= used < checked
    assert {re.split(r"[=;]", line)[0].lower() for line in dev} <= checked


def test_both_files_of_requirements_pin_the_same() -> None:
    used, checked = (re.findall(r"^\S+==.*", (ROOT / lock).read_text(), flags=re.MULTILINE) for lock in LOCKS)
    assert set(used) <= set(checked)


def test_the_readme_has_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "sh run-ingestion.sh --demo\n" in readme
    assert "sh run-tests.sh\n" in readme


def test_continuous_integration_runs_what_everybody_runs() -> None:
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert commands == ['exec sh "$(dirname "$0")/../run-tests.sh"']


DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: str(d.relative_to(ROOT)))
def test_every_link_inside_the_house_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_every_document_can_be_found_from_the_readme() -> None:
    reached, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        document = ahead.pop()
        reached.add(document)
        linked = re.findall(r"\]\((?!https?:)([^)#]+\.md)", document.read_text())
        ahead += {(document.parent / target).resolve() for target in linked} - reached
    assert set(DOCUMENTS) - reached == set()


def test_what_the_documents_tell_to_run_is_there() -> None:
    told = {name for document in DOCUMENTS for name in re.findall(r"python -m bench\.(\w+)", document.read_text())}
    assert {name for name in told if not (ROOT / "bench" / f"{name}.py").exists()} == set()
