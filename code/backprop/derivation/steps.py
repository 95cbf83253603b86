"""A derivation: a chain of lines, each compared with the one above it before it is accepted."""

from dataclasses import dataclass

from . import explicit, page
from .arrays import Derivative, Entry, Gradient, gradient
from .conditions import check_positive, conditions
from .definitions import Definitions
from .display import latex, text
from .entries import Entries
from .errors import DerivationError, NotProved, ShapeError, UnusedHypothesis, VacuousStep, WrongStep
from .nodes import Index, entry, node, shape_name, walk
from .scope import check_indices, check_names, check_sizes, free_indices


@dataclass(frozen=True)
class Step:
    """One accepted line: the expression that is printed is the object that was judged."""

    expression: object
    reason: str
    using: tuple
    where: tuple
    checked: str


class Derivation:
    """Lines that all equal `target`, each with its reason, judged one by one.

    `target` is a number with indices such as d(L, W[a, b]), or a whole array such as d(L, W);
    `sizes` the explicit shape, {S: 2, M: 3, N: 4}; `define` says what arrays are, {Y[i, j]: …} or
    {Y: …}. An opaque L depends on everything by way of the arrays defined last: the chain rule, the
    only axiom. Raises DerivationError, ShapeError or HiddenDependence. Source: chapter "Notation".
    """

    def __init__(self, target, sizes, define=None):
        self.target, self.sizes = node(target), check_sizes(sizes)
        self.definitions = Definitions(define)
        self.steps = []
        check_names([self.target, *self.definitions.sides], self.sizes)
        check_positive(self.definitions)
        scope = free_indices(self.target)
        check_indices(self.target, scope)
        if self.loss_and_variable:
            self.definitions.check_loss(*self.loss_and_variable)
        whole = [(Index.fresh("ij"[axis]), size) for axis, size in enumerate(self.target.shape)]
        self.scope = dict(whole) or scope
        self._entries = Entries(self.sizes, self.definitions)

    def line(self, expression, reason, using=()):
        """Add a line that equals the one above, at every entry. Returns the derivation.

        `using` is the hypothesis that the line needs, or a tuple of them. Raises WrongStep,
        NotProved, UnusedHypothesis, ShapeError or another DerivationError and adds nothing then.
        """
        expression, using = node(expression), using if isinstance(using, tuple) else (using,)
        page.check_reason(reason)
        self._check(expression, using)
        self._judge(expression, reason, using)
        before, after = (conditions(side, self.definitions) for side in (self.last, expression))
        where = tuple(one for one in before | after if before[one] != after[one])
        checked = explicit.words(self._sizes(expression))
        self.steps.append(Step(expression, reason, using, where, checked))
        return self

    @property
    def last(self):
        """The last accepted line, or the target."""
        return self.steps[-1].expression if self.steps else self.target

    @property
    def loss_and_variable(self):
        """(L, W) if the target is ∂L/∂W or one of its entries, else ()."""
        match self.target:
            case Gradient(of=variable, loss=loss):
                return loss, variable
            case Derivative(Entry(loss, ()), Entry(variable)):
                return loss, variable
        return ()

    @property
    def whole(self):
        """The target without its indices, ∂L/∂W for ∂L/∂W_ab; None if it has no such name."""
        match self.target:
            case Entry(whole, indices):
                pass
            case Derivative(Entry(_, ()) as of, Entry(variable, indices)):
                whole = gradient(variable, of) if indices else None
            case Derivative(Entry(array, rows), Entry(variable, columns)):
                whole, indices = Derivative(array, variable), rows + columns
            case _:
                return self.target if self.target.shape else None
        return whole if indices and len(indices) == len(self.scope) else None

    @property
    def through(self):
        """The arrays by which the chain rule leads from an opaque loss to the target."""
        if not self.loss_and_variable or self.loss_and_variable[0] in self.definitions:
            return []
        last = self.definitions.last()
        return [array for array in last if self.definitions.leads(array, self.loss_and_variable[1])]

    def _check(self, expression, using):
        if latex(expression) == latex(self.last):
            raise VacuousStep(f"the line says the same as the one above it: {expression}")
        for one in using:
            if one.array in self.definitions:
                raise DerivationError(f"{one.array} is defined, so nothing is to be assumed of it")
        lines = [step.expression for step in self.steps]
        parts = [self.target, expression, *lines, *self.definitions.sides]
        check_names([*parts, *(one.left for one in using)], self.sizes)
        shape = tuple(self.scope.values())
        if expression.shape and self.whole is None:
            raise ShapeError(f"{self.target} has no name without indices, so no line is an array")
        if expression.shape != shape and (expression.shape or self.target.shape):
            named = f"{expression} is {shape_name(expression.shape)}"
            raise ShapeError(f"{named}, {self.whole} is {shape_name(shape)}")
        check_indices(expression, {} if expression.shape else self.scope)
        check_indices(entry(expression, *self.scope), self.scope)

    def _judge(self, expression, reason, using):
        number, sizes = len(self.steps) + 1, self._sizes(expression)
        before, after = (entry(side, *self.scope) for side in (self.last, expression))
        found = explicit.judge(before, after, self.scope, self._entries, using)
        if found and found.values:
            index = {str(i): n for i, n in found.index.items()}
            sides = text(self.last), text(expression)
            raise WrongStep(number, reason, *sides, sizes, index, found.residual, found.values)
        if found:
            raise NotProved(f"step {number} is not proved: {reason}\n  left over: {found.residual}")
        for one in using:
            others = [other for other in using if other != one]
            if not explicit.judge(before, after, self.scope, self._entries, others):
                fact = f"{text(one.left)} = {text(one.right)}"
                raise UnusedHypothesis(f"step {number} holds without {fact}: {reason}")

    def _sizes(self, expression):
        parts = [self.target, expression, *self.definitions.sides]
        used = {part for whole in parts for part in walk(whole)}
        return {size: n for size, n in self.sizes.items() if size in used}

    def _repr_latex_(self):
        return page.as_latex(self)

    def __repr__(self):
        return page.as_text(self)
