"""JavaScript source as a light syntax tree: named nodes only, cheap to walk many times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import tree_sitter_javascript
from tree_sitter import Language, Parser

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import TreeCursor

_LANGUAGE = Language(tree_sitter_javascript.language())

# Only these leaves are ever asked for their text; copying the others would cost a third of the time.
_TEXTUAL = frozenset(
    {
        "identifier",
        "property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "string_fragment",
        "escape_sequence",
        "number",
        "regex_pattern",
        "regex_flags",
    }
)

FUNCTIONS = frozenset(
    {
        "function_declaration",
        "function_expression",
        "arrow_function",
        "method_definition",
        "generator_function",
        "generator_function_declaration",
    }
)
CLASSES = frozenset({"class_declaration", "class"})


@dataclass(slots=True, eq=False)
class Node:
    """A named node; `start` and `end` are byte offsets, `text` is filled for names, numbers, pieces of strings."""

    kind: str
    start: int
    end: int
    field: str
    parent: Node | None
    text: str = ""
    operator: str = ""
    children: Sequence[Node] = ()

    def child(self, name: str) -> Node | None:
        """The first child that stands in the grammar's field `name`."""
        for child in self.children:
            if child.field == name:
                return child
        return None

    def descendants(self) -> Iterator[Node]:
        """All nodes from this one down, in source order; never recursive, however deep the tree."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def take_apart(self) -> None:
        """Cut the links to parents, so that the tree's memory is free as soon as nobody holds it."""
        for node in self.descendants():
            node.parent = None

    def enclosing(self, kinds: frozenset[str]) -> Iterator[Node]:
        """The ancestors of one of `kinds`, innermost first."""
        node = self.parent
        while node is not None:
            if node.kind in kinds:
                yield node
            node = node.parent


def parse(source: bytes) -> Node:
    """The tree of `source`; broken code gives a tree with gaps, never an error."""
    cursor = Parser(_LANGUAGE).parse(source).walk()
    root = Node("program", 0, len(source), "", None)
    if not cursor.goto_first_child():
        return root
    opened: list[tuple[Node, list[Node]]] = [_opened(root)]
    while True:
        node = _take(cursor, *opened[-1], source)
        if cursor.goto_first_child():
            opened.append(_opened(node or Node("sign", 0, 0, "", None)))
            continue
        while not cursor.goto_next_sibling():
            opened.pop()
            if not cursor.goto_parent() or not opened:
                return root


def _opened(node: Node) -> tuple[Node, list[Node]]:
    children: list[Node] = []
    node.children = children
    return node, children


def _take(cursor: TreeCursor, parent: Node, siblings: list[Node], source: bytes) -> Node | None:
    raw = cursor.node
    if raw is None:
        return None
    kind, name = raw.type, cursor.field_name or ""
    if not raw.is_named:
        _take_sign(kind, name, parent, siblings)
        return None
    start, end = raw.start_byte, raw.end_byte
    node = Node(kind, start, end, name, parent)
    if kind in _TEXTUAL:
        node.text = source[start:end].decode("utf-8", "replace")
    siblings.append(node)
    return node


def _take_sign(kind: str, name: str, parent: Node, siblings: list[Node]) -> None:
    """Keep what signs mean: an operator, a kind of declaration, a getter, a default export, an elision in a list."""
    if name == "operator" or (kind in ("get", "static") and parent.kind == "method_definition"):
        parent.operator = kind
    elif name == "kind":
        parent.text = kind
    elif kind == "default" and parent.kind == "export_statement":
        parent.operator = kind
    elif kind == "," and parent.kind in ("array_pattern", "array"):
        siblings.append(Node(",", 0, 0, "", parent))


def bare(node: Node) -> Node:
    """`node` without the parentheses, `await` and leading sequence parts around the value it stands for."""
    while node.kind in ("parenthesized_expression", "sequence_expression", "await_expression") and node.children:
        node = node.children[-1]
    return node


def outermost(node: Node) -> Node:
    """The widest expression that has the same value as `node`: out through parentheses, `await`, last in sequence."""
    parent = node.parent
    while parent is not None and parent.kind in (
        "parenthesized_expression",
        "sequence_expression",
        "await_expression",
    ):
        if parent.children[-1] is not node:
            break
        node, parent = parent, parent.parent
    return node


def arguments(node: Node) -> list[Node]:
    """The argument expressions of a call or `new`; a tagged template has none."""
    held = node.child("arguments")
    if held is None or held.kind != "arguments":
        return []
    return [child for child in held.children if child.kind != "comment"]


def string_value(node: Node) -> str | None:
    """The value of a string literal or of a template without substitutions, else None."""
    if node.kind not in ("string", "template_string"):
        return None
    if any(child.kind == "template_substitution" for child in node.children):
        return None
    return "".join(piece(child) for child in node.children)


def piece(node: Node) -> str:
    """The text a string fragment or an escape sequence stands for."""
    if node.kind != "escape_sequence":
        return node.text
    body = node.text[1:]
    if body[:1] in ("u", "x"):
        digits = body[1:].strip("{}")
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            return ""
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}.get(body, body)


def property_name(node: Node) -> str:
    """The last property of `a.b` or `a["b"]`; empty where it is computed, and for anything else."""
    if node.kind == "member_expression":
        found = node.child("property")
        return found.text if found is not None else ""
    if node.kind == "subscript_expression":
        index = node.child("index")
        return (string_value(index) or "") if index is not None else ""
    return ""


def callee_of(call: Node) -> Node | None:
    """The expression called, or the class made by `new`."""
    callee = call.child("function") or call.child("constructor")
    return None if callee is None else bare(callee)


def called_name(call: Node) -> str:
    """The property that a call goes through, as `get` in `api.get(x)`; empty for a plain call."""
    callee = callee_of(call)
    return "" if callee is None else property_name(callee)


def key_text(key: Node | None) -> str:
    """The name a property key writes; empty where it is computed."""
    if key is None:
        return ""
    return key.text or string_value(key) or ""
