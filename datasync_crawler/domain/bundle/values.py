"""What an expression is known to be without running it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .syntax import Node

# More variants than this say nothing that the first ones did not, and each multiplies the work of its caller.
MOST_VARIANTS = 8


@dataclass(frozen=True, slots=True)
class Text:
    """A string, or a number (`numeric`); unknown parts stand as `{name}` and make it not `known`.

    `example` names what a value is only one of many for: a default of something unknown, an element of a list.
    """

    template: str
    known: bool = True
    numeric: bool = False
    example: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Hole:
    """An unknown value, named by the way the code speaks of it: root first."""

    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """The placeholder's name: the way without its root, whose name says least."""
        return ".".join(self.path[1:] or self.path)


@dataclass(frozen=True, slots=True)
class Fixed:
    """`true`, `false`, `null` or `undefined`."""

    word: str


@dataclass(frozen=True, slots=True)
class Record:
    """An object, a Headers, a FormData or (`query`) a URLSearchParams; `open` when it may hold more than is told."""

    entries: Mapping[str, Value]
    open: bool = False
    query: bool = False

    def with_entry(self, key: str, value: Value) -> Record:
        """The same with `key` set."""
        return replace(self, entries={**self.entries, key: value})

    def merged(self, other: Value) -> Record:
        """The same with the entries of `other` over its own; all variants of a choice count."""
        result = self
        for option in options(other):
            if isinstance(option, Record):
                joined = {**result.entries, **option.entries}
                result = Record(joined, result.open or option.open, result.query)
            elif not isinstance(option, Fixed):
                result = replace(result, open=True)
        return result


@dataclass(frozen=True, slots=True)
class Sequence:
    """An array; `joined` are the pieces of a tagged template, which are its one item as a whole."""

    items: tuple[Value, ...]
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """`Object.entries(record)`, or its keys only, however filtered, sorted or mapped."""

    record: Record
    keys_only: bool = False


@dataclass(frozen=True, slots=True)
class KeyOf:
    """Any key of `record`."""

    record: Record


@dataclass(frozen=True, slots=True)
class Address:
    """A URL object and what its search parameters hold."""

    url: Text
    query: Record


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One call of `function`: what its parameters and `this` are; `outer` is the frame the function was made in."""

    function: Node
    arguments: tuple[Value, ...]
    this: Value | None
    outer: Frame | None


def entered(frame: Frame | None, function: Node | None) -> Frame | None:
    """The call of `function` that `frame` is, or lies in."""
    while frame is not None and frame.function is not function:
        frame = frame.outer
    return frame


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function as a value."""

    function: Node
    frame: Frame | None
    this: Value | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Blueprint:
    """A class as a value."""

    node: Node
    frame: Frame | None


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """`new` of a class; `arguments` is None where the code that makes it is unknown.

    `changed` holds what methods have made of its parts since.
    """

    blueprint: Blueprint
    arguments: tuple[Value, ...] | None
    changed: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """A configured HTTP client of a library; `verb` when one of its methods is meant.

    `inner` is what the same expression is by the library's own code, where the source holds that.
    """

    settings: Record
    verb: str = ""
    inner: Value | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Namespace:
    """All that a module exports: expressions by name."""

    exports: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A Request object: the call it describes is told where it is made, not where it is sent."""


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression, as the source writes it."""

    source: str
    flags: str


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the browser provides, with `window.` and its synonyms taken off."""

    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of several values; which one is not known."""

    variants: tuple[Value, ...]


Value = (
    Text
    | Hole
    | Fixed
    | Record
    | Sequence
    | Entries
    | KeyOf
    | Address
    | Closure
    | Blueprint
    | Instance
    | Client
    | Namespace
    | Prepared
    | Regex
    | Global
    | Choice
)

UNDEFINED = Fixed("undefined")
NULL = Fixed("null")
EMPTY = Record({})


def options(value: Value) -> tuple[Value, ...]:
    """The variants of a choice, or the one value."""
    return value.variants if isinstance(value, Choice) else (value,)


def closures(value: Value) -> Iterator[Closure]:
    """The functions of the source that `value` may be."""
    for option in options(value):
        if isinstance(option, Closure):
            yield option
        elif isinstance(option, Client) and option.inner is not None:
            yield from closures(option.inner)


def choice(values: Iterable[Value]) -> Value:
    """One of `values`: flattened, without repeats, at most MOST_VARIANTS."""
    kept: list[Value] = []
    for value in values:
        kept.extend(option for option in options(value) if option not in kept)
    if not kept:
        return UNDEFINED
    return kept[0] if len(kept) == 1 else Choice(tuple(kept[:MOST_VARIANTS]))
