"""Keys: whether one is known, when its clock began, what it has spent."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, field

from datasync_crawler.simulator.limits import Limiter, make_limiter
from datasync_crawler.simulator.world import World


@dataclass(slots=True)
class Account:
    """What the service keeps of one key. Times are seconds on the service's clock."""

    key: str
    first_call: float | None = None
    tokens: dict[str, float] = field(default_factory=dict)
    """Stream tokens and when each dies."""
    submissions: list[dict[str, object]] = field(default_factory=list)
    limiters: dict[str, Limiter | None] = field(default_factory=dict)

    def touch(self, now: float) -> None:
        """Any call with the key starts its clock."""
        if self.first_call is None:
            self.first_call = now

    def expired(self, world: World, now: float) -> bool:
        """Whether the key has outlived its life."""
        return self.first_call is not None and now >= self.first_call + world.span(world.key_life)

    def limiter(self, world: World, pool: str) -> Limiter | None:
        """The account of a pool, or None where nothing is counted."""
        if pool not in self.limiters:
            self.limiters[pool] = _limiter(world, pool)
        return self.limiters[pool]

    def issue_token(self, world: World, now: float) -> str:
        """A new stream token; older ones stay valid, and lives are as told, unless the world says otherwise."""
        if world.token_cancels_older:
            self.tokens.clear()
        self.tokens = {token: dies for token, dies in self.tokens.items() if dies > now}
        token = secrets.token_hex(32)
        self.tokens[token] = min(now + world.span(world.token_life), self._next_death(world, now))
        return token

    def _next_death(self, world: World, now: float) -> float:
        """When all tokens of these moments die before their time."""
        every, first = world.span(world.tokens_die_every), now if self.first_call is None else self.first_call
        return first + every * (math.floor((now - first) / every) + 1) if every > 0 else math.inf

    def token_lives(self, token: str, now: float) -> bool:
        """Whether a stream token of this key can be used."""
        return self.tokens.get(token, 0.0) > now

    def revoke(self, token: str) -> None:
        """Let a token die before its time."""
        self.tokens.pop(token, None)


def pool_of(world: World, pool: str, *, lifted: bool = False) -> str:
    """The pool that a call really counts against, where the world lets pools share or lifts a limit."""
    if pool in ("header", "query") and lifted and world.ways.lifted_limit:
        return "lifted"
    if (pool == "query" and world.query_shares_header) or (pool == "feed" and world.feed_shares_header):
        return "header"
    return pool


def allowance(world: World, pool: str) -> tuple[int, float]:
    """Calls that a pool allows in a window of so many seconds (at speed 1); 0 calls is no limit."""
    budgets, ways = world.budgets, world.ways
    return {
        "header": (world.header_limit, world.header_window),
        "query": (world.query_limit, world.query_window),
        "lifted": (ways.lifted_limit, world.header_window),
        "feed": (world.feed_limit, world.feed_window),
        "sessions": (world.sessions_limit, world.sessions_window),
        "metrics": (world.metrics_limit, world.metrics_window),
        "bulk": (world.bulk_limit, world.bulk_window),
        "stream-access": (world.stream_access_limit, world.stream_access_window),
        "ids": (ways.ids_limit, ways.ids_window),
        "dump": (ways.dump_limit, ways.dump_window),
        "hidden": (budgets.hidden_limit, budgets.hidden_window),
    }[pool]


def _limiter(world: World, pool: str) -> Limiter | None:
    limit, window = allowance(world, pool)
    if not world.limits or limit <= 0:
        return None
    return make_limiter(world.window_kind, limit, world.span(window), refused_count=world.refused_count)
