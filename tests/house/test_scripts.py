from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = [*sorted(ROOT.glob("*.sh")), *sorted((ROOT / "datasync_crawler").rglob("*.sh")), ROOT / ".ci" / "run"]
# How a script is asked for things: what a test does not say, whoever runs the tests has not said either.
_ASKED = {"NO_INSTALL", "PYTHON"}
SHELLS = [shell for shell in ("sh", "dash", "busybox") if shutil.which(shell)]


def sh(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", *arguments],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name not in _ASKED} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts alone, as a machine has them that never ran one: no environment, nothing installed."""
    for script in ROOT.glob("*.sh"):
        shutil.copy(script, tmp_path)
    for requirements in ROOT.glob("requirements*.txt"):
        shutil.copy(requirements, tmp_path)
    shutil.copytree(ROOT / "datasync_crawler" / "sh", tmp_path / "datasync_crawler" / "sh")
    return tmp_path


def in_place(checkout: Path) -> None:
    """Leaves an environment there that has everything, and whose scrapy says nothing."""
    stamps = checkout / ".venv"
    (stamps / "bin").mkdir(parents=True)
    python = stamps / "bin" / "python"
    python.write_text(f'#!/bin/sh\n[ "$2" = scrapy ] || exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    summed = sh("-c", "cat requirements.txt requirements.txt | cksum", cwd=checkout).stdout
    (stamps / "stamp-requirements.txt").write_text(summed)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.name)
@pytest.mark.parametrize("shell", SHELLS)
def test_every_script_is_read_by_every_shell(shell: str, script: Path) -> None:
    command = [shell, "sh", "-n", str(script)] if shell == "busybox" else [shell, "-n", str(script)]
    assert subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stderr == ""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.name)
def test_no_script_needs_more_than_posix(script: Path) -> None:
    """Spellings that a parse does not catch: dash takes `[[` for a command's name and `local` for its own."""
    bashism = re.compile(r"^\s*(local|function|source|declare|\[\[)\s|&>|<<<|pipefail|echo -e|\[ .* == ", re.MULTILINE)
    assert bashism.findall(script.read_text()) == []


@pytest.mark.parametrize("script", ["run-ingestion.sh", "run-tests.sh"])
def test_help_shows_the_options_and_an_example(script: str) -> None:
    answer = sh(script, "--help")
    assert answer.returncode == 0
    assert f"sh {script} --" in answer.stdout
    assert answer.stderr == ""


def test_the_help_of_the_ingestion_names_every_way_and_exit_code() -> None:
    answer = sh("run-ingestion.sh", "--help").stdout
    assert all(word in answer for word in ("--local", "--docker", "--demo", "example:", "0 complete", "4 key expired"))


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_of_submitting_names_an_example_and_every_exit_code(checkout: Path, option: str) -> None:
    answer = sh("submit.sh", option, cwd=checkout)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert all(word in answer.stdout for word in ("usage: sh submit.sh REPO_URL", "example:", "0 accepted", "4 key"))


@pytest.mark.parametrize("script", ["run-ingestion.sh", "run-tests.sh", "submit.sh"])
def test_an_unknown_option_gets_one_line_and_exit_2(script: str) -> None:
    answer = sh(script, "--nonsense")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == f"{script}: unknown option --nonsense (see --help)\n"


@pytest.mark.parametrize(
    ("environment", "dotenv", "aside"),
    [({}, "", False), ({"PROGRESS": "JSON"}, "", True), ({}, "json", True), ({"PROGRESS": "plain"}, "json", False)],
)
def test_the_set_up_is_told_aside_where_programs_read_views(
    checkout: Path, environment: dict[str, str], dotenv: str, aside: bool
) -> None:
    (checkout / ".env").write_text(f"PROGRESS={dotenv}\n")
    in_place(checkout)
    answer = sh("run-ingestion.sh", "--local", cwd=checkout, BROWSER_PATH="/bin/true", **environment)
    assert (answer.stderr if aside else answer.stdout) == "set-up done\n"
    assert (answer.stdout if aside else answer.stderr) == ""


