"""What goes wrong, and when: decided by the seed and the number of the call, never by the moment."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from datasync_crawler.simulator.world import World


class FaultKind(StrEnum):
    """One way for a data page to go wrong; the value names its switch after ``fault_``."""

    SERVER_ERROR = "server_error"
    BALANCER = "balancer"
    RESET = "reset"
    TRUNCATED = "truncated"
    NULL = "null"
    EMPTY_PAGE = "empty_page"
    FALSE_END = "false_end"
    IDLESS = "idless"
    REVOKED_TOKEN = "revoked_token"
    DRIP = "drip"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault for one call; ``share`` in [0, 1) is where in the answer it strikes, ``dice`` seeds the rest."""

    kind: FaultKind
    share: float
    dice: int


def fault_of(world: World, call: int) -> Fault | None:
    """The fault of a data call (counted from 1), or None: the same for the same world and number."""
    rates = [(kind, float(getattr(world, f"fault_{kind.value}"))) for kind in FaultKind]
    if not any(rate for _, rate in rates):
        return None
    source = random.Random(f"fault {world.seed} {call}")
    drawn = source.random()
    for kind, rate in rates:
        if drawn < rate:
            return Fault(kind, source.random(), source.getrandbits(32))
        drawn -= rate
    return None


def cut_at(fault: Fault, size: int) -> int:
    """Where a truncated body of ``size`` bytes is cut: at a quarter in half of the cases, else anywhere inside."""
    if fault.dice % 2:
        return size // 4
    return max(1, int(size * fault.share)) if size > 1 else 0


def in_outage(world: World, first_keyed: float | None, now: float) -> bool:
    """Whether the service is away; outages are counted from the first keyed call."""
    if first_keyed is None or world.outage_for <= 0:
        return False
    since = now - first_keyed - world.span(world.outage_after)
    if world.outage_every > 0:
        return since >= 0 and since % world.span(world.outage_every) < world.span(world.outage_for)
    return 0 <= since < world.span(world.outage_for)
