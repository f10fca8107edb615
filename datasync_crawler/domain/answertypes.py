"""The types that an answer is decoded into: just the members that are needed, by the shape that was found out."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import msgspec

from datasync_crawler.domain.profile import Path, RowShape

_Tree = dict[str, Any]
FACTS = ("has_more", "next_cursor", "cursor_life", "total", "returned", "limit")
"""What an answer tells beside its rows, as the members of a shape that say where."""
# A name that no member has (no character is 0xFFFF), for what a row does not tell.
_NOWHERE = "\uffff"


class Alone(NamedTuple):
    """A row that is nothing but its id."""

    id: str | int | None
    time: None = None
    type: None = None


def row_type(shape: RowShape, *, whole: bool) -> Any:
    """What a row is decoded into: id and time, with ``whole`` its type; in wrappers where the shape says so."""
    row = _row_type(shape, whole=whole)
    if not shape.under:
        return row
    tree: _Tree = {}
    _grow(tree, shape.under, row)
    return _struct(tree)


def answer_type(shape: RowShape, rows: Any) -> Any:
    """What an answer is decoded into, ``rows`` being the type of its rows: they and the :data:`FACTS` beside them."""
    if not shape.rows:
        return rows
    tree: _Tree = {}
    for path in (getattr(shape, name) for name in FACTS):
        if path:
            _grow(tree, path, Any)
    _grow(tree, shape.rows, rows)
    return _struct(tree)


def member_at(node: object, path: Path) -> Any:
    """What stands at a path within something decoded so; None where nothing does."""
    for name in path:
        if node is None or isinstance(node, str):
            return None
        node = getattr(node, type(node).__member_names__[name])  # type: ignore[attr-defined]
    return node


def _row_type(shape: RowShape, *, whole: bool) -> Any:
    if shape.bare:
        return str | int | None
    if shape.time_under or shape.type_under:
        return _deep_row_type(shape)
    names = {"id": shape.id, "time": shape.time or _NOWHERE + "time", "type": shape.type or _NOWHERE + "type"}
    fields = [("id", str | int | None, None), ("time", Any, None)]
    if whole:
        fields.append(("type", Any, None))
    return msgspec.defstruct("Row", fields, rename=names, gc=False)


def _deep_row_type(shape: RowShape) -> Any:
    """A row whose time or type stands in an object of it: looked up when asked for, as mostly only the ends are."""
    places = {"time": (shape.time_under, shape.time), "type": (shape.type_under, shape.type)}
    paths = {name: (*under, member) for name, (under, member) in places.items() if member is not None}
    tree: _Tree = {}
    for path in paths.values():
        _grow(tree, path, Any)
    found = {name: property(partial(member_at, path=path)) for name, path in paths.items()}
    return msgspec.defstruct(
        "Row",
        [("id", str | int | None, None)],
        bases=(_struct(tree),),
        rename={"id": shape.id},
        namespace={"type": None, **found},
        gc=False,
    )


def _grow(tree: _Tree, path: Path, leaf: Any) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = leaf


def _struct(tree: _Tree) -> type[msgspec.Struct]:
    members = list(tree.items())
    fields = [
        (
            f"m{index}",
            # Where all is written as text, an object that is not there may be an empty one.
            (_struct(kind) | str | None) if isinstance(kind, dict) else kind | None if kind is not Any else Any,
            None,
        )
        for index, (_, kind) in enumerate(members)
    ]
    rename = {f"m{index}": name for index, (name, _) in enumerate(members)}
    made = msgspec.defstruct("Answer", fields, rename=rename, gc=False)
    made.__member_names__ = {name: field for field, name in rename.items()}  # type: ignore[attr-defined]
    return made
