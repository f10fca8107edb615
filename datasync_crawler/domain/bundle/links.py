"""The scripts that a script leads to: imports, workers, preload lists, webpack's chunk names, source maps."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from .chunks import chunk_files
from .strings import text
from .syntax import Node, arguments, callee_of, property_name, string_value
from .values import Address, Text, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .fold import Folder

_MAP = re.compile(rb"[#@]\s*sourceMappingURL=([^\s'\"*]+)")
_SCRIPT = re.compile(r"[^\s{}]+\.[cm]?js(?:[?#]\S*)?")
_LOADERS = frozenset({"Worker", "SharedWorker", "importScripts", "register", "import"})


def links(folder: Folder, root: Node, source: bytes) -> tuple[str, ...]:
    """The links of one script of the program in source order, each once."""
    found = [link for node in root.descendants() for link in _of_node(folder, node)]
    found += chunk_files(folder, root)
    if b"__BUILD_MANIFEST" in source:
        found += _of_manifest(root)
    maps = [match.decode("utf-8", "replace") for match in _MAP.findall(source)]
    return tuple(dict.fromkeys([*found, *maps[-1:]]))


def _of_manifest(root: Node) -> Iterator[str]:
    """Next.js lists the scripts of all pages in one that lies two folders below where the list counts from."""
    for node in root.descendants():
        written = string_value(node) if node.kind == "string" else None
        if written and written.startswith("static/") and _SCRIPT.fullmatch(written):
            yield "../../" + written


def _of_node(folder: Folder, node: Node) -> Iterator[str]:
    if node.kind in ("import_statement", "export_statement"):
        module = node.child("source")
        written = string_value(module) if module is not None else None
        if written and _is_address(written):
            yield written
    elif node.kind in ("call_expression", "new_expression"):
        yield from _of_call(folder, node)
    elif node.kind == "array" and _is_preload_list(node):
        yield from (value for child in node.children if _SCRIPT.fullmatch(value := string_value(child) or ""))


def _of_call(folder: Folder, call: Node) -> Iterator[str]:
    callee, given = callee_of(call), arguments(call)
    if callee is None or not given:
        return
    if callee.kind == "import":
        yield from filter(_is_address, _known(folder.ask(lambda: folder.value(given[0], None))[0]))
    elif given[0].kind == "array" and (property_name(callee) or callee.text) in ("register", "define"):
        wanted = (string_value(child) or "" for child in given[0].children)
        yield from (module for module in wanted if _is_address(module))
    elif (property_name(callee) or callee.text) in _LOADERS:
        for node in given:
            value = folder.ask(partial(folder.value, node, None))[0]
            yield from (link for link in _known(value) if _SCRIPT.fullmatch(link))


def _is_address(module: str) -> bool:
    """A bare module name means a package, which no server serves under that name."""
    return module.startswith((".", "/")) or "://" in module


def _known(value: Value) -> Iterator[str]:
    for option in options(value):
        told = text(option) if isinstance(option, (Text, Address)) else None
        if told is not None and told.known and told.template:
            yield told.template


def _is_preload_list(array: Node) -> bool:
    """Vite keeps what lazy imports preload in one list inside `__vite__mapDeps`."""
    node: Node | None = array
    for _ in range(12):
        node = node.parent if node is not None else None
        if node is not None and node.kind == "variable_declarator":
            name = node.child("name")
            if name is not None and name.text == "__vite__mapDeps":
                return True
    return False
