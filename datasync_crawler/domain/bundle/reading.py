"""Reading one JavaScript source: the calls it makes, the scripts it leads to, the paths it merely mentions."""

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
    from collections.abc import Iterator

    from .calls import CodeCall, PathLiteral


@dataclass(frozen=True, slots=True)
class BundleReading:
    """All that one source tells."""

    calls: tuple[CodeCall, ...]
    links: tuple[str, ...]
    paths: tuple[PathLiteral, ...]


def read_bundle(source: bytes) -> BundleReading:
    """Read everything from `source` in one parse; broken code gives less, never an error."""
    with _folding(source) as folder:
        calls = trace(folder)
        return BundleReading(calls, links(folder, source), path_literals(folder.program, calls))


def read_calls(source: bytes) -> tuple[CodeCall, ...]:
    """The HTTP calls that `source` makes, each distinct one once, in source order."""
    with _folding(source) as folder:
        return trace(folder)


def read_links(source: bytes) -> tuple[str, ...]:
    """Further scripts and source maps that `source` names, as written: relative to it, to the site, or absolute."""
    with _folding(source) as folder:
        return links(folder, source)


def read_paths(source: bytes) -> tuple[PathLiteral, ...]:
    """Strings in `source` that look like addresses of an API but take part in no recognised call."""
    return read_bundle(source).paths


@contextmanager
def _folding(source: bytes) -> Iterator[Folder]:
    """The folder of `source`, without cyclic garbage collection meanwhile.

    The collector would walk the growing tree again and again, which doubles the time; afterwards it would have to find
    the tree, whose nodes hold each other, so that is taken apart.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        program = read_program(source)
        yield Folder(program)
        program.root.take_apart()
    finally:
        if was_enabled:
            gc.enable()
