"""Checks before a run: what was looked at, whether it will do, and what to do where it will not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from datasync_crawler.domain.profile import Pool, Profile
from datasync_crawler.domain.supply import Supply, earliest


class Grade(StrEnum):
    """How a check ended."""

    FINE = "ok"
    WORSE = "warning"
    """The run will do, but not as well as it could."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was ``seen`` of it and, unless it is fine, what there is ``to_do``."""

    name: str
    grade: Grade
    seen: str
    to_do: str = ""

    def line(self) -> str:
        """The check as one line."""
        return f"{self.grade.value:<8} {self.name}: {self.seen}" + (f" – {self.to_do}" if self.to_do else "")


def fine(name: str, seen: str) -> Check:
    """A check that went well."""
    return Check(name, Grade.FINE, seen)


def expected_seconds(profile: Profile, learned: dict[str, Pool], stored: int) -> float | None:
    """How long what is left will take by the limits that are known; None where no total or no limit is.

    ``learned`` limits beat announced ones. Lanes of pools without a known limit make it shorter.
    """
    if not profile.totals:
        return None
    supplies = []
    for pool in (learned.get(known.name, known) for known in profile.pools):
        caps = [profile.endpoint(lane.endpoint).cap for lane in profile.lanes if lane.pool == pool.name]
        if pool.limit and pool.window and caps:
            supplies.append(Supply(max(caps), pool.window, pool.limit))
    return earliest(supplies, profile.totals[0][1] - stored) if supplies else None


def worst(checks: Sequence[Check]) -> Grade:
    """The worst grade there is."""
    grades = {check.grade for check in checks}
    return next(grade for grade in (Grade.FAILED, Grade.WORSE, Grade.FINE) if grade in grades or grade is Grade.FINE)
