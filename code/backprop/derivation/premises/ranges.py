"""Whether a place, i + u − 1, is on its axis for all sizes: by the ends of each of its indices.

A place that is not shown to be may be outside, where an entry is 0; the page then says so.
"""

import sympy

from ..language.algebra import Over
from ..language.arrays import Entry
from ..language.computed import never_negative
from ..language.computed import symbol as length
from ..language.shifted import Shifted


def outside(expression, scope):
    """The entries in an expression that may be outside of their arrays; scope is {index: size}."""
    if isinstance(expression, Over):
        scope = {**scope, **dict(zip(expression.indices, expression.sizes, strict=True))}
    found = [entry for child in expression.children() for entry in outside(child, scope)]
    if isinstance(expression, Entry) and not all(
        inside(index, size, scope)
        for index, size in zip(expression.indices, expression.array.shape, strict=True)
    ):
        found.append(expression)
    return found


def inside(index, size, scope):
    """Whether an index is shown to be on an axis of this size."""
    if not isinstance(index, Shifted):
        return True
    axes = {symbol(letter): length(scope[letter]) for letter in index.letters}
    return within(index.at(symbol, length), length(size), axes)


def symbol(letter):
    return sympy.Symbol(f"{letter}#{letter.number}")


def within(place, size, axes):
    """Whether 1 ≤ place ≤ size for all lengths; `axes` is {index: the size of its axis}."""
    return from_one(place, axes) and up_to(size, place, axes)


def from_one(place, axes):
    """Whether 1 ≤ place for all lengths."""
    return never_negative(ends(place, axes)[0] - 1)


def up_to(size, place, axes):
    """Whether place ≤ size for all lengths."""
    return never_negative(size - ends(place, axes)[1])


def ends(place, axes):
    """The least and the greatest value of a place."""
    lowest, highest = sympy.S.Zero, sympy.S.Zero
    for what, n in sympy.expand(place).as_coefficients_dict().items():
        low, high = ends_of(what, axes) if n > 0 else reversed(ends_of(what, axes))
        lowest, highest = lowest + n * low, highest + n * high
    return lowest, highest


def ends_of(what, axes):
    """The least and the greatest value of an index, of a size, or of their product."""
    for letter, size in axes.items():
        if what.has(letter):
            return what / letter, what / letter * size
    return what, what
