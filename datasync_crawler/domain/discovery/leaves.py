"""Walking JSON documents: every member with the path of keys that leads to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from datasync_crawler.domain.profile import Path

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DEEPEST = 8


class Leaf(NamedTuple):
    """A member of a document that is neither an object nor a list."""

    path: Path
    value: Any

    @property
    def words(self) -> frozenset[str]:
        """The words of the member's own name."""
        return words(self.path[-1]) if self.path else frozenset()


def words(name: str) -> frozenset[str]:
    """The lower-case words of a name in any spelling.

    >>> sorted(words("nextPage_token")) == sorted(words("NEXT-PAGE-TOKEN"))
    True
    """
    return frozenset(word.lower() for word in _WORDS.findall(name))


def leaves(document: Any, path: Path = ()) -> Iterator[Leaf]:
    """Every scalar that objects alone lead to; lists are not entered."""
    if isinstance(document, Mapping) and len(path) < _DEEPEST:
        for name, member in document.items():
            yield from leaves(member, (*path, str(name)))
    elif not isinstance(document, (list, Mapping)):
        yield Leaf(path, document)


def lists(document: Any, path: Path = ()) -> Iterator[tuple[Path, list[Any]]]:
    """Every list that objects alone lead to, the document itself included."""
    if isinstance(document, list):
        yield path, document
    elif isinstance(document, Mapping) and len(path) < _DEEPEST:
        for name, member in document.items():
            yield from lists(member, (*path, str(name)))


def named(leaf: Leaf, *stems: str) -> bool:
    """Whether a word of the member's name begins with one of the stems."""
    return any(word.startswith(stems) for word in leaf.words)


def has(document: Any, path: Path) -> bool:
    """Whether the path leads to a member, be it null."""
    holder = at(document, path[:-1])
    return bool(path) and isinstance(holder, Mapping) and path[-1] in holder


def at(document: Any, path: Path) -> Any:
    """What the path leads to, or None."""
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document
