"""The sizes of one judgment that are computed from others: what |P| is, as a sum of others."""

from contextlib import contextmanager

import sympy

from ..language.computed import Computed
from ..nodes import walk
from .atoms import whole

_known = [{}]


@contextmanager
def computed_in(expressions):
    """Within it, `length` knows the computed sizes that occur in some expressions."""
    parts = {part for one in expressions for part in walk(one) if isinstance(part, Computed)}
    _known.append({whole(f"|{one.name}|"): sympy.expand(in_sympy(one)) for one in parts})
    try:
        yield
    finally:
        _known.pop()


def in_sympy(dimension):
    """A size as a symbol, or as what it is computed from."""
    if isinstance(dimension, Computed):
        return dimension.worth(in_sympy)
    return whole(f"|{dimension.name}|")


def length(symbol):
    """What the letter |P| stands for."""
    return _known[-1].get(symbol, symbol)
