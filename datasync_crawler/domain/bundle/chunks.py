"""webpack's names of lazy chunks: a function from the chunk's id to its file, with the ids in tables inside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .syntax import FUNCTIONS, Node, arguments, property_name
from .values import Closure, Text, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .fold import Folder

# The runtime keeps the file name of a chunk under `u`, the public path under `p`, and loads a chunk by `e`.
_NAMER, _PUBLIC_PATH, _LOADER = "u", "p", "e"
_MOST_CHUNKS = 500


def chunk_files(folder: Folder, root: Node) -> list[str]:
    """The files of chunks that the script `root` can name, behind the public path where that is known."""
    url = folder.program.url_of(root)
    assigned = (node.child("right") for node in folder.program.assignments_by_property.get(_NAMER, ()))
    namers = [*assigned, *folder.program.functions_by_property.get(_NAMER, ())]
    found: dict[str, None] = {}
    for function in namers:
        if function is not None and _names_scripts(function) and folder.program.url_of(function) == url:
            prefix = _public_path(folder)
            found.update((prefix + name, None) for name in _named(folder, function))
    return list(found)


def _names_scripts(function: Node) -> bool:
    written = (node.text for node in function.descendants() if node.kind == "string_fragment")
    return function.kind in FUNCTIONS and any(text.endswith((".js", ".mjs")) for text in written)


def _named(folder: Folder, function: Node) -> Iterator[str]:
    for identity in list(dict.fromkeys(_identities(folder, function)))[:_MOST_CHUNKS]:
        given = Text(identity, numeric=identity.isdigit())
        value = folder.ask(partial(folder.apply, Closure(function, None), (given,)))[0]
        for option in options(value):
            if isinstance(option, Text) and option.known and option.template.endswith((".js", ".mjs")):
                yield option.template


def _identities(folder: Folder, function: Node) -> Iterator[str]:
    """Chunk ids: keys of the tables in the naming function, numbers it compares with, arguments of the loader."""
    for node in function.descendants():
        key = node.child("key") if node.kind == "pair" else None
        if key is not None:
            yield key.text or "".join(child.text for child in key.children)
        elif node.kind == "number" and node.parent is not None and node.parent.kind == "binary_expression":
            yield node.text
    calls = folder.program.calls_by_property
    for call in (*calls.get(_LOADER, ()), *calls.get(_NAMER, ())):
        yield from (node.text for node in arguments(call)[:1] if node.kind == "number")


def _public_path(folder: Folder) -> str:
    for assignment in folder.program.assignments_by_property.get(_PUBLIC_PATH, ()):
        left, right = assignment.child("left"), assignment.child("right")
        if left is None or right is None or property_name(left) != _PUBLIC_PATH:
            continue
        value = folder.ask(partial(folder.value, right, None))[0]
        if isinstance(value, Text) and value.known and value.template.endswith("/"):
            return value.template
    return ""
