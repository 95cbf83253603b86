"""The derivative of a SymPy index expression with respect to one entry: sums and products by rule.

SymPy differentiates the functions. Its `diff` of a Σ asks many questions that are settled here: no
index of the entry is summed in the expression, so none is captured.
"""

import sympy
from sympy import Add, KroneckerDelta, Mul, Pow, Sum

from .atoms import Largest


def slope(value, by):
    """∂value/∂by for an entry X_ab, or for a scalar."""
    match value:
        case sympy.Indexed(base=base, indices=at):
            same = isinstance(by, sympy.Indexed) and base == by.base
            return Mul(*map(KroneckerDelta, at, by.indices)) if same else sympy.S.Zero
        case sympy.Symbol():
            return sympy.Integer(value == by)
        case Add(args=args):
            return Add(*(slope(one, by) for one in args))
        case Mul(args=args):
            return Add(*(product(args, n, by) for n in range(len(args))))
        case Sum(function=body, limits=limits):
            inner = slope(body, by)
            return Sum(inner, *limits) if inner else sympy.S.Zero
        case Pow(base=base, exp=sympy.Rational() as n):
            inner = slope(base, by)
            return n * base ** (n - 1) * inner if inner else sympy.S.Zero
        case Largest():
            return sympy.S.Zero
        case sympy.Function(args=[argument]) if not isinstance(value, KroneckerDelta):
            inner = slope(argument, by)
            return value.fdiff() * inner if inner else sympy.S.Zero
    return sympy.S.Zero if value.is_number or isinstance(value, KroneckerDelta) else value.diff(by)


def product(factors, n, by):
    """The term of the product rule in which the n-th factor is differentiated."""
    inner = slope(factors[n], by)
    return Mul(*factors[:n], inner, *factors[n + 1 :]) if inner else inner
