"""Sizes that are computed from others: P = computed("P", M + K - 1), the length of a convolution.

A size is 1 or more, so its formula has to be, whatever the others are. The output of a window of K
places over M has M − K + 1, which may be none: there it is the input whose size is computed from
the output's, M = computed("M", s * (P - 1) + K).
"""

from dataclasses import dataclass

import sympy

from ..errors import DerivationError
from ..nodes import Dimension, Node, Number, check_name, node
from .algebra import Add, Mul, Neg, Sub


@dataclass(frozen=True, repr=False)
class Computed(Dimension):
    """A size with its formula, which is made of other sizes and of integers."""

    formula: Node

    def worth(self, size):
        """Its value, with size(other) for the others."""
        return value(self.formula, size)


def computed(name, formula):
    """The size that a formula gives, made of sizes and integers by +, − and ·.

    Raises DerivationError if it is not seen to be 1 or more for all sizes.
    """
    made = Computed(check_name(name), node(formula))
    length = sympy.sympify(made.worth(symbol))
    if not never_negative(length - 1):
        raise DerivationError(
            f"a size is 1 or more, but {made.formula} may be less: compute the larger size from "
            'the smaller ones, M = computed("M", s * (P - 1) + K) for an input of an output P'
        )
    if length.is_Integer:
        raise DerivationError(f"the size {name} is computed from other sizes, got {made.formula}")
    return made


def value(formula, size):
    """A formula with size(other) for every size in it."""
    match formula:
        case Number(number) if number.is_Integer:
            return int(number)
        case Dimension():
            return size(formula)
        case Neg(x):
            return -value(x, size)
        case Add(x, y):
            return value(x, size) + value(y, size)
        case Sub(x, y):
            return value(x, size) - value(y, size)
        case Mul(x, y):
            return value(x, size) * value(y, size)
    raise DerivationError(f"a size is computed by +, − and · of sizes and integers, got {formula}")


def symbol(size):
    """A size in SymPy: what it is computed from, if it is computed."""
    if isinstance(size, Computed):
        return size.worth(symbol)
    return sympy.Symbol(size.name, positive=True, integer=True)


def never_negative(expression):
    """Whether a polynomial in sizes is ≥ 0 for all sizes from 1 on: written in what is above 1."""
    above = {size: 1 + size for size in expression.free_symbols}
    expanded = sympy.expand(expression.xreplace(above))
    return all(n >= 0 for n in expanded.as_coefficients_dict().values())
