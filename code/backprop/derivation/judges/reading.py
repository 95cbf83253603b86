"""Every expression as a SymPy expression: what both judges have in common."""

import sympy

from .. import nodes
from ..errors import DerivationError
from ..language import algebra, arrays, chosen, functions, kinks, matrices, step
from ..language.shifted import Shifted
from .opaque import opaque


class Reading:
    """Reads expressions; how sizes, sums, deltas and entries are read is left to the judge."""

    def value(self, expression, at):
        """The expression with the indices as in {index: what stands for it}."""
        match expression:
            case nodes.Number(value):
                return value
            case nodes.Dimension():
                return self.size(expression)
            case algebra.Neg(x):
                return -self.value(x, at)
            case algebra.Add(x, y):
                return self.value(x, at) + self.value(y, at)
            case algebra.Sub(x, y):
                return self.value(x, at) - self.value(y, at)
            case algebra.Mul(x, y):
                return self.value(x, at) * self.value(y, at)
            case algebra.Div(x, y):
                return self.value(x, at) / self.value(y, at)
            case kinks.Larger(x, y):
                return step.larger(self.value(x, at), self.value(y, at))
            case kinks.Smaller(x, y):
                return step.smaller(self.value(x, at), self.value(y, at))
            case algebra.Pow(x, n):
                return self.value(x, at) ** sympy.Rational(n)
            case algebra.MatMul(shape=()) | matrices.Trace() | matrices.Inner():
                return self.value(expression.entry(), at)
            case algebra.Sum():
                return self.sum(expression, at)
            case chosen.Max():
                return self.largest(expression, at)
            case chosen.OneHot(place=place):
                return self.one_hot(expression, self.place(place, at), at)
            case arrays.Delta(i, j):
                return self.delta(self.place(i, at), self.place(j, at))
            case functions.Apply(functions.Known() as known, x):
                return known.sympy(self.value(x, at))
            case functions.Apply(functions.Function(name, order), x):
                return opaque(name, order)(self.value(x, at))
            case arrays.Entry(array, indices):
                return self.located(array, indices, at)
            case arrays.Direct(of, by):
                places = [self.place(index, at) for index in of.indices]
                return self.direct(of, places, by.array, tuple(at.get(i, i) for i in by.indices))
            case matrices.ByEntries(array, indices):
                return self.by_entries(array, tuple(self.place(i, at) for i in indices))
            case arrays.Derivative(of, by):
                return self.partial(of, by.array, tuple(at.get(i, i) for i in by.indices), at)
        raise DerivationError(
            f"{expression} is {nodes.shape_name(expression.shape)}, where a scalar was expected"
        )

    def place(self, index, at):
        """What stands for an index, or for a place that is made of some."""
        if isinstance(index, Shifted):
            return index.at(lambda letter: at.get(letter, letter), self.size)
        if isinstance(index, chosen.Position):
            return index.moved(at)
        return at.get(index, index)

    def partial(self, of, array, at_entry, at):
        """∂of/∂by by the definitions. Raises HiddenDependence where they say nothing."""
        match of:
            case arrays.Entry(loss, ()) if loss != array and self.definitions.reach(loss, array):
                return self.entry(arrays.Gradient.made(array, loss), at_entry)
        return self.derivative(of, array, at_entry, at)
