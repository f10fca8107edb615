"""What the parts of the fold engine ask of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from .program import Program
    from .syntax import Node
    from .values import Closure, Frame, Value


Answer = TypeVar("Answer")


class Evaluator(Protocol):
    """Folds expressions; never raises, and answers with a Hole where it knows nothing or has worked enough."""

    program: Program

    def value(self, node: Node, frame: Frame | None) -> Value:
        """What `node` is, inside the calls that `frame` describes."""

    def apart(self, question: Callable[[], Answer]) -> Answer:
        """The answer of `question` as if nothing else was being asked."""

    def named(self, node: Node, frame: Frame | None) -> Value:
        """What the identifier `node` is."""

    def apply(self, closure: Closure, arguments: tuple[Value, ...]) -> Value:
        """What a call of `closure` returns."""

    def this(self, node: Node, frame: Frame | None) -> Value:
        """What `this` is at `node`."""

    def row_of(self, table: tuple[str, ...]) -> int | None:
        """Which row of a table that the source loops over is being looked at; None where it is any."""
