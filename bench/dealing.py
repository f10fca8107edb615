"""Worlds at random, dealt like cards: in each deal of 25 every move is there three times at least."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from bench.leftout import left_out
from bench.moves import MOVES
from datasync_crawler.simulator.oracle import oracle
from datasync_crawler.simulator.switches import standing
from datasync_crawler.simulator.world import World

if TYPE_CHECKING:
    from bench.moves import Kind

WORLDS = 25
THRICE = 3
MOST_MOVES = 16
_USUAL: Kind = {"events": 2_000, "speed": 30.0, "page_cap": 100, "feed_cap": 100}
_LONGEST, _FEWEST = 4.0, 500
"""Seconds that a world may take at least, and events that it has at least."""
_TRIES = 200
_FIRST = ("paging", "no-feed", "no-limits")


@dataclass(frozen=True, slots=True)
class Dealt:
    """One world of a deal: ``name`` tells seed and place, ``moves`` what was dealt into it."""

    name: str
    moves: tuple[str, ...]
    switches: Kind

    @property
    def world(self) -> World:
        """The world itself."""
        return World().with_switches(self.switches)

    @property
    def chart(self) -> str:
        """The world as a file of TOML, with its oracle."""
        lines = [f"title = {json.dumps(self.name)}", f"moves = {json.dumps(', '.join(self.moves))}", "", "[switches]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in self.switches.items()]
        lines += ["", "[oracle]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in asdict(oracle(self.world)).items()]
        return "\n".join(lines) + "\n"


def deal(seed: int) -> list[Dealt]:
    """The 25 worlds of a seed. Raises ValueError where no deal was found in which all moves fit."""
    source = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for _ in range(_TRIES):
        hands = _dealt(source)
        if hands is not None:
            return [
                Dealt(f"{seed}-{at}", tuple(sorted(moves)), _fitted(switches | {"seed": source.randrange(1, 1_000)}))
                for at, (moves, switches) in enumerate(hands)
            ]
    raise ValueError(f"seed {seed} deals no worlds that hold all moves")


def moved(worlds: Iterable[Dealt]) -> Counter[str]:
    """In how many worlds each switch is otherwise than usual, and each word of those that are words."""
    usual = standing(World()) | _USUAL
    return Counter(
        shown
        for dealt in worlds
        for switch, value in standing(dealt.world).items()
        if value != usual[switch]
        for shown in ([switch, f"{switch}={value}"] if isinstance(value, str) else [switch])
    )


def _dealt(source: random.Random) -> list[tuple[set[str], dict[str, object]]] | None:
    """Moves and switches of each world, or None where a move found no place."""
    hands: list[tuple[set[str], dict[str, object]]] = [(set(), dict(_USUAL)) for _ in range(WORLDS)]
    for move, kind in _deck(source):
        chosen = {switch: _one(source, value) for switch, value in kind.items()}
        order = sorted(range(WORLDS), key=lambda at: (len(hands[at][0]), source.random()))
        place = next((at for at in order if _fits(*hands[at], move, chosen)), None)
        if place is None:
            return None
        hands[place][0].add(move)
        hands[place][1].update(chosen)
    return hands


def _deck(source: random.Random) -> Sequence[tuple[str, Kind]]:
    """Every kind of every move, those that leave no room for others first."""
    cards = [
        (move, kinds[at % len(kinds)])
        for move, kinds in MOVES.items()
        for at in range(max(THRICE * min(len(kinds), 2), len(kinds)))
    ]
    source.shuffle(cards)
    return sorted(cards, key=lambda card: card[0] not in _FIRST)


def _fits(moves: set[str], switches: Kind, move: str, chosen: Kind) -> bool:
    together = {**switches, **chosen}
    again = (switches.keys() - _USUAL.keys()) & chosen.keys()
    if move in moves or again or len(moves) >= MOST_MOVES:
        return False
    return not any(left_out(World().with_switches(together), together.keys() - _USUAL.keys()))


def _one(source: random.Random, value: object) -> object:
    return source.choice(value) if isinstance(value, list) else value


def _fitted(switches: Kind) -> Kind:
    """The same with so few events that the world is drained in seconds."""
    fitted = dict(switches)
    while _seconds(fitted) > _LONGEST and int(str(fitted["events"])) > _FEWEST:
        fitted["events"] = int(str(fitted["events"])) * 3 // 4
    return fitted


def _seconds(switches: Kind) -> float:
    return oracle(World().with_switches(switches)).least_seconds
