"""What others know against the packages we stand on, and what bandit has to say of our own lines.

Run from the project's folder: ``python -m bench.audit``; pip-audit asks the package index which vulnerabilities are
known. A line that bandit dislikes is excepted where ruff, whose rules have the same numbers, has its reason: in
pyproject.toml or on the line itself. Exits 1 when anything is left, 2 when the index did not answer for all packages.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from bench.trial import ROOT

_PATIENCE = 600.0
_OURS = ("datasync_crawler", "bench")
_LOCKS = ("requirements.txt", "requirements-dev.txt")
_GENERAL = {
    "B404": "importing subprocess starts nothing; every call of it is looked at",
    "B105": "ruff looks for the same, and does not take switches that speak of tokens for passwords",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What ruff is told to leave, everywhere and by pattern of paths."""

    everywhere: frozenset[str]
    by_path: dict[str, list[str]]

    @classmethod
    def read(cls) -> Rules:
        """Those of pyproject.toml."""
        lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
        return cls(frozenset(lint["ignore"]), lint["per-file-ignores"])

    def excuse(self, issue: dict[str, Any]) -> bool:
        """Whether a finding of bandit has its reason already."""
        rule, path = "S" + issue["test_id"][1:], issue["filename"].removeprefix("./")
        if issue["test_id"] in _GENERAL or rule in self.everywhere:
            return True
        if any(rule in rules and fnmatch(path, pattern) for pattern, rules in self.by_path.items()):
            return True
        lines = (ROOT / path).read_text().splitlines()
        reason = re.compile(rf"noqa: [A-Z0-9, ]*\b{rule}\b.* - ")
        return any(reason.search(lines[number - 1]) for number in issue["line_range"])


def main() -> int:
    """Audits both; the exit code is the worse of the two."""
    return max(own_lines(), packages())


def own_lines() -> int:
    """Prints what bandit finds and nobody gave a reason for; 1 when there is any."""
    told = _json("bandit", "--quiet", "--recursive", "--format", "json", *_OURS)
    rules = Rules.read()
    left = [issue for issue in told["results"] if not rules.excuse(issue)]
    for issue in left:
        print(f"{issue['filename']}:{issue['line_number']}: {issue['test_id']} {issue['issue_text']}")
    found, looked = len(told["results"]), told["metrics"]["_totals"]["loc"]
    print(f"bandit: {looked} lines, {found - len(left)} findings with a reason, {len(left)} without")
    return 1 if left else 0


def packages() -> int:
    """Prints the vulnerabilities that are known of what is pinned; 1 when there are any, 2 when nobody could say."""
    worst = 0
    for lock in _LOCKS:
        told = _json("pip_audit", "--require-hashes", "--disable-pip", "--format", "json", "--requirement", lock)
        known = told.get("dependencies", [])
        asked = [package for package in known if "skip_reason" not in package]
        weak = [(package, flaw) for package in asked for flaw in package["vulns"]]
        for package, flaw in weak:
            print(f"{package['name']} {package['version']}: {flaw['id']}, mended in {flaw['fix_versions']}")
        print(f"pip-audit: {lock}: {len(weak)} known flaws in the {len(asked)} of {len(known)} packages looked up")
        worst = max(worst, 1 if weak else 0 if known and len(asked) == len(known) else 2)
    if worst == 2:
        print("pip-audit: the package index does not tell of all packages from here: nothing is known of the others")
    return worst


def _json(module: str, *words: str) -> Any:
    """What a tool prints, {} when it prints nothing; SystemExit when it is not installed."""
    ended = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE,
        text=True,
        check=False,
    )
    if f"No module named {module}" in ended.stderr:
        raise SystemExit(f"{module} is not installed: pip install -r requirements-dev.txt")
    return json.loads(ended.stdout or "{}")


if __name__ == "__main__":
    assert Path.cwd() == ROOT, "run it from the project's folder"
    sys.exit(main())
