"""Ends that are only told: when to believe that nothing comes after a row, and when to give the question up."""

from __future__ import annotations

from enum import Enum

# How often in a row the same end has to be told where as many rows are stored as the service tells of in all.
_LOOKS = 2
# Elsewhere more often, and over a time (seconds) that outlasts a service which is out of order for a moment.
_UNSURE_LOOKS, _UNSURE_SECONDS = 4, 20.0


class Belief(Enum):
    """What to make of an end that was told."""

    PROVEN = "second look"
    COUNTED = "told, and the total is reached"
    AGAIN = "again"
    IN_VAIN = "in vain"


EVERYTHING = "everything at once"
"""The proof of shards that a stream of the whole set came to its end beside."""
TOLD_ENDS = (Belief.PROVEN.value, Belief.COUNTED.value, EVERYTHING)
"""Proofs that rest on nothing coming after an end, where more may have come since."""


def believe(looks: int, seconds: float, *, agrees: bool | None, below: bool) -> Belief:
    """What to make of an end that was told ``looks`` times in a row, over so many seconds.

    ``agrees`` says whether as many rows are stored as the service tells of, None where it tells nothing; ``below``
    that rows are known behind that end, which is therefore none.
    """
    often = looks >= _UNSURE_LOOKS and seconds >= _UNSURE_SECONDS
    if below or agrees is False:
        return Belief.IN_VAIN if often else Belief.AGAIN
    if agrees:
        return Belief.PROVEN if looks >= _LOOKS else Belief.AGAIN
    return Belief.PROVEN if often else Belief.AGAIN
