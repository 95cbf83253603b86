"""What has a kink, of two arguments: max(a, b) and min(a, b), and the comparisons X > Y.

A kink is where both sides are equal; there is no derivative there. The page says "where a ≠ b".
"""

from ..errors import DerivationError
from ..nodes import Node, node, shape_name
from .algebra import Elementwise, Neg, Sub
from .functions import Apply, Known, indicator

ZERO = node(0)


class Extreme(Elementwise):
    """max or min of two, elementwise: of one shape, or of an array and a scalar."""

    def scales(self, left, right):
        return not left or not right


class Larger(Extreme):
    sign = "max"


class Smaller(Extreme):
    sign = "min"


def maximum(x, y):
    """max(x, y) elementwise, as NumPy calls it; either may be a scalar."""
    return Larger(node(x), node(y))


def minimum(x, y):
    """min(x, y) elementwise, as NumPy calls it; either may be a scalar."""
    return Smaller(node(x), node(y))


def is_above(x, y):
    """[x > y], of the shape of x and y. Raises DerivationError for an array and a letter."""
    x, y = node(x), node(y)
    if y == ZERO:
        return indicator(x)
    if x == ZERO:
        return indicator(-y)
    if x.shape != y.shape:
        shapes = f"{x} is {shape_name(x.shape)}, {y} is {shape_name(y.shape)}"
        raise DerivationError(
            f"{shapes}: > compares equal shapes, write c * ones(…) for a letter c"
        )
    return indicator(x - y)


def kink(node):
    """(x, y) for a node that has its kink, or its jump, where x = y; None for others."""
    match node:
        case Apply(Known(kink=True), Neg(x)):
            return x, ZERO
        case Apply(Known(kink=True), Sub(x, y)) | Larger(x, y) | Smaller(x, y):
            return x, y
        case Apply(Known(kink=True), x):
            return x, ZERO
    return None


Node.__gt__ = is_above
Node.__lt__ = lambda self, other: is_above(other, self)
