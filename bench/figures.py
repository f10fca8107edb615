"""Figures beside the bounds that they must keep."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

KEPT_IN = "DATASYNC_BENCH_FIGURES"
"""The variable that names a file which takes every figure as a line of JSON."""


@dataclass(slots=True)
class Figures:
    """Prints one line a figure and remembers whether any missed its bound."""

    missed: list[str] = field(default_factory=list)

    def tell(self, name: str, figure: float | str, unit: str = "") -> None:
        """A figure that nothing depends on."""
        _keep(name, figure, good=True)
        print(f"{name:44} {_written(figure):>12} {unit}", flush=True)

    def most(self, name: str, figure: float, bound: float, unit: str = "") -> None:
        """A figure that must not exceed its bound."""
        self._judge(name, figure, "at most", bound, unit, good=figure <= bound)

    def least(self, name: str, figure: float, bound: float, unit: str = "") -> None:
        """A figure that must reach its bound."""
        self._judge(name, figure, "at least", bound, unit, good=figure >= bound)

    def _judge(self, name: str, figure: float, word: str, bound: float, unit: str, *, good: bool) -> None:
        verdict = "ok" if good else "MISSED"
        _keep(name, figure, good=good)
        print(f"{name:44} {_written(figure):>12} {unit:9} {word} {_written(bound):>9}  {verdict}", flush=True)
        if not good:
            self.missed.append(name)

    def load(self) -> None:
        """How busy the machine is: what else runs on it only ever slows a figure."""
        self.tell("load average (1, 5, 15 min)", " ".join(f"{load:.1f}" for load in os.getloadavg()))

    @property
    def code(self) -> int:
        """The exit code: 1 when a bound was missed."""
        return 1 if self.missed else 0


def _keep(name: str, figure: float | str, *, good: bool) -> None:
    if KEPT_IN in os.environ:
        with Path(os.environ[KEPT_IN]).open("a") as file:
            file.write(json.dumps({"name": name, "figure": figure, "good": good}) + "\n")


def _written(figure: float | str) -> str:
    if isinstance(figure, str):
        return figure
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:,.2f}"
