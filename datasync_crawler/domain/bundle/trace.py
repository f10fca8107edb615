"""From the calls that leave the page back to who causes them: wrappers are entered with their callers' arguments.

First come the browser's own ways out, then clients of libraries, then calls that only look like one; a call that was
understood by a better way is not told again by a worse one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from .callbacks import returned
from .callers import callers_of
from .client_calls import client_drafts, may_be_shaped, shaped_drafts
from .endpoints import endpoint_drafts, is_endpoint
from .finish import finished
from .names import parameters
from .outgoing import drafts, may_be_client, may_leave
from .passed import fetcher_names, find_fetchers
from .provided import given_values
from .strings import PLACEHOLDER
from .syntax import FUNCTIONS, Node, callee_of
from .values import Closure, Fixed, Frame, Sequence, Text, choice, closures, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .caller import Caller
    from .calls import CodeCall
    from .draft import Draft
    from .fold import Folder
    from .names import Binding
    from .values import Value

    Inside = Callable[[Frame | None], list[Draft]]
    Way = Callable[[Folder, Node, Frame | None], list[Draft]]

_STEM = re.compile(r"(.*/[^{}/]*\w)\{[^{}]*\}")
# Tables of routes have a row for each call of an application.
_MOST_ROWS = 40
# What a caller passes for one of many: something with a digit, and not the number of a version.
_IDENTITY = re.compile(r"(?!v\d+$)[\w.:-]*\d[\w.:-]*")
# Wrappers around wrappers: real clients have up to four; components that call them add one or two.
_DEEPEST = 6
# What one call that leaves the page may cost in questions, however many callers its wrappers have.
_MOST_QUESTIONS = 1500


@dataclass(frozen=True, slots=True)
class Told:
    """A call and the place in the source that makes it."""

    site: Node
    call: CodeCall


@dataclass(slots=True)
class _Search:
    folder: Folder
    understood: set[Node]
    questions: int = 0
    whole: set[Node] = field(default_factory=set)
    worded: set[Node] = field(default_factory=set)

    def climb(self, site: Node, inside: Inside, entered: tuple[Node, ...]) -> list[Told]:
        """The calls that `site` leads to: as its callers make them, or as it stands where no caller tells more."""
        self.questions += 1
        found, hung_on = self._asked(inside)
        if found and len(entered) < _DEEPEST:
            for function in site.enclosing(FUNCTIONS):
                if function not in entered and any(binding.function is function for binding in hung_on):
                    told = self._from_callers(function, inside, (*entered, function))
                    if told is not None:
                        self._mark(site, told)
                        return told + [one for one in _plain(found, site) if _adds(one.call, told)]
        told = _plain(found, site)
        self._mark(site, told)
        return told

    def _asked(self, inside: Inside) -> tuple[list[Draft], frozenset[Binding]]:
        """What is inside, row by row where that is made by looping over a table: its columns belong together."""
        folder = self.folder
        folder.tables.clear()
        found, hung_on = folder.ask(lambda: inside(None))
        tables = sorted(folder.tables, key=len)[:1] if found else []
        rows: list[Draft] = []
        for table in tables:
            for place in range(min(table.count(",") or len(table), _MOST_ROWS)):
                folder.looked_at = {table: place}
                rows += folder.ask(lambda: inside(None))[0]
        folder.looked_at = {}
        return rows or found, hung_on

    def _mark(self, site: Node, told: list[Told]) -> None:
        if any(_is_whole(one.call) for one in told):
            self.whole.add(site)
        if any(_is_worded(one.call) for one in told):
            self.worded.add(site)

    def _from_callers(self, function: Node, inside: Inside, entered: tuple[Node, ...]) -> list[Told] | None:
        """What the callers lead to, without those that are understood already; None where no caller tells anything."""
        told: list[Told] = []
        known = False
        for caller in callers_of(self.folder, function):
            if self.questions >= _MOST_QUESTIONS or self.folder.is_spent:
                break
            if caller.call in self.understood:
                known = True
                continue
            told += self.climb(caller.call, partial(self._enter, caller, function, inside), entered)
        return told if told or known else None

    def _enter(self, caller: Caller, function: Node, inside: Inside, frame: Frame | None) -> list[Draft]:
        callee = callee_of(caller.call)
        if callee is None:
            return []
        if caller.handed:
            return inside(Frame(function, tuple(self._key(node, frame) for node in caller.handed), None, None))
        given = given_values(self.folder, caller.call, frame)
        if caller.by:
            return self._enter_by(caller.by, given, function, inside)
        target = self.folder.value(callee, frame)
        given = _as_examples(given, function)
        for closure in closures(target):
            if closure.function is function:
                return inside(Frame(function, given, closure.this, closure.frame))
        return inside(Frame(function, given, None, None)) if caller.loose else []

    def _enter_by(self, method: str, given: tuple[Value, ...], function: Node, inside: Inside) -> list[Draft]:
        """Into a function that is called through `call` or `apply`; a list of unknown length leaves all open."""
        if method == "call":
            return inside(Frame(function, given[1:], given[0] if given else None, None))
        listed = given[1] if len(given) > 1 else None
        return inside(Frame(function, listed.items, None, None) if isinstance(listed, Sequence) else None)

    def _key(self, node: Node, frame: Frame | None) -> Value:
        value = self.folder.value(node, frame)
        value = returned(self.folder, value) if isinstance(value, Closure) else value
        return choice(option for option in options(value) if not isinstance(option, Fixed))


def _as_examples(given: tuple[Value, ...], function: Node) -> tuple[Value, ...]:
    """The arguments of a call, those that name one of many things marked as such."""
    names = [parameter.text for parameter in parameters(function)]
    return tuple(
        replace(value, example=names[place] or "value")
        if place < len(names) and isinstance(value, Text) and value.known and _IDENTITY.fullmatch(value.template)
        else value
        for place, value in enumerate(given)
    )


def _plain(found: list[Draft], site: Node) -> list[Told]:
    return [Told(site, call) for draft in found for call in finished(draft, site.start)]


def _is_whole(call: CodeCall) -> bool:
    """Whether the address is known from its first part on."""
    return not call.url.startswith("{") and _is_worded(call)


def _is_worded(call: CodeCall) -> bool:
    """Whether anything of the address is known."""
    return any(sign.isalnum() for sign in PLACEHOLDER.sub("", call.url))


def _adds(call: CodeCall, told: list[Told]) -> bool:
    """Whether a wrapper's own form names parameters or body keys of a path that none of its callers uses."""
    calls = [one.call for one in told]
    same = [other for other in calls if (other.method, _shape(other)) == (call.method, _shape(call))]
    used = {name for other in same for name in (*other.params, *other.body)}
    return bool(same) and not used.issuperset((*call.params, *call.body))


