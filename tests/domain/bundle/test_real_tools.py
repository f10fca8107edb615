"""Applications built by the tools that dashboards are built with: a case is a folder as it is served.

How a case came about stands in tests/fixtures/golden/README.md. Told is what the crawler would tell of the folder's
scripts; true is what the sources are known to call.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from datasync_crawler.domain.bundle import BundleReading, CodeCall, read_source_map, read_with_sources
from datasync_crawler.domain.discovery.harvest import page_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden"
SITE = "https://site.example/"
TOOLS = {"vite", "webpack", "next", "esbuild", "rollup"}

_OPEN = re.compile(r"(?:\{[^{}]*\})+")


@dataclass(frozen=True, slots=True)
class Case:
    """One application: what it is known to call, and what only looks as if it was called.

    ``unlinked`` are the beginnings of names of scripts that only a running page learns of.
    """

    folder: Path
    tool: str
    set_aside: bool
    calls: tuple[dict[str, Any], ...]
    not_calls: tuple[str, ...]
    unlinked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How many calls are true, how many were told, how many are both."""

    true: int
    told: int
    both: int

    @property
    def recall(self) -> float:
        return self.both / self.true

    @property
    def precision(self) -> float:
        return self.both / self.told if self.told else 1.0

    def __str__(self) -> str:
        recall, precision = (
            f"{self.recall:.3f} ({self.both}/{self.true})",
            f"{self.precision:.3f} ({self.both}/{self.told})",
        )
        return f"recall {recall:15} precision {precision}"


def cases(root: Path) -> list[Case]:
    found = []
    for path in sorted(root.glob("*/expected.json")):
        known = json.loads(path.read_text())
        calls, not_calls, unlinked = (tuple(known.get(name, ())) for name in ("calls", "not_calls", "unlinked"))
        found.append(Case(path.parent, known["tool"], known.get("set_aside", False), calls, not_calls, unlinked))
    return found


def plain(url: str) -> str:
    """An address without scheme and query, ``{}`` for whatever only a run knows."""
    whole_path = re.split(r"[?#]", _OPEN.sub("{}", url))[0].rstrip("/")
    return re.sub(r"^(?:http|ws)s?:(?=//)", "", whole_path)


def address(url: str) -> str:
    """An address for comparing: a base that only a run knows may be missing."""
    written = plain(url)
    return written if written.startswith("//") else written.removeprefix("{}").lstrip("/")


@cache
def readings(folder: Path) -> dict[str, BundleReading]:
    """What each script of a folder tells, by its path, and each of the application's own sources in a source map."""
    sources = dict(_sources(folder))
    own = {name: text for name, text in sources.items() if "!" in name}
    built = {name: text for name, text in sources.items() if name not in own}
    return read_with_sources(built, own)


def _sources(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix in {".js", ".mjs"}:
            yield name, path.read_bytes()
        elif path.suffix == ".map":
            own = read_source_map(path.read_bytes())
            yield from ((f"{name}!/{source}", text) for source, text in own if "node_modules" not in source)


def told(folder: Path) -> list[CodeCall]:
    """The calls that a folder's scripts tell; one whose whole address is open tells nothing."""
    calls = [call for reading in readings(folder).values() for call in reading.calls]
    return [call for call in calls if re.search(r"\w", address(call.url))]


def told_calls(folder: Path) -> set[tuple[str, str]]:
    return {(call.method, address(call.url)) for call in told(folder)}


def true_calls(case: Case) -> set[tuple[str, str]]:
    return {(call["method"], address(call["url"])) for call in case.calls}


def score(case: Case) -> Score:
    true, found = true_calls(case), told_calls(case.folder)
    return Score(len(true), len(found), len(true & found))


def whole(scores: Iterable[Score]) -> Score:
    true, found, both = zip(*((one.true, one.told, one.both) for one in scores), strict=True)
    return Score(sum(true), sum(found), sum(both))


def names_found(case: Case) -> str:
    """How many of the parameters and headers of the calls that were found were told with them."""
    heard: dict[tuple[str, str], set[str]] = {}
    for call in told(case.folder):
        names = heard.setdefault((call.method, address(call.url)), set())
        names.update(call.params, (name.lower() for name, _ in call.headers))
    true = found = 0
    for known in case.calls:
        if (spoken := (known["method"], address(known["url"]))) in heard:
            wanted = {*known["params"], *(name.lower() for name in known["headers"])}
            true, found = true + len(wanted), found + len(wanted & heard[spoken])
    return f"{found}/{true}"


def tell(*lines: str) -> None:
    print("", *lines, sep="\n")  # noqa: T201 - how much is found matters, not only that it suffices


CASES = cases(GOLDEN)
HALVES = sorted({case.set_aside for case in CASES})
halves = pytest.mark.parametrize("set_aside", HALVES, ids=lambda aside: "set aside" if aside else "shown")
folders = pytest.mark.parametrize("case", CASES, ids=lambda case: case.folder.name)


@halves
def test_calls_are_found_and_little_else(set_aside: bool) -> None:
    half = [case for case in CASES if case.set_aside is set_aside]
    total = whole(score(case) for case in half)
    tell(
        *(f"{case.folder.name:26} {score(case)}  names {names_found(case)}" for case in half),
        f"{'together':26} {total}",
    )
    assert total.recall >= 0.95
    assert total.precision >= 0.8


@folders
def test_no_application_remains_dark(case: Case) -> None:
    """Whatever one team's style is, most of its calls are found."""
    assert score(case).recall >= 0.6, sorted(true_calls(case) - told_calls(case.folder))
    assert score(case).precision >= 0.5, sorted(told_calls(case.folder) - true_calls(case))


@folders
def test_what_only_looks_like_an_endpoint_is_not_told(case: Case) -> None:
    assert {plain(url) for url in case.not_calls} & {plain(call.url) for call in told(case.folder)} == set()


@folders
def test_every_script_is_reached_from_the_first_page(case: Case) -> None:
    scripts = {name for name in readings(case.folder) if "!" not in name}
    assert {name for name in scripts - reached(case.folder) if not name.startswith(case.unlinked)} == set()


def reached(folder: Path) -> set[str]:
    """The scripts of a folder that its first page and then its scripts lead to, wherever the folder is mounted."""
    scripts = {path.relative_to(folder).as_posix() for path in folder.rglob("*.js")}
    waiting = list(page_links((folder / "index.html").read_text(), SITE).scripts)
    found: set[str] = set()
    while waiting:
        url = waiting.pop()
        path = unquote(urlsplit(url).path)
        fresh = {name for name in scripts - found if path.endswith("/" + name)}
        found |= fresh
        waiting += [urljoin(url, link) for name in fresh for link in readings(folder)[name].links]
    return found


@halves
def test_each_half_has_every_tool(set_aside: bool) -> None:
    assert {case.tool.split()[0] for case in CASES if case.set_aside is set_aside} == TOOLS


@folders
def test_nothing_is_expected_both_ways(case: Case) -> None:
    assert {plain(url) for url in case.not_calls} & {plain(call["url"]) for call in case.calls} == set()
