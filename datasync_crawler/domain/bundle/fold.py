"""The fold engine: what an expression is worth, read from the source without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .callbacks import parameter_from_context
from .classes import instances_of, made_by_new, this_function
from .expressions import EXPRESSIONS
from .members import WINDOWS
from .mutations import mutated
from .parts import part
from .strings import concat, text, truth
from .syntax import CLASSES, FUNCTIONS, Node
from .values import (
    EMPTY,
    UNDEFINED,
    Blueprint,
    Client,
    Closure,
    Frame,
    Global,
    Hole,
    Instance,
    Sequence,
    Text,
    Value,
    choice,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .names import Binding
    from .program import Program

# Deeper nesting than this is generated code or a loop in the source; the interpreter's own stack bounds it too.
_DEEPEST = 60
# Folds that one question may cost: a call of a real client takes some hundreds.
_STEPS_A_QUESTION = 3000
# Folds for a whole source: some two seconds; a dashboard of 600 KB takes a quarter of them.
_STEPS_A_SOURCE = 300_000
_MOST_RETURNS = 4
# Names up to this length were most likely given by a minifier and tell nothing.
_MINIFIED = 2

Answer = TypeVar("Answer")


class Folder:
    """Folds the expressions of one program; remembers which parameters an answer hung on."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.touched: set[Binding] = set()
        self._depth = 0
        self._spent = 0
        self._steps = 0
        self._open: dict[tuple[object, Frame | None], Value] = {}
        self._constants: dict[Binding, tuple[Value, frozenset[Binding]]] = {}
        self._instances: dict[Node, Value] = {}
        self._made_by_new: dict[Node, list[tuple[Blueprint, Node]]] | None = None
        self._applying: list[Node] = []

    @property
    def is_spent(self) -> bool:
        """Whether the source has cost as much work as any source may; answers from now on would say little."""
        return self._spent > _STEPS_A_SOURCE

    def ask(self, question: Callable[[], Answer]) -> tuple[Answer, frozenset[Binding]]:
        """The answer of `question`, and the parameters without a known argument that it hung on."""
        self._spent += self._steps
        self._steps = 0
        before, self.touched = self.touched, set()
        answer = question()
        hung_on, self.touched = frozenset(self.touched), before
        return answer, hung_on

    def value(self, node: Node, frame: Frame | None) -> Value:
        """What `node` is, inside the calls that `frame` describes."""
        fold = EXPRESSIONS.get(node.kind)
        if fold is not None:
            return self._bounded(lambda: fold(self, node, frame))
        if node.kind in FUNCTIONS:
            return Closure(node, frame)
        return Blueprint(node, frame) if node.kind in CLASSES else Hole(("value",))

    def _bounded(self, work: Callable[[], Value]) -> Value:
        self._steps += 1
        if self._depth >= _DEEPEST or self._steps > _STEPS_A_QUESTION:
            return Hole(("value",))
        self._depth += 1
        try:
            return work()
        finally:
            self._depth -= 1

    def named(self, node: Node, frame: Frame | None) -> Value:
        """What the identifier `node` is: a global, an argument, or what its variable was given."""
        binding = self.program.meaning.get(node)
        if binding is None:
            return Global("window" if node.text in WINDOWS else node.text)
        if binding in self.program.clients:
            return mutated(self, binding, Client(EMPTY), frame)
        if binding.module:
            return Global("axios") if binding.module == "axios" else Hole((binding.name,))
        if binding.owner is not None:
            return self._binding(binding, frame)
        if binding not in self._constants:
            before, self.touched = self.touched, set()
            self._constants[binding] = (self._binding(binding, None), frozenset(self.touched))
            self.touched = before
        value, hung_on = self._constants[binding]
        self.touched |= hung_on
        return value

    def _binding(self, binding: Binding, frame: Frame | None) -> Value:
        key = (binding, frame)
        if key in self._open:
            return self._open[key]
        self._open[key] = Hole((binding.name,))
        try:
            of_parameter = binding.function is not None
            given = self._argument(binding, frame) if of_parameter else self._assigned(binding, frame)
            return mutated(self, binding, given, frame)
        finally:
            del self._open[key]

    def _assigned(self, binding: Binding, frame: Frame | None) -> Value:
        found: list[Value] = []
        for node, operator in binding.values:
            value = part(self, self.value(node, frame), binding, frame)
            joins = operator == "+=" and found and not any(is_number(before) for before in found)
            found = [concat([choice(found), value])] if joins else [*found, value]
            self._open[(binding, frame)] = choice(found)
        return settled(binding, found)

    def _argument(self, binding: Binding, frame: Frame | None) -> Value:
        call = frame
        while call is not None and call.function is not binding.function:
            call = call.outer
        if call is None:
            return self._without_argument(binding, frame)
        if binding.rest:
            return part(self, Sequence(call.arguments[binding.index :]), binding, call)
        given = call.arguments[binding.index] if binding.index < len(call.arguments) else UNDEFINED
        return part(self, renamed(binding, given), binding, call)

    def _without_argument(self, binding: Binding, frame: Frame | None) -> Value:
        given = parameter_from_context(self, binding, frame)
        if given is None:
            self.touched.add(binding)
            given = Hole(("parameter" if binding.steps and binding.steps[0].key else binding.name,))
        return part(self, given, binding, frame)

    def this(self, node: Node, frame: Frame | None) -> Value:
        """What `this` is at `node`: told by the call, else any instance the source makes, else the object around."""
        around = this_function(node)
        call = frame
        while call is not None and call.function is not around:
            call = call.outer
        if call is not None and call.this is not None:
            return call.this
        holder = next(node.enclosing(CLASSES | {"object"}), None) if around is not None else None
        if holder is None:
            return Hole(("this",))
        return self._made(holder) if holder.kind in CLASSES else self.value(holder, frame)

    def _made(self, node: Node) -> Value:
        if node not in self._instances:
            self._instances[node] = Instance(Blueprint(node, None), None)
            if self._made_by_new is None:
                self._made_by_new = made_by_new(self)
            made = instances_of(self, self._made_by_new.get(node, []))
            if made:
                self._instances[node] = choice(made)
        return self._instances[node]

    def apply(self, closure: Closure, arguments: tuple[Value, ...]) -> Value:
        """What a call of `closure` returns; of a function that returns nothing known, a hole."""
        if self._applying.count(closure.function) > 0:
            return Hole(("value",))
        frame = Frame(closure.function, arguments, closure.this, closure.frame)
        self._applying.append(closure.function)
        try:
            returned = self.program.returns.get(closure.function, [])[:_MOST_RETURNS]
            return choice([self.value(node, frame) for node in returned] or [Hole(("value",))])
        finally:
            self._applying.pop()


def renamed(binding: Binding, given: Value) -> Value:
    """An unknown argument under the parameter's name, where that says more than the caller's."""
    simple = isinstance(given, Global) or (isinstance(given, Hole) and len(given.path) == 1)
    if simple and not binding.steps and len(text(given).template.strip("{}")) < len(binding.name):
        return Hole((binding.name,))
    return given


def is_number(value: Value) -> bool:
    """Whether `value` is a number that the source writes."""
    return isinstance(value, Text) and value.numeric


def settled(binding: Binding, found: list[Value]) -> Value:
    """One value for a variable that was given `found`: counters are unknown, empty start values say nothing."""
    if len(found) > 1 and any(is_number(value) for value in found):
        return Hole((binding.name,))
    useful = [value for value in found if not isinstance(value, Hole) and truth(value) is not False]
    if len(found) > 1 and useful:
        return choice(useful)
    holes = [value for value in found if isinstance(value, Hole)]
    if not holes:
        return found[0] if found else Hole((binding.name,))
    telling = len(binding.name) > _MINIFIED and (len(holes[0].path) == 1 or len(found) > 1)
    return Hole((binding.name,)) if telling else holes[0]