def _shape(call: CodeCall) -> str:
    return PLACEHOLDER.sub("{}", call.url.partition("?")[0])


def trace(folder: Folder) -> dict[str, tuple[CodeCall, ...]]:
    """All calls of the program by the script that makes them, each distinct one once a script, in source order."""
    program = folder.program
    program.fetchers = frozenset(find_fetchers(folder))
    program.fetcher_names = frozenset(fetcher_names(program))
    told: list[Told] = []
    understood: set[Node] = set()
    worded: set[Node] = set()
    ways: tuple[tuple[Way, Iterable[Node]], ...] = (
        (drafts, [site for site in program.calls if may_leave(site, folder)]),
        (client_drafts, [site for site in program.calls if may_be_client(site, folder)]),
        (endpoint_drafts, [site for site in program.calls if is_endpoint(site)]),
    )
    for way, sites in ways:
        told += _by_way(folder, way, sites, understood, worded)
    shaped = [site for site in program.calls if may_be_shaped(site)]
    told += _by_way(folder, shaped_drafts, shaped, worded, worded)
    return _by_script(folder, told)


def _by_way(folder: Folder, way: Way, sites: Iterable[Node], understood: set[Node], worded: set[Node]) -> list[Told]:
    """What the sites lead to by one way of understanding calls; adds those that it understood."""
    told: list[Told] = []
    whole: set[Node] = set()
    for site in sites:
        if folder.is_spent:
            break
        if site not in understood:
            search = _Search(folder, understood)
            told += search.climb(site, partial(way, folder, site), ())
            whole |= search.whole
            worded |= search.worded
    understood |= whole
    return told


def _by_script(folder: Folder, told: list[Told]) -> dict[str, tuple[CodeCall, ...]]:
    whole = {one.site for one in told if _is_whole(one.call)}
    urls = {one.call.url for one in told}
    kept: dict[str, dict[CodeCall, CodeCall]] = {url: {} for url in folder.program.scripts}
    for one in sorted(told, key=lambda one: one.call.offset):
        if (_is_whole(one.call) or one.site not in whole) and not _is_stem(one.call, urls):
            kept[folder.program.url_of(one.site)].setdefault(replace(one.call, offset=0), one.call)
    return {url: tuple(calls.values()) for url, calls in kept.items()}


def _is_stem(call: CodeCall, urls: Iterable[str]) -> bool:
    """Whether a call is only the form of a wrapper (`/base{path}`) whose paths other calls tell."""
    stem = _STEM.fullmatch(call.url)
    return stem is not None and any(url.startswith(stem[1] + "/") for url in urls)
