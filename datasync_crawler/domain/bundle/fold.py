"""The fold engine: what an expression is worth, read from the source without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .callbacks import parameter_from_context
from .classes import holder_of, instances_of, made_by_new, this_function
from .expressions import EXPRESSIONS
from .fluent import is_fluent
from .libraries import CLIENT_PACKAGES
from .members import WINDOWS
from .mutations import mutated
from .names import Binding
from .parts import part
from .settle import is_number, renamed, settled
from .strings import concat
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
    Namespace,
    Sequence,
    Value,
    choice,
    entered,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .program import Program

# Deeper nesting than this is generated code or a loop in the source; the interpreter's own stack bounds it too.
_DEEPEST = 60
# Folds that one question may cost: a call of a real client takes some hundreds.
_STEPS_A_QUESTION = 3000
# Folds for a whole source: some two seconds; a dashboard of 600 KB takes a quarter of them.
_STEPS_A_SOURCE = 300_000
_MOST_RETURNS = 4
# Arguments that a function may look for behind those it was given.
_MOST_OPTIONAL = 6

Answer = TypeVar("Answer")


class Folder:
    """Folds the expressions of one program; remembers which parameters an answer hung on."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.touched: set[Binding] = set()
        self.tables: set[tuple[str, ...]] = set()
        self.looked_at: dict[tuple[str, ...], int] = {}
        self._depth = 0
        self._spent = 0
        self._steps = 0
        self._open: dict[tuple[object, Frame | None], Value] = {}
        self._given_up = False
        self._met: set[Binding] = set()
        self._around: dict[Binding, frozenset[Node]] = {}
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

    def row_of(self, table: tuple[str, ...]) -> int | None:
        """Which row of a table that the source loops over is being looked at; None where it is any."""
        self.tables.add(table)
        return self.looked_at.get(table)

    def apart(self, question: Callable[[], Answer]) -> Answer:
        """The answer of `question` as if nothing else was being asked, at a cost of its own."""
        steps, self._steps = self._steps, 0
        answer = self.ask(question)[0]
        self._spent, self._steps = self._spent + self._steps, steps
        return answer

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
            self._given_up = True
            return Hole(("value",))
        self._depth += 1
        try:
            return work()
        finally:
            self._depth -= 1

    def named(self, node: Node, frame: Frame | None) -> Value:
        """What the identifier `node` is: a global, an argument, or what its variable was given."""
        binding = self.program.meaning.get(node)
        if binding is None and node.text == "arguments":
            return self._all_arguments(node, frame)
        if binding is None:
            known = Global("window" if node.text in WINDOWS else node.text)
            return Client(EMPTY) if node.text in CLIENT_PACKAGES else known
        if binding in self.program.namespaces:
            return Namespace(self.program.namespaces[binding])
        if binding.module and binding.module not in CLIENT_PACKAGES:
            return Hole((binding.name,))
        inside = self._relevant(binding, frame)
        return self._binding(binding, inside) if inside is not None else self._constant(binding)

    def _relevant(self, binding: Binding, frame: Frame | None) -> Frame | None:
        """The innermost call that a variable's value may depend on: one of a function or class around it."""
        if frame is None or binding.owner is None:
            return None
        if binding not in self._around:
            self._around[binding] = frozenset({binding.owner, *binding.owner.enclosing(FUNCTIONS | CLASSES)})
        around = self._around[binding]
        while frame is not None and frame.function not in around:
            frame = frame.outer
        return frame

    def _constant(self, binding: Binding) -> Value:
        """What a variable is outside of all calls, remembered unless working it out was given up."""
        if self.looked_at:
            return self._binding(binding, None)
        if binding not in self._constants:
            touched, met, given_up = self.touched, self._met, self._given_up
            self.touched, self._met, self._given_up = set(), set(), False
            value, hung_on = self._binding(binding, None), frozenset(self.touched)
            self._met.discard(binding)
            is_final = not self._given_up and not self._met
            self.touched, self._met, self._given_up = touched, met | self._met, given_up or self._given_up
            if not is_final:
                self.touched |= hung_on
                return value
            self._constants[binding] = (value, hung_on)
        value, hung_on = self._constants[binding]
        self.touched |= hung_on
        return value

    def _binding(self, binding: Binding, frame: Frame | None) -> Value:
        key = (binding, frame)
        if key in self._open:
            self._met.add(binding)
            return self._open[key]
        self._open[key] = Hole((binding.name,))
        try:
            return mutated(self, binding, self._given(binding, frame), frame)
        finally:
            del self._open[key]

    def _given(self, binding: Binding, frame: Frame | None) -> Value:
        if binding in self.program.clients or binding.module in CLIENT_PACKAGES:
            return Client(EMPTY)
        return self._assigned(binding, frame) if binding.function is None else self._argument(binding, frame)

    def _assigned(self, binding: Binding, frame: Frame | None) -> Value:
        found: list[Value] = []
        for node, operator in binding.values:
            value = part(self, self.value(node, frame), binding, frame)
            joins = operator == "+=" and found and not any(is_number(before) for before in found)
            found = [concat([choice(found), value])] if joins else [*found, value]
            self._open[(binding, frame)] = choice(found)
        return settled(binding, found)

    def _argument(self, binding: Binding, frame: Frame | None) -> Value:
        call = entered(frame, binding.function)
        if call is None:
            return self._without_argument(binding, frame)
        if binding.rest:
            return part(self, Sequence(call.arguments[binding.index :]), binding, call)
        given = call.arguments[binding.index] if binding.index < len(call.arguments) else UNDEFINED
        return part(self, renamed(binding, given), binding, call)

    def _all_arguments(self, node: Node, frame: Frame | None) -> Value:
        """The list of all arguments of the function around `node`."""
        around = this_function(node)
        call = entered(frame, around)
        if around is not None and call is None:
            self.touched.add(Binding("arguments", around, function=around))
        return Sequence((*call.arguments, *[UNDEFINED] * _MOST_OPTIONAL)) if call is not None else Hole(("arguments",))

    def _without_argument(self, binding: Binding, frame: Frame | None) -> Value:
        if binding in self.program.fetchers:
            return Global("fetch")
        given = parameter_from_context(self, binding, frame)
        if given is None:
            self.touched.add(binding)
            given = Hole(("parameter" if binding.steps and binding.steps[0].key else binding.name,))
        return part(self, given, binding, frame)

    def this(self, node: Node, frame: Frame | None) -> Value:
        """What `this` is at `node`: told by the call, else any instance the source makes, else the object around."""
        around = this_function(node)
        call = entered(frame, around)
        if call is not None and call.this is not None:
            return call.this
        holder = holder_of(self.program, node, around) if around is not None else None
        if around is None or holder is None:
            return Hole(("this",))
        if holder.kind != "object" and is_fluent(self.program, holder):
            self.touched.add(Binding("this", around, function=around))
        return self.value(holder, frame) if holder.kind == "object" else self._made(holder)

    def _made(self, node: Node) -> Value:
        if node not in self._instances:
            self._instances[node] = Instance(Blueprint(node, None), None)
            if self._made_by_new is None:
                self._made_by_new = made_by_new(self)
            found = self._made_by_new.get(node, [])
            made = self.apart(lambda: instances_of(self, found))
            self._instances[node] = choice(made or [self._instances[node]])
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
