"""Every entry of every expression at one explicit shape, in SymPy."""

from functools import cache
from itertools import product

import sympy

from . import algebra, arrays, functions, nodes
from .errors import HiddenDependence, ShapeError
from .zero import opaque


class Entries:
    """Expressions as SymPy expressions in single entries, at one shape.

    The entries of every array are symbols, also those of a defined one: `unfold` puts definitions
    in, one layer at a time, so that a proof uses no more of them than it needs.
    """

    def __init__(self, sizes, definitions):
        self.sizes, self.definitions = sizes, definitions
        self.source = {}
        self.body, self.total = cache(self.body), cache(self.total)

    def symbol(self, array, numbers):
        """The symbol of one entry: real, positive where the array is declared so."""
        for n, size in zip(numbers, array.shape, strict=True):
            if n > self.sizes[size]:
                raise ShapeError(
                    f"{array} has no entry {numbers}: {size} is {self.sizes[size]} here"
                )
        comma = "," if max(numbers, default=0) > 9 else ""
        name = f"{array}_{comma.join(map(str, numbers))}" if numbers else str(array)
        made = sympy.Symbol(name, real=True, positive=array.positive or None)
        self.source[made] = array, numbers
        return made

    def everywhere(self, array):
        """The symbols of all entries of an array."""
        ranges = (range(1, self.sizes[size] + 1) for size in array.shape)
        return [self.symbol(array, numbers) for numbers in product(*ranges)]

    def value(self, expression, at):
        """The expression with the indices at the integers {index: integer} of `at`."""
        match expression:
            case nodes.Number(value):
                return value
            case nodes.Dimension():
                return sympy.Integer(self.sizes[expression])
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
            case algebra.Pow(x, n):
                return self.value(x, at) ** n
            case algebra.Sum():
                ranges = [range(1, self.sizes[size] + 1) for size in expression.sizes]
                inner = (dict(zip(expression.indices, n, strict=True)) for n in product(*ranges))
                return sympy.Add(*(self.value(expression.body, {**at, **more}) for more in inner))
            case arrays.Delta(i, j):
                return sympy.Integer(at.get(i, i) == at.get(j, j))
            case functions.Apply(functions.Function(name, order), x):
                known = {"exp": sympy.exp, "log": sympy.log}.get(name) if not order else None
                return (known or opaque(name, order))(self.value(x, at))
            case arrays.Entry(array, indices):
                return self.symbol(array, tuple(at.get(i, i) for i in indices))
            case arrays.Derivative(of, by):
                return self.derivative(of, by, at)
        raise TypeError(f"no entry of {type(expression).__name__}")

    def body(self, symbol):
        """What the definitions say of one entry, or None if nothing."""
        array, numbers = self.source[symbol]
        if array in self.definitions:
            made = self.definitions[array]
            return self.value(made.body, dict(zip(made.indices, numbers, strict=True)))
        if isinstance(array, arrays.Gradient):
            return self.chain_rule(array, self.symbol(array.of, numbers))
        return None

    def chain_rule(self, gradient, by):
        """The axiom: ∂L/∂x = Σ ∂L/∂y ∂y/∂x over all entries y in whose definition x stands.

        None if x stands in none. Raises HiddenDependence if a gradient stands beside it.
        """
        parts = []
        for array in self.definitions.users(gradient):
            for y in self.everywhere(array):
                body = self.body(y)
                if any(isinstance(self.source[s][0], arrays.Gradient) for s in body.free_symbols):
                    raise HiddenDependence(f"{array} is made of a gradient, and of {gradient.of}")
                last = array == gradient.loss
                upstream = 1 if last else self.symbol(gradient.by(array), self.source[y][1])
                parts.append(upstream * body.diff(by))
        return sympy.Add(*parts) if parts else None

    def unfold(self, expression):
        """The expression with the outermost layer of definitions put in; None if there is none."""
        depths = {s: self.definitions.depth(self.source[s][0]) for s in expression.free_symbols}
        top = max(depths.values(), default=0)
        layer = {s: self.body(s) for s, depth in depths.items() if depth == top > 0}
        return expression.xreplace(layer) if layer else None

    def derivative(self, of, by, at):
        """∂of/∂by by the definitions. Raises HiddenDependence where they say nothing."""
        array, numbers = by.array, tuple(at.get(i, i) for i in by.indices)
        match of:
            case arrays.Entry(loss, ()) if loss != array and self.definitions.reach(loss, array):
                return self.symbol(arrays.Gradient.made(array, loss), numbers)
        value = self.value(of, at)
        for symbol in value.free_symbols:
            self.definitions.check_dependence(self.source[symbol][0], array)
        return self.through(value, self.symbol(array, numbers))

    def through(self, value, by):
        """d value / d by: directly, and by way of every definition that leads to `by`."""
        array = self.source[by][0]
        ways = [s for s in value.free_symbols if self.source[s][0] != array]
        ways = [s for s in ways if self.definitions.leads(self.source[s][0], array)]
        return sympy.Add(value.diff(by), *(value.diff(s) * self.total(s, by) for s in ways))

    def total(self, symbol, by):
        """d symbol / d by for a symbol whose definition leads to `by`."""
        return self.through(self.body(symbol), by)
