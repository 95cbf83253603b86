"""Where an entry is: X[i + u - 1], X[s * i + u], X[M + 1 - i]. Outside of the axis, an entry is 0.

So padding needs no cases, and a stride may be a letter. Integers, indices and sizes are added;
an index is multiplied by an integer or by a size.
"""

from dataclasses import dataclass
from typing import ClassVar

from ..errors import DerivationError
from ..nodes import Dimension, Index, Node, Number, Place, node
from . import algebra


@dataclass(frozen=True)
class Shifted(Place):
    """A sum of integers times indices and sizes: ((size or None, index or None), integer), …"""

    terms: tuple
    lesson: ClassVar = "a place is made of indices, sizes and integers by + and −, X[2 * i + u - 1]"

    @property
    def letters(self):
        return [index for (_, index), _ in self.terms if index]

    @property
    def sizes(self):
        return [size for (size, _), _ in self.terms if size]

    @classmethod
    def made(cls, terms):
        """From {(size, index): integer}; an integer or an index if it is no more than that."""
        terms = {what: n for what, n in terms.items() if n}
        if [*terms] in ([], [(None, None)]):
            return terms.get((None, None), 0)
        if len(terms) == 1 and [*terms.values()] == [1] and next(iter(terms))[0] is None:
            return next(iter(terms))[1]
        return cls(tuple(terms.items()))

    def at(self, letter, size):
        """Its value, with letter(index) and size(dimension) for what it is made of."""
        total = 0
        for (dimension, index), n in self.terms:
            factor = n * (1 if dimension is None else size(dimension))
            total = total + factor * (1 if index is None else letter(index))
        return total

    def __str__(self):
        return spelled(self, str, str, "·", "−")


def spelled(place, letter, size, times, minus):
    """A place as text."""
    text = ""
    for (dimension, index), n in place.terms:
        factors = [] if abs(n) == 1 and (dimension or index) else [str(abs(n))]
        factors += [size(dimension)] if dimension else []
        factors += [letter(index)] if index else []
        text += (minus if n < 0 else "+" if text else "") + times.join(factors)
    return text


def moved(place, names):
    """A place with other indices or places, {old: new}."""
    if isinstance(place, Shifted):
        return as_index(place.at(lambda letter: names.get(letter, letter), lambda size: size))
    if place in names or not hasattr(place, "moved"):
        return names.get(place, place)
    return place.moved(names)


def terms_of(value):
    """{(size, index): integer} of what is made of integers, indices and sizes; None of others."""
    match value:
        case bool():
            return None
        case int():
            return {(None, None): value}
        case Index():
            return {(None, value): 1}
        case Dimension():
            return {(value, None): 1}
        case Shifted(terms):
            return dict(terms)
        case Number(number) if number.is_Integer:
            return {(None, None): int(number)}
        case algebra.Neg(x):
            return times(terms_of(x), {(None, None): -1})
        case algebra.Add(x, y):
            return plus(terms_of(x), terms_of(y))
        case algebra.Sub(x, y):
            return plus(terms_of(x), times(terms_of(y), {(None, None): -1}))
        case algebra.Mul(x, y):
            return times(terms_of(x), terms_of(y))
    return None


def plus(left, right):
    if left is None or right is None:
        return None
    return {what: left.get(what, 0) + right.get(what, 0) for what in left | right}


def times(left, right):
    """The product; None if two sizes or two indices would be multiplied."""
    if left is None or right is None:
        return None
    made = {}
    for (size, index), n in left.items():
        for (other, letter), m in right.items():
            if size and other or index and letter:
                return None
            what = size or other, index or letter
            made[what] = made.get(what, 0) + n * m
    return made


def _operator(operation, sign):
    def apply(self, other):
        made = operation(terms_of(self), terms_of(other))
        if made is None:
            raise refused(self, other, sign)
        return Shifted.made(made)

    return apply


def refused(place, other, sign):
    """The error for what is no place."""
    if isinstance(other, Node) and terms_of(other) is None and isinstance(place, Index):
        try:
            node(place)
        except DerivationError as error:
            return error
    return DerivationError(
        f"{sign} does not work on {place} and {other!r}: a place is made of indices, sizes and "
        "integers by + and −, and an index may be multiplied by an integer or a size, "
        "X[s * i + u - 1]"
    )


def minus(left, right):
    return plus(left, times(right, {(None, None): -1}))


def as_index(value):
    """The place that is made of sizes, H[T] and H[T - 1]; all else as it is."""
    terms = terms_of(value) if isinstance(value, Node) else None
    return Shifted.made(terms) if terms and any(size for size, _ in terms) else value


Node.as_index = property(as_index)
for _kind in (Index, Shifted):
    _kind.__add__ = _kind.__radd__ = _operator(plus, "+")
    _kind.__mul__ = _kind.__rmul__ = _operator(times, "*")
    _kind.__sub__ = _operator(minus, "−")
    _kind.__rsub__ = _operator(lambda left, right: minus(right, left), "−")
    _kind.__neg__ = lambda self: 0 - self
