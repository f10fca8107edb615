"""From the calls that leave the page back to who causes them: wrappers are entered with their callers' arguments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from .callers import callers_of
from .finish import finished
from .outgoing import drafts, is_mere_verb, may_leave
from .provided import given_values
from .strings import PLACEHOLDER
from .syntax import FUNCTIONS, Node, callee_of
from .values import Closure, Frame, options

if TYPE_CHECKING:
    from collections.abc import Callable

    from .callers import Caller
    from .calls import CodeCall
    from .fold import Folder
    from .outgoing import Draft

    Inside = Callable[[Frame | None], list[Draft]]

# Wrappers around wrappers: real clients have up to four; components that call them add one or two.
_DEEPEST = 6
# What one call that leaves the page may cost in questions, however many callers its wrappers have.
_MOST_QUESTIONS = 1500


@dataclass(slots=True)
class _Search:
    folder: Folder
    questions: int = 0

    def climb(self, site: Node, inside: Inside, entered: tuple[Node, ...]) -> list[CodeCall]:
        """The calls that `site` leads to: as its callers make them, or as it stands where no caller tells more."""
        self.questions += 1
        found, hung_on = self.folder.ask(lambda: inside(None))
        if found and len(entered) < _DEEPEST:
            for function in site.enclosing(FUNCTIONS):
                if function not in entered and any(binding.function is function for binding in hung_on):
                    told = self._from_callers(function, inside, (*entered, function))
                    if told:
                        return told + [call for call in _plain(found, site) if _adds(call, told)]
        return _plain(found, site)

    def _from_callers(self, function: Node, inside: Inside, entered: tuple[Node, ...]) -> list[CodeCall]:
        told: list[CodeCall] = []
        for caller in callers_of(self.folder, function):
            if self.questions >= _MOST_QUESTIONS or self.folder.is_spent:
                break
            told += self.climb(caller.call, partial(self._enter, caller, function, inside), entered)
        return told

    def _enter(self, caller: Caller, function: Node, inside: Inside, frame: Frame | None) -> list[Draft]:
        callee = callee_of(caller.call)
        if callee is None:
            return []
        target = self.folder.value(callee, frame)
        given = given_values(self.folder, caller.call, frame)
        for option in options(target):
            if isinstance(option, Closure) and option.function is function:
                return inside(Frame(function, given, option.this, option.frame))
        return inside(Frame(function, given, None, None)) if caller.loose else []


def _plain(found: list[Draft], site: Node) -> list[CodeCall]:
    return [call for draft in found for call in finished(draft, site.start)]


def _adds(call: CodeCall, told: list[CodeCall]) -> bool:
    """Whether a wrapper's own form names parameters or body keys of a path that none of its callers uses."""
    same = [other for other in told if (other.method, _shape(other)) == (call.method, _shape(call))]
    used = {name for other in same for name in (*other.params, *other.body)}
    return bool(same) and not used.issuperset((*call.params, *call.body))


def _shape(call: CodeCall) -> str:
    return PLACEHOLDER.sub("{}", call.url.partition("?")[0])


def trace(folder: Folder) -> tuple[CodeCall, ...]:
    """All calls of the program, each distinct one once, at its first offset, in source order."""
    calls: list[CodeCall] = []
    sites = [site for site in folder.program.calls if may_leave(site, folder)]
    for site in sorted(sites, key=is_mere_verb):
        if folder.is_spent:
            break
        calls += _Search(folder).climb(site, partial(drafts, folder, site), ())
    kept: dict[CodeCall, CodeCall] = {}
    for call in sorted(calls, key=lambda call: call.offset):
        kept.setdefault(replace(call, offset=0), call)
    return tuple(kept.values())
