"""Differentiates a formula with indices, as on paper: products, quotients, roots, deltas."""

from dataclasses import fields, is_dataclass
from fractions import Fraction

from ..language.algebra import Add, Div, MatMul, Mul, Neg, Over, Pow, Sub, Sum
from ..language.arrays import Array, Delta, Entry, delta
from ..language.chosen import Max, OneHot
from ..language.functions import Apply, Known
from ..language.kinks import Larger, Smaller
from ..language.shifted import moved
from ..nodes import Dimension, Index, Node, Number, node

ZERO, ONE = node(0), node(1)


def replaced(expression, change):
    """The expression with change(part) in place of each part for which that is not None."""
    new = change(expression)
    if new is not None or isinstance(expression, Array | Dimension | Number):
        return expression if new is None else new
    if isinstance(expression, Over):
        body = replaced(expression.body, change)
        return with_body(expression, body, expression.ranges)
    values = [getattr(expression, field.name) for field in fields(expression)]
    changed = [replaced(one, change) if isinstance(one, Node) else one for one in values]
    same = all(a is b for a, b in zip(values, changed, strict=True))
    return expression if same or not is_dataclass(expression) else type(expression)(*changed)


def with_body(part, body, ranges, names=()):
    """Σ or max of something else, or a one-hot, with other indices for its place."""
    if isinstance(part, OneHot):
        return OneHot(Max(body, *ranges), moved(part.place, dict(names)))
    return type(part)(body, *ranges)


def renamed(expression, names):
    """The expression with other indices, {old: new}; every Σ in it gets letters of its own."""

    def change(part):
        match part:
            case Entry(array, indices):
                return Entry(array, tuple(moved(i, names) for i in indices))
            case Over(body, indices, sizes):
                own = {one: Index.fresh(one.name) for one in indices}
                ranges = [(own[i], 1, n) for i, n in zip(indices, sizes, strict=True)]
                return with_body(part, renamed(body, {**names, **own}), ranges, names)
            case Delta(left, right):
                return Delta(moved(left, names), moved(right, names))
            case MatMul(shape=()):
                return renamed(part.entry(), names)
        return None

    return replaced(expression, change)


def body_at(definition, indices):
    """What a definition says of one entry."""
    return renamed(definition.body, dict(zip(definition.indices, indices, strict=True)))


def times(x, y):
    if ZERO in (x, y):
        return ZERO
    return y if x == ONE else x if y == ONE else x * y


def plus(x, y):
    return y if x == ZERO else x if y == ZERO else x + y


def minus(x, y):
    return x if y == ZERO else -y if x == ZERO else x - y


class Slope:
    """Derivatives with respect to one entry; `opened` are the definitions that are gone through."""

    def __init__(self, array, at, definitions, through=()):
        self.array, self.at = array, at
        self.definitions, self.through, self.opened = definitions, through, []

    def of(self, expression):
        """∂expression/∂entry, a scalar with indices; ZERO where it is 0."""
        match expression:
            case Entry(array, indices):
                return self.entry(array, indices)
            case Neg(x):
                return minus(ZERO, self.of(x))
            case Add(x, y):
                return plus(self.of(x), self.of(y))
            case Sub(x, y):
                return minus(self.of(x), self.of(y))
            case Mul(x, y):
                return plus(times(self.of(x), y), times(x, self.of(y)))
            case Div(x, y):
                first, second = self.of(x), self.of(y)
                first = ZERO if first == ZERO else first / y
                return minus(first, ZERO if second == ZERO else x / y**2 * second)
            case Pow(x, n):
                return times(power_slope(x, n), self.of(x))
            case Sum(x, indices, sizes):
                inner, ranges = self.of(x), [(i, 1, n) for i, n in zip(indices, sizes, strict=True)]
                return ZERO if inner == ZERO else Sum(inner, *ranges)
            case Max(x, [index], [size]):
                inner = self.of(x)
                if inner == ZERO:
                    return ZERO
                k = Index.fresh(index.name)  # of argmax, which is in the Σ
                range_ = (k, 1, size)
                where = OneHot(Max(renamed(x, {index: k}), range_), index)
                return Sum(times(where, inner), (index, 1, size))
            case MatMul():
                return self.of(expression.entry())
            case Apply(function, x):
                inner, known = self.of(x), isinstance(function, Known)
                outer = function.slope if known else function.prime
                return ZERO if inner == ZERO else times(outer(x), inner)
            case Larger(x, y):
                return plus(times(x > y, self.of(x)), times(y > x, self.of(y)))
            case Smaller(x, y):
                return plus(times(y > x, self.of(x)), times(x > y, self.of(y)))
        return ZERO

    def entry(self, array, indices):
        if array == self.array:
            made = ONE
            for i, a in zip(indices, self.at, strict=True):
                made = times(made, equal(i, a))
            return made
        if array in self.through:
            self.opened += [array] if array not in self.opened else []
            return self.of(body_at(self.definitions[array], indices))
        return ZERO


def power_slope(x, n):
    """d xⁿ/dx."""
    if n == 2:
        return 2 * x
    if n == Fraction(1, 2):
        return 1 / (2 * Pow(x, n))
    return 1 * node(n) * Pow(x, n - 1)


def equal(i, a):
    """δ_ia, or what it is if that is known."""
    if i == a:
        return ONE
    both = isinstance(i, int) and isinstance(a, int)
    return ZERO if both else delta(i, a)
