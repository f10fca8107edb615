"""Functions that fetch what a key names, called by a library: `useSWR(path, fetcher)`, a `fetcher` for all keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .callbacks import returned
from .caller import Caller
from .clients import is_address
from .libraries import VERBS
from .syntax import FUNCTIONS, Node, arguments, bare, called_name, key_text, outermost
from .values import Closure, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .fold import Folder
    from .names import Binding
    from .values import Value


def handed_over(folder: Folder, function: Node, binding: Binding | None) -> Iterator[Caller]:
    """Calls that are given an address as a key and `function` to fetch it: `useSWR(path, fetcher)`."""
    uses = [outermost(use) for use in (function, *(binding.references if binding is not None else ()))]
    for use in uses:
        call = use.parent.parent if use.parent is not None and use.parent.kind == "arguments" else None
        given = arguments(call) if call is not None else []
        if call is None or len(given) < 2 or given[1] is not use:  # noqa: PLR2004 - the key, then who fetches it
            continue
        if is_address(_key(folder.ask(partial(folder.value, given[0], None))[0], folder)):
            yield Caller(call, handed=(given[0],))


def by_default(folder: Folder, function: Node, binding: Binding | None) -> Iterator[Caller]:
    """Calls that only give an address as a key, where `function` is the `fetcher` for all such."""
    uses = [outermost(use) for use in (function, *(binding.references if binding is not None else ()))]
    if not any(_is_fetcher(use) for use in uses):
        return
    for asking in folder.program.bindings_by_part.get("data", ()):
        call = bare(asking.values[0][0]) if len(asking.values) == 1 else None
        given = arguments(call) if call is not None and call.kind == "call_expression" else []
        if call is None or not given or any(node.kind in FUNCTIONS for node in given[1:2]):
            continue
        if called_name(call).lower() in VERBS:
            continue
        if is_address(_key(folder.ask(partial(folder.value, given[0], None))[0], folder)):
            yield Caller(call, handed=(given[0],))


def _is_fetcher(use: Node) -> bool:
    around = use.parent
    named = around is not None and around.kind == "pair" and key_text(around.child("key")) == "fetcher"
    return named or (use.kind == "shorthand_property_identifier" and use.text == "fetcher")


def _key(value: Value, folder: Folder) -> Value:
    if isinstance(value, Closure):
        value = returned(folder, value)
    return value.items[0] if isinstance(value, Sequence) and value.items else value
