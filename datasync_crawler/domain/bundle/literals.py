"""Strings that look like addresses of an API: weak evidence where no call was recognised."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .calls import PathLiteral
from .syntax import Node, piece

if TYPE_CHECKING:
    from .calls import CodeCall

# Words that address an API by convention of the trade, as a segment near the front of a path.
_API_PATH = re.compile(r"/(?:[\w.~-]+/)?(?:api|internal|rest|graphql|rpc|v\d+)(?:[/?].*)?", re.DOTALL)
_ABSOLUTE = re.compile(r"(?:https?|wss?)://[\w.{}-]+(?::\d+)?(?:/\S*)?")
# XML namespaces are written as addresses that nobody calls.
_NAMESPACES = ("http://www.w3.org/", "https://www.w3.org/")


def path_literals(root: Node, calls: tuple[CodeCall, ...]) -> tuple[PathLiteral, ...]:
    """The literals that look like addresses and are part of no call's URL, each value once, in source order."""
    urls = [call.url for call in calls]
    found: dict[str, int] = {}
    for node in root.descendants():
        if node.kind in ("string", "template_string"):
            value = _written(node)
            if _looks_like_address(value) and not any(_is_part(value, url) for url in urls):
                found.setdefault(value, node.start)
    return tuple(PathLiteral(value, offset) for value, offset in found.items())


def _written(node: Node) -> str:
    """The literal as a template: substitutions become `{name}` of what is written last in them."""
    return "".join(_name(child) if child.kind == "template_substitution" else piece(child) for child in node.children)


def _name(substitution: Node) -> str:
    names = [node.text for node in substitution.descendants() if node.kind in ("identifier", "property_identifier")]
    return f"{{{names[-1] if names else 'value'}}}"


def _looks_like_address(value: str) -> bool:
    if value.startswith(_NAMESPACES):
        return False
    return (_API_PATH if value.startswith("/") else _ABSOLUTE).fullmatch(value) is not None


def _is_part(value: str, url: str) -> bool:
    """Whether `url` holds `value` up to a boundary of segments; of a template only the fixed start counts."""
    start = value.partition("{")[0]
    place = url.find(start)
    if place < 0:
        return False
    rest = url[place + len(start) :]
    return start != value or start.endswith("/") or not rest or rest[0] in "/?{#&"
