"""Storms: every fault of the simulator at once, at one of its levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasync_crawler.simulator.world import FAULT_LEVELS, World

if TYPE_CHECKING:
    from collections.abc import Mapping

_RARE: Mapping[str, float] = {
    "fault_null": 0.001,
    "fault_empty_page": 0.001,
    "fault_idless": 0.001,
    "fault_revoked_token": 0.001,
    "fault_drip": 0.0005,
}
"""What the everyday levels leave out, at the light one: shares of the calls for pages."""

_OUTAGE = 120.0
_BETWEEN_OUTAGES = {"none": 0.0, "light": 3600.0, "moderate": 1200.0, "high": 600.0}
_BETWEEN_DEATHS = {"none": 0.0, "light": 120.0, "moderate": 60.0, "high": 20.0}
"""Seconds, at speed 1, after which the service goes away for two minutes, and after which all tokens die."""


def storm(level: str) -> dict[str, object]:
    """The switches of a world in which everything goes wrong at a level: none, light, moderate or high."""
    rare = {name: rate * FAULT_LEVELS[level] for name, rate in _RARE.items()}
    away = {
        "outage_after": _BETWEEN_OUTAGES[level],
        "outage_for": _OUTAGE if _BETWEEN_OUTAGES[level] else 0.0,
        "outage_every": _BETWEEN_OUTAGES[level],
    }
    return {**rare, **away, "tokens_die_every": _BETWEEN_DEATHS[level]}


def world_of(level: str, switches: Mapping[str, object]) -> World:
    """The world that a simulator with these faults and switches shows."""
    return World().with_faults(level).with_switches({**storm(level), **switches})
