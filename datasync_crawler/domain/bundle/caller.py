"""How a function of the source is entered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .syntax import Node


@dataclass(frozen=True, slots=True)
class Caller:
    """A call that enters the function; `loose` when its object is unknown, and only name and arguments say so.

    With `handed` the call is not of the function, but of something that calls it in turn with these arguments; `by`
    is `call` or `apply` where the function is called through that method.
    """

    call: Node
    loose: bool = False
    handed: tuple[Node, ...] = ()
    by: str = ""
