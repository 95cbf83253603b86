"""Every entry of every expression at one explicit shape, in SymPy."""

from functools import cache
from itertools import product
from math import factorial, prod

import sympy

from ..errors import DerivationError, ShapeError
from ..language import arrays
from ..language.chosen import Position
from ..language.matrices import Det, OfMatrix
from ..language.shifted import Shifted
from ..language.step import Step
from ..nodes import Dimension, node, walk
from ..premises.definitions import Definitions
from ..premises.scope import arrays_in
from .reading import Reading
from .work import spend


class Entries(Reading):
    """Expressions as SymPy expressions in single entries, at one shape.

    The entries of every array are symbols, also those of a defined one: `unfold` puts definitions
    in, one layer at a time, so that a proof uses no more of them than it needs.
    """

    def __init__(self, sizes, definitions):
        self.sizes, self.definitions = sizes, definitions
        self.source = {}
        self.inverted = set()  # the matrices of which an inverse or a determinant occurs
        self.body, self.total = cache(self.body), cache(self.total)
        self.symbol = cache(self.symbol)

    def symbol(self, array, numbers):
        """The symbol of one entry: real, positive where the array is declared so."""
        for n, size in zip(numbers, array.shape, strict=True):
            if n > self.sizes[size]:
                raise ShapeError(
                    f"{array} has no entry {numbers}: {size} is {self.sizes[size]} here"
                )
        comma = "," if max(numbers, default=0) > 9 else ""
        called = str(array).replace("∂", "d") if self.definitions.steps else str(array)
        name = f"{called}_{comma.join(map(str, numbers))}" if numbers else called
        made = sympy.Symbol(name, real=True, positive=array.positive or None)
        self.source[made] = array, numbers
        if isinstance(array, OfMatrix):
            self.inverted.add(array.of)
        return made

    def everywhere(self, array):
        """The symbols of all entries of an array."""
        ranges = (range(1, self.sizes[size] + 1) for size in array.shape)
        return [self.symbol(array, numbers) for numbers in product(*ranges)]

    def size(self, dimension):
        return sympy.Integer(self.sizes[dimension])

    def sum(self, expression, at):
        ranges = [range(1, self.sizes[size] + 1) for size in expression.sizes]
        terms, (_, size) = prod(map(len, ranges)), expression.body.extent
        spend(terms * size, "its sums have many terms when they are written out")
        inner = (dict(zip(expression.indices, n, strict=True)) for n in product(*ranges))
        return sympy.Add(*(self.value(expression.body, {**at, **more}) for more in inner))

    def delta(self, i, j):
        for one, other in (i, j), (j, i):
            if isinstance(one, Position):
                axis = range(1, self.sizes[one.array.to] + 1)
                return sympy.Add(*(self.chosen(one, v) * self.delta(v, other) for v in axis))
        return sympy.Integer(i == j)

    def chosen(self, position, v):
        """[v = t_i]: t_i as a real number, of which it counts between which bounds it is."""
        last = self.sizes[position.array.to]
        number = 4 * self.symbol(position.array, tuple(map(int, position.indices)))
        above = [Step(number - 2 * n + 1) for n in (v - 1, v)]
        return (1 if v == 1 else above[0]) - (0 if v == last else above[1])

    def largest(self, expression, at):
        """max_k X_ik: each times whether it is above all others."""
        [index], axis = expression.indices, self.axis(expression)
        values = [self.value(expression.body, {**at, index: k}) for k in axis]
        return sympy.Add(*(v * self.above(values, k) for k, v in zip(axis, values, strict=True)))

    def one_hot(self, expression, place, at):
        [index], axis = expression.indices, self.axis(expression)
        values = [self.value(expression.body, {**at, index: k}) for k in axis]
        return sympy.Add(*(self.delta(place, k) * self.above(values, k) for k in axis))

    def axis(self, expression):
        spend(self.sizes[expression.sizes[0]] ** 2, "its maxima have many terms")
        return range(1, self.sizes[expression.sizes[0]] + 1)

    def above(self, values, k):
        """Whether the k-th of some values is the largest, the first of those that are equal."""
        mine, made = values[k - 1], sympy.S.One
        for n, other in enumerate(values, 1):
            made *= Step(mine - other) if n < k else 1 - Step(other - mine) if n > k else 1
        return made

    def located(self, array, indices, at):
        """One entry; 0 where a shifted index is outside of its axis."""
        numbers = [self.place(index, at) for index in indices]
        for index, n, size in zip(indices, numbers, array.shape, strict=True):
            if isinstance(index, Shifted) and not 1 <= n <= self.sizes[size]:
                return sympy.S.Zero
        for n, (place, size) in enumerate(zip(numbers, array.shape, strict=True)):
            if isinstance(place, Position):
                here = lambda v, n=n: (*numbers[:n], v, *numbers[n + 1 :])  # noqa: E731
                axis = range(1, self.sizes[size] + 1)
                terms = (self.chosen(place, v) * self.located(array, here(v), at) for v in axis)
                return sympy.Add(*terms)
        return self.entry(array, tuple(map(int, numbers)))

    def entry(self, array, numbers):
        return self.symbol(array, numbers)

    def by_entries(self, array, numbers):
        """det A written out, or an entry of A⁻¹ by Cramer's rule."""
        n = self.sizes[array.of.shape[0]]
        spend(factorial(n) * n, "its determinants have many terms when they are written out")
        matrix = sympy.Matrix(n, n, lambda i, j: self.symbol(array.of, (i + 1, j + 1)))
        if isinstance(array, Det):
            return determinant(matrix)
        i, j = (number - 1 for number in numbers)
        return (-1) ** (i + j) * determinant(matrix.minor_submatrix(j, i)) / determinant(matrix)

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
        """The axiom: ∂L/∂x = Σ ∂L/∂y ∂y/∂x over all entries y in whose definition x occurs.

        None if x occurs in none.
        """
        parts = []
        for array in self.definitions.users(gradient):
            for y in self.everywhere(array):
                last = array == gradient.loss
                upstream = 1 if last else self.symbol(gradient.by(array), self.source[y][1])
                parts.append(upstream * self.slope(y, by))
        return sympy.Add(*parts) if parts else None

    def slope(self, symbol, by):
        """∂symbol/∂by by its definition; of a loss that has none, an entry of its gradient."""
        loss, (array, numbers) = self.source[symbol][0], self.source[by]
        if self.definitions.is_open(loss):
            return self.symbol(arrays.Gradient.made(array, loss), numbers)
        return self.body(symbol).diff(by)

    def gradients(self, expression):
        """The gradients of which entries are in an expression."""
        found = {self.source[symbol][0] for symbol in expression.free_symbols}
        return {array for array in found if isinstance(array, arrays.Gradient)}

    def unfold(self, expression, kept=()):
        """The expression with the outermost layer of definitions put in; None if there is none.

        `kept` are arrays that stay as they are.
        """
        open_ = (s for s in expression.free_symbols if self.source[s][0] not in kept)
        heights = {s: self.height(s) for s in open_}
        top = max(heights.values(), default=(0,))
        layer = {s: self.body(s) for s, height in heights.items() if height == top > (0, 0)}
        return expression.xreplace(layer) if layer else None

    def height(self, symbol):
        """How late it is made: by the arrays below its own, and in a recursion by its step."""
        array, numbers = self.source[symbol]
        depth = self.definitions.depth(array)
        upwards = isinstance(array, arrays.Gradient)  # made from the last step to the first
        if place := self.definitions.steps.get(array.of if upwards else array):
            step = numbers[place.axis], place.turn
            return (depth, *(-n for n in step)) if upwards else (depth, *step)
        return depth, 0

    def direct(self, of, places, array, numbers):
        """∂of/∂by by the one definition; 0 where `of` is outside of its axes."""
        y = self.located(of.array, of.indices, dict(zip(of.indices, places, strict=True)))
        return self.slope(y, self.symbol(array, numbers)) if y in self.source else sympy.S.Zero

    def derivative(self, of, array, numbers, at):
        value = self.value(of, at)
        for symbol in sorted(value.free_symbols, key=str):
            self.definitions.check_dependence(self.source[symbol][0], array, arrays_in(of))
        return self.through(value, self.symbol(array, numbers))

    def through(self, value, by):
        """d value / d by: directly, and through every definition that leads to `by`."""
        array = self.source[by][0]
        ways = [s for s in value.free_symbols if s != by]
        if array not in self.definitions.steps:  # else earlier entries lead to later ones
            ways = [s for s in ways if self.source[s][0] != array]
        ways = [s for s in ways if self.definitions.leads(self.source[s][0], array)]
        return sympy.Add(value.diff(by), *(value.diff(s) * self.total(s, by) for s in ways))

    def total(self, symbol, by):
        """d symbol / d by for a symbol whose definition leads to `by`."""
        if self.definitions.is_open(self.source[symbol][0]):
            return self.slope(symbol, by)
        if self.definitions.is_curved(self.source[symbol][0]):
            return self.curved(symbol, by)
        return self.through(self.body(symbol), by)

    def curved(self, symbol, by):
        """d ∂L/∂Y_k / d by through all that the loss is a function of."""
        last = [one for array in self.definitions.last() for one in self.everywhere(array)]
        return sympy.Add(*(self.second(symbol, y) * self.through(y, by) for y in last))

    def second(self, symbol, other):
        """∂²L/∂Y_k∂Z_m, one symbol for both orders."""
        gradient, numbers = self.source[symbol]
        pairs = sorted(
            [(gradient.of, numbers), self.source[other]], key=lambda one: (str(one[0]), one[1])
        )
        (one, k), (other, m) = pairs
        return self.symbol(arrays.Curvature.made(gradient.loss, one, other), (*k, *m))


def determinant(matrix):
    """The determinant by its first row, and that of the rest by its first row (Laplace)."""
    if not matrix.rows:
        return sympy.S.One
    columns = range(matrix.cols)
    return sympy.Add(
        *((-1) ** j * matrix[0, j] * determinant(matrix.minor_submatrix(0, j)) for j in columns)
    )


def as_sympy(expression):
    """A scalar without indices in SymPy, with a symbol for every scalar that occurs in it."""
    expression = node(expression)
    if any(isinstance(part, Dimension) or part.shape for part in parts_of(expression)):
        raise DerivationError(f"as_sympy takes a scalar made of scalars, got {expression}")
    return Entries({}, Definitions({}, expression)).value(expression, {})


def parts_of(expression):
    """All nodes in an expression, and the arrays of which entries are in it."""
    for part in walk(expression):
        yield part
        yield from (size for size in getattr(part, "array", part).shape)
