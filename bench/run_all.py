"""Every claim about speed in one table: its figure, its floor, the ratio of the two and the bound.

Run from the project's folder: ``python -m bench.run_all [--only NAME] [--long] [--keep]``; takes about ten minutes,
with ``--long`` half an hour more. With ``--keep`` the ratios go into ``bench/baseline.json``. ``--check`` runs the
short ones alone, up to three times each, and holds their ratios against what is kept there. Exits 1 when a bound was
missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from bench.figures import KEPT_IN
from bench.memory import CASES
from bench.trial import ROOT

BASELINE = ROOT / "bench" / "baseline.json"
_PATIENCE = 1800.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A bench and the names of its figure, of its floor (which may be a bound) and of their ratio; empty for none."""

    name: str
    command: tuple[str, ...]
    figure: str
    floor: str = ""
    ratio: str = "times the floor"


CLAIMS = (
    Claim(
        "within limits, ten times the speed",
        ("bench.budgeted",),
        "first keyed call to accepted submission",
        "the floor of this world",
    ),
    Claim(
        "without limits",
        ("bench.unlimited", "--runs", "5"),
        "first call to stored proof",
        "the machine's floor",
    ),
    Claim(
        "whole events",
        ("bench.whole_events", "--runs", "3"),
        "first call to stored proof",
        "the machine's floor, ids alone",
    ),
    Claim(
        "pages of 50 rows",
        ("bench.small_pages", "--runs", "3"),
        "first call to stored proof",
        "the machine's floor",
    ),
    Claim("the proof", ("bench.proof",), "the proof", "its floor, a count of the table"),
    Claim(
        "the first events",
        ("bench.first_rows",),
        "first keyed call to first events stored",
        "the floor, one page",
    ),
    Claim("killed and resumed", ("bench.kills",), "pages fetched again", ratio=""),
    *(Claim(f"memory: {case.name}", ("bench.memory", "--only", case.name), case.name, ratio="") for case in CASES),
)
LONG = (
    Claim(
        "within limits, at full length",
        ("bench.budgeted", "--speed", "1"),
        "first keyed call to accepted submission",
        "the floor of this world",
    ),
    Claim(
        "the same, with a known profile and no faults",
        ("bench.budgeted", "--speed", "1", "--known", "--faults", "none"),
        "first keyed call to accepted submission",
        "the floor of this world",
    ),
    Claim(
        "memory at 30,000,000 events",
        ("bench.unlimited", "--events", "30000000"),
        "highest resident memory of the crawler",
        ratio="",
    ),
)
"""Those at the service's own speed, and the longest."""
SHORT = (
    Claim(
        "without limits, in short",
        ("bench.unlimited", "--events", "500000"),
        "first call to stored proof",
        "the machine's floor",
    ),
    Claim(
        "within limits, in short",
        ("bench.budgeted", "--events", "200000"),
        "first keyed call to accepted submission",
        "the floor of this world",
    ),
)
"""Those for every change: small sets, whose ratios are those of starting up as much as of draining."""
MOST_TIMES_THE_BASELINE, MOST_TRIES = 1.25, 3
NEVER_MISSED = frozenset(
    {
        "ids wrong in the submission",
        "missing in the submission",
        "unknown in the submission",
        "double in the submission",
        "429 of announced pools",
    }
)
"""The bounds that have nothing to do with how fast a machine is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a bench printed, by name, and the names of the bounds that it missed."""

    figures: dict[str, float]
    missed: tuple[str, ...]


def main() -> int:
    """Runs the benches one after the other and prints the table."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--only", choices=[claim.name for claim in CLAIMS + SHORT + LONG])
    words.add_argument("--long", action="store_true", help="those of many minutes as well")
    words.add_argument("--keep", action="store_true", help="keep the ratios as the baseline")
    words.add_argument("--check", action="store_true", help="hold the short ones against the baseline")
    given = words.parse_args()
    if given.check:
        if not all(claim.name in baseline() for claim in SHORT):
            raise SystemExit("no baseline yet: run python -m bench.run_all --keep on a quiet machine")
        slower = [claim.name for claim in SHORT if not _holds(claim)]
        return 1 if slower else 0
    known = CLAIMS + SHORT + (LONG if given.long or given.only else ())
    claims = [claim for claim in known if given.only in {None, claim.name}]
    print(f"{'claim':36} {'figure':>10} {'floor':>10} {'ratio':>7}  bounds", flush=True)
    outcomes = {claim.name: _shown(claim, _judged(claim, outcome(claim.command))) for claim in claims}
    if given.keep:
        ratios = {c.name: round(outcomes[c.name].figures[c.ratio], 2) for c in claims if c.ratio}
        BASELINE.write_text(json.dumps(baseline() | ratios, indent=2) + "\n")
    return 1 if any(outcome.missed for outcome in outcomes.values()) else 0


def outcome(command: tuple[str, ...]) -> Outcome:
    """Runs a bench and reads its figures; raises CalledProcessError when it broke off."""
    with tempfile.TemporaryDirectory(prefix="datasync-bench-") as folder:
        kept = Path(folder) / "figures"
        ended = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, KEPT_IN: str(kept)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            text=True,
            check=False,
        )
        figures = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
        if not figures or ended.returncode not in {0, 1}:
            raise subprocess.CalledProcessError(ended.returncode, command, ended.stdout, ended.stderr[-2000:])
    numbers = {each["name"]: each["figure"] for each in figures if not isinstance(each["figure"], str)}
    return Outcome(numbers, tuple(each["name"] for each in figures if not each["good"]))


def baseline() -> dict[str, float]:
    """The ratios that are kept, by the name of the claim."""
    kept: dict[str, float] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    return kept


def _most(claim: Claim) -> float:
    """The most that a ratio may be, by what is kept of it."""
    return MOST_TIMES_THE_BASELINE * baseline().get(claim.name, inf)


def _holds(claim: Claim) -> bool:
    """Whether a ratio is near what is kept, and all that must be right is; others' work only ever makes it slower."""
    most = _most(claim)
    for _ in range(MOST_TRIES):
        try:
            came = outcome(claim.command)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise SystemExit(f"{claim.name}: the bench broke off: {error}\n{error.stderr or ''}") from error
        wrong = [name for name in came.missed if name in NEVER_MISSED]
        seen = came.figures[claim.ratio]
        told = "; wrong: " + ", ".join(wrong) if wrong else ""
        print(f"{claim.name:36} {seen:7.2f} times the floor, at most {most:.2f}{told}", flush=True)
        if wrong or seen <= most:
            return not wrong
    return False


def _judged(claim: Claim, came: Outcome) -> Outcome:
    """The outcome as the table has it: the ratio of a small set is held against what is kept, not against a bound."""
    if claim not in SHORT:
        return came
    slow = came.figures[claim.ratio] > _most(claim)
    others = tuple(name for name in came.missed if name != claim.ratio)
    return replace(came, missed=(*others, claim.ratio) if slow else others)


def _shown(claim: Claim, came: Outcome) -> Outcome:
    figure, floor, ratio = (came.figures.get(name) for name in (claim.figure, claim.floor, claim.ratio))
    told = [f"{value:.2f}" if value is not None else "" for value in (figure, floor, ratio)]
    verdict = "missed: " + ", ".join(came.missed) if came.missed else "kept"
    print(f"{claim.name:36} {told[0]:>10} {told[1]:>10} {told[2]:>7}  {verdict}", flush=True)
    return came


if __name__ == "__main__":
    sys.exit(main())
