"""The run book against the code: no command can end or warn in words that it does not explain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "datasync_crawler"
ERRORS = [
    node.name
    for node in ast.parse((PACKAGE / "domain" / "errors.py").read_text()).body
    if isinstance(node, ast.ClassDef)
]
# These end nothing: a page is asked for again.
PASSING = {"PageError", "Malformed", "Shapeless", "RowsRejected"}
# A piece of a sentence that is shorter says nothing by itself.
LEAST = 12


def written(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("`", ""))


BOOK = written((ROOT / "docs" / "runbook.md").read_text() + (ROOT / "docs" / "settings.md").read_text())


def pieces(told: ast.expr) -> Iterator[str]:
    """What of a message stands fixed in the code."""
    if isinstance(told, ast.Constant) and isinstance(told.value, str):
        yield from re.split(r"%[.\d]*[a-z]", told.value)
    elif isinstance(told, ast.JoinedStr):
        yield from (str(part.value) for part in told.values if isinstance(part, ast.Constant))
    elif isinstance(told, ast.BinOp):
        yield from [*pieces(told.left), *pieces(told.right)]


def messages(words: set[str]) -> Iterator[tuple[str, str]]:
    for module in sorted(PACKAGE.rglob("*.py")):
        if "simulator" in module.parts:
            continue
        for node in ast.walk(ast.parse(module.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in words:
                yield from (
                    (f"{module.name}: {name}", written(piece).removesuffix(", not ").strip(" :;,"))
                    for piece in pieces(node.args[0])
                )


@pytest.mark.parametrize("name", ERRORS)
def test_every_kind_of_error_is_in_the_run_book(name: str) -> None:
    assert name == "DatasyncError" or f"`{name}`" in (ROOT / "docs" / "runbook.md").read_text()


@pytest.mark.parametrize(
    "words",
    [{*ERRORS, "LedgerAway"} - PASSING, {"warning", "error"}],
    ids=["ends", "warns"],
)
def test_every_line_with_which_a_command_ends_or_warns_is_in_the_run_book(words: set[str]) -> None:
    said = [(place, piece) for place, piece in messages(words) if len(piece) >= LEAST]
    assert len(said) > LEAST
    assert [(place, piece) for place, piece in said if piece not in BOOK] == []


def test_every_exit_code_has_a_chapter() -> None:
    told = (ROOT / "docs" / "runbook.md").read_text()
    codes = re.findall(
        r"^    exit_code(?:: ClassVar\[int\])? = (\d)", (PACKAGE / "domain" / "errors.py").read_text(), re.MULTILINE
    )
    assert {*codes, "0"} == set(re.findall(r"^## Exit (\d)\b(?!\d)", told, re.MULTILINE))
