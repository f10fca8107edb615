"""Worlds put together at random: whoever knows one can drain it as its oracle says."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from bench.dealing import deal
from datasync_crawler.simulator.faults import FaultKind
from datasync_crawler.simulator.oracle import oracle
from datasync_crawler.simulator.world import World
from tests.simulator.knowing import Knowing

# Faults are left out by the oracle too; the plain client sends its key in the header.
PLAIN = {f"fault_{kind.value}": 0.0 for kind in FaultKind} | {"header_key": True}


@cache
def dealt(seed: int) -> list[World]:
    return [each.world.with_switches(PLAIN | {"events": 700}) for each in deal(seed)]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """One of the worlds of some deals."""
    world = draw(st.sampled_from(dealt(draw(st.sampled_from([2, 3])))))
    ranged = world.ranges_on_events or (world.ways.ranges_on_feed and world.cursors.cursor_form == "sealed")
    # A client that goes past a loop by ranges would be more than a plain one.
    assume(not (world.truth.loop_at and (ranged or world.cursor_signed or world.offset_honoured)))
    return world


@pytest.mark.slow
@given(worlds())
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_any_world_can_be_drained_as_its_oracle_says(world: World) -> None:
    client, come = Knowing(world), world.truth.arrivals
    client.drain()
    missing = {client.client.table.event_id(row) for row in range(come, world.events)} - set(client.ids)
    told = max([total for total in client.totals if total is not None], default=client.stats()["counts"]["events"])
    if not client.totals or not world.truth.total_told:
        told = world.events - come + (world.total_extra if world.truth.total_told else world.stats_extra)
    assert (not missing and told <= world.events - come) == oracle(world).drainable
    assert client.client.service.score.refused.total() == 0
