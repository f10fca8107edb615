"""Reading JavaScript: the calls that scripts make, the scripts they lead to, the paths they merely mention."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .fold import Folder
from .links import links
from .literals import path_literals
from .program import read_program
from .trace import trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .calls import CodeCall, PathLiteral


@dataclass(frozen=True, slots=True)
class BundleReading:
    """All that one source tells."""

    calls: tuple[CodeCall, ...]
    links: tuple[str, ...]
    paths: tuple[PathLiteral, ...]


# What scripts read together may weigh; a tree takes some eighty times the memory of its source for a moment.
_MOST_TOGETHER = 4_000_000


def read_bundles(sources: Mapping[str, bytes]) -> dict[str, BundleReading]:
    """Read scripts that one page loads together: what one imports, another exports.

    Keys are addresses, by which the scripts import each other. Where all of them are more than can be read at once,
    the largest are read alone and last: applications are cut into small files, libraries into large ones.
    """
    together: dict[str, bytes] = {}
    weight = 0
    for url, source in sorted(sources.items(), key=lambda item: (len(item[1]), item[0])):
        weight += len(source)
        if weight <= _MOST_TOGETHER:
            together[url] = source
    alone = [{url: source} for url, source in sources.items() if url not in together]
    found: dict[str, BundleReading] = {}
    for group in (together, *alone):
        found.update(_read(group))
    return {url: found[url] for url in sources}


def _read(sources: Mapping[str, bytes]) -> dict[str, BundleReading]:
    with _folding(sources) as folder:
        calls = trace(folder)
        every = tuple(call for made in calls.values() for call in made)
        return {
            url: BundleReading(
                calls[url],
                links(folder, root, sources[url]),
                path_literals(root, every),
            )
            for url, root in folder.program.scripts.items()
        }


def read_bundle(source: bytes) -> BundleReading:
    """Read everything from `source` in one parse; broken code gives less, never an error."""
    return _read({"": source})[""]


def read_calls(source: bytes) -> tuple[CodeCall, ...]:
    """The HTTP calls that `source` makes, each distinct one once, in source order."""
    with _folding({"": source}) as folder:
        return trace(folder)[""]


def read_links(source: bytes) -> tuple[str, ...]:
    """Further scripts and source maps that `source` names, as written: relative to it, to the site, or absolute."""
    with _folding({"": source}) as folder:
        return links(folder, folder.program.scripts[""], source)


def read_paths(source: bytes) -> tuple[PathLiteral, ...]:
    """Strings in `source` that look like addresses of an API but take part in no recognised call."""
    return read_bundle(source).paths


@contextmanager
def _folding(sources: Mapping[str, bytes]) -> Iterator[Folder]:
    """The folder of scripts, without cyclic garbage collection meanwhile.

    The collector would walk the growing trees again and again, which doubles the time; afterwards it would have to
    find the trees, whose nodes hold each other, so those are taken apart.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        program = read_program(sources)
        yield Folder(program)
        for root in program.scripts.values():
            root.take_apart()
    finally:
        if was_enabled:
            gc.enable()
