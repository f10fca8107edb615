"""Worlds put together at random: whoever knows one can drain it as its oracle says."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from datasync_crawler.simulator.oracle import oracle
from datasync_crawler.simulator.switches import words
from datasync_crawler.simulator.world import World
from tests.simulator.knowing import Knowing

PLACED = {"rows_at": ["data", "items", "a.b.rows"], "cursor_at": ["pagination.nextCursor", "next", "a.after"]}
CHOSEN = {
    "snake_case": [True],
    "row_under": ["node"],
    "page_cap": [70, 400],
    "feed_cap": [90, 500],
    "key_scheme": ["Bearer"],
    "cursor_signed": [True],
    "cursor_bound": [True],
    "cursor_padding": [2_200],
    "cursor_sting": ["a&b=c+d#e%20f"],
    "query_shares_header": [True],
    "feed_shares_header": [True],
    "feed_open": [True],
    "feed": [False],
    "ids_path": ["/ids"],
    "dump_path": ["/all"],
    "sparse_fields": [True],
    "hidden_limit": [5],
    "repeats": [2],
    "loop_at": [0.3],
    "total_extra": [-5, 5],
    "total_told": [False],
    "stats_extra": [-5, 5],
}
WORDS = words(World())
SWITCHES = {name: [*known] for name, known in WORDS.items() if name not in ("teapot", "submission_fault")}
SWITCHES |= PLACED | CHOSEN


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world with about eight switches set."""
    names = draw(st.lists(st.sampled_from(sorted(SWITCHES)), min_size=3, max_size=12, unique=True))
    world = World(events=700).with_switches({name: draw(st.sampled_from(SWITCHES[name])) for name in names})
    ranged = world.ways.ranges_on_feed and world.cursors.cursor_form == "sealed"
    # A client that goes past a loop by ranges would be more than a plain one.
    assume(not (world.truth.loop_at and (ranged or world.cursor_signed)))
    return world


@given(worlds())
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
def test_any_world_can_be_drained_as_its_oracle_says(world: World) -> None:
    client = Knowing(world)
    client.drain()
    missing = {client.client.table.event_id(row) for row in range(world.events)} - set(client.ids)
    told = max([total for total in client.totals if total is not None], default=client.stats()["counts"]["events"])
    if not client.totals or not world.truth.total_told:
        told = client.world.events + (world.total_extra if world.truth.total_told else world.stats_extra)
    assert (not missing and told <= world.events) == oracle(world).drainable
    assert client.client.service.score.refused.total() == 0
