"""The address of the next page, where an answer tells one: which of its parameters say where that page begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from datasync_crawler.domain.discovery.leaves import Leaf, words
from datasync_crawler.domain.discovery.parameters import read_roles
from datasync_crawler.domain.links import Parameters, leads_back, parameters_of
from datasync_crawler.domain.profile import Path

_AHEAD = ("next", "more", "following", "older", "continu", "cursor", "after")
_ASIDE = frozenset({"prev", "previous", "self", "first", "last", "newer", "start", "before"})
_ADDRESS = re.compile(r"(?:[a-z]+:)?//|/[^?]*\?|\?", re.IGNORECASE)
# A word that stands for a secret, as it is written where the secret itself was.
_SECRET = re.compile(r"\{(?:key|token)")


@dataclass(frozen=True, slots=True)
class Onward:
    """Where the address stands (None: in the ``Link`` header), and those of its parameters that count.

    ``names`` are all that it names beside those that we sent.
    """

    path: Path | None
    position: Parameters
    names: tuple[str, ...]


def is_address(value: Any) -> bool:
    """Whether a value is a text in the form of an address with a query, or of one of any origin."""
    return isinstance(value, str) and bool(_ADDRESS.match(value))


def find_onward(found: Iterable[Leaf], asked: str, linked: str | None) -> Onward | None:
    """The address of the next page in an answer of the address ``asked``: a member's before that of the header.

    ``linked`` is what the ``Link`` header gives. It has to lead to the same list and to say where to begin.
    """
    told = [(leaf.path, leaf.value) for leaf in found if is_address(leaf.value) and _ahead(leaf.path)]
    addresses: list[tuple[Path | None, str]] = [*told, *([(None, linked)] if linked else [])]
    for path, address in addresses:
        new = _news(address, asked) if leads_back(address, asked) else ()
        sent = dict(parameters_of(asked, asked) or ())
        if position := _position(new, sent):
            return Onward(path, position, tuple(name for name, _ in new if name not in sent))
    return None


def _ahead(path: Path) -> bool:
    said = {word for name in path for word in words(name)}
    return any(word.startswith(_AHEAD) for word in said) and not said & _ASIDE


def _news(address: str, asked: str) -> Parameters:
    """Parameters that were not sent, or with another value, without those that carry a secret."""
    sent = parameters_of(asked, asked) or ()
    told = parameters_of(address, asked) or ()
    return tuple(pair for pair in told if pair not in sent and pair[1] and not _SECRET.search(pair[1]))


def _position(new: Parameters, sent: Mapping[str, str]) -> Parameters:
    """The news but for the page size; where nothing else is new, what was not sent is taken for a position."""
    size = read_roles(name for name, _ in new).limit
    others = tuple(pair for pair in new if pair[0] != size)
    return others or tuple(pair for pair in new if pair[0] not in sent)