def test_two_ways_at_once_are_refused() -> None:
    answer = sh("run-ingestion.sh", "--demo", "--local")
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [(), ("",), ("a", "b")], ids=["none", "empty", "two"])
def test_submitting_needs_exactly_one_repository(arguments: tuple[str, ...]) -> None:
    answer = sh("submit.sh", *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("usage: sh submit.sh REPO_URL")


def test_submitting_without_an_environment_says_what_makes_it(checkout: Path) -> None:
    answer = sh("submit.sh", "https://github.com/you/yours", cwd=checkout)
    assert answer.returncode == 2
    assert answer.stderr == "submit.sh: no .venv here; run-ingestion.sh makes it\n"


def test_docker_without_an_engine_gets_one_line_and_exit_2(checkout: Path, tmp_path: Path) -> None:
    absent = tmp_path / "bin"
    absent.mkdir()
    (absent / "docker").write_text("#!/bin/sh\nexit 1\n")
    (absent / "docker").chmod(0o755)
    answer = sh("run-ingestion.sh", "--docker", cwd=checkout, PATH=f"{absent}:{os.environ['PATH']}")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "run-ingestion.sh: --docker, but no Docker engine with Compose answers\n"


def test_nothing_is_installed_where_that_is_forbidden(checkout: Path) -> None:
    answer = sh("run-ingestion.sh", "--local", cwd=checkout, NO_INSTALL="1")
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert "NO_INSTALL=1" in answer.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_none_is_refused_by_name(checkout: Path) -> None:
    answer = sh("run-ingestion.sh", "--local", cwd=checkout, PYTHON="/nowhere/python")
    assert answer.returncode == 2
    assert "/nowhere/python" in answer.stderr
    assert answer.stderr.count("\n") == 1


def engine(folder: Path, *, code: int, starts: int = 1) -> str:
    """A PATH with a Docker whose container ends with an exit code after so many starts.

    What it was asked is in `folder/asked`.
    """
    folder.mkdir()
    (folder / "docker").write_text(
        f"""#!/bin/sh
echo "$*" >>{folder}/asked
case "$*" in
  *"ps -q"*) ;;
  *"ps -aq"*) echo c0ffee ;;
  logs*) echo 'ingestion complete: 7 events' ;;
  *FinishedAt*) echo "since-$(grep -c '^logs' {folder}/asked)" ;;
  *Running*) if [ "$(grep -c '^logs' {folder}/asked)" -lt {starts} ]; then echo true; else echo false; fi ;;
  *ExitCode*) echo {code} ;;
  compose*) echo noise ;;
esac
"""
    )
    (folder / "sleep").write_text("#!/bin/sh\n")
    for program in ("docker", "sleep"):
        (folder / program).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize("option", [(), ("--docker",)], ids=["chosen", "told"])
@pytest.mark.parametrize("code", [0, 1, 4])
def test_the_end_of_the_container_is_the_end_of_the_script(
    checkout: Path, tmp_path: Path, code: int, option: tuple[str, ...]
) -> None:
    answer = sh("run-ingestion.sh", *option, cwd=checkout, PATH=engine(tmp_path / "bin", code=code))
    assert answer.returncode == code
    assert answer.stdout == "ingestion complete: 7 events\n"
    assert "compose up -d --build" in (tmp_path / "bin" / "asked").read_text()


def test_a_container_that_is_started_again_is_followed_to_its_last_end(checkout: Path, tmp_path: Path) -> None:
    answer = sh("run-ingestion.sh", "--docker", cwd=checkout, PATH=engine(tmp_path / "bin", code=1, starts=3))
    assert answer.returncode == 1
    assert answer.stdout.count("ingestion complete") == 3
    asked = (tmp_path / "bin" / "asked").read_text()
    assert re.findall(r"logs -f --since (\S+)", asked) == ["0", "since-1", "since-2"]


def test_the_key_is_on_no_command_line(checkout: Path, tmp_path: Path) -> None:
    path = engine(tmp_path / "bin", code=0)
    sh("run-ingestion.sh", "--docker", cwd=checkout, PATH=path, TARGET_API_KEY="sesame")
    assert "sesame" not in (tmp_path / "bin" / "asked").read_text()
