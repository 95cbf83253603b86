"""A product of a sum of products: its letters, and whether two of them are the same.

A Term is number · Σ over `ranges` of Π atom^exponent.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd, lcm

from ..judges.work import spend
from ..language.algebra import Over
from ..language.arrays import Delta, Entry
from ..language.chosen import Max, OneHot
from ..language.shifted import moved as shift
from ..nodes import Index, Place, walk
from .derivatives import replaced, with_body


@dataclass(frozen=True)
class Term:
    """number · Σ_ranges Π atom^exponent; `factors` are pairs in the author's order."""

    number: Fraction
    ranges: tuple = ()
    factors: tuple = ()

    @property
    def free(self):
        bound = {index for index, _ in self.ranges}
        return {i for atom, _ in self.factors for i in indices_of(atom)} - bound


def indices_of(expression):
    """The free indices of an expression, in reading order, each once."""
    look_at(expression)
    found, bound = {}, set()
    for part in walk(expression):
        match part:
            case Entry(_, indices):
                found |= dict.fromkeys(letters_of(indices))
            case Delta(left, right):
                found |= dict.fromkeys(letters_of((left, right)))
            case Over(_, indices, _):
                bound |= {*indices}
                place = part.place if isinstance(part, OneHot) else 1
                found |= dict.fromkeys(letters_of((place,)))
    return [i for i in found if i not in bound]


def letters_of(places):
    return [index for one in places if isinstance(one, Place) for index in one.letters]


def look_at(expression):
    """Note the work of reading an expression. Raises TooMuch if too much was read."""
    spend(expression.extent[1], "its sums and products are many when they are multiplied out")


def has_delta(expression):
    look_at(expression)
    return any(isinstance(part, Delta) for part in walk(expression))


def measure(terms):
    """The number that all terms share; negative if they all are."""
    above = reduce(gcd, (abs(one.number.numerator) for one in terms))
    shared = Fraction(above, reduce(lcm, (one.number.denominator for one in terms)))
    return shared if any(one.number > 0 for one in terms) else -shared


def joined(one, other):
    """The product of two terms, whose sums run over letters of their own."""
    other = fresh(other) if {*one.ranges} & {*other.ranges} else other
    ranges, factors = one.ranges + other.ranges, one.factors + other.factors
    return Term(one.number * other.number, ranges, factors)


def fresh(term):
    """The same term with new summed letters."""
    own = {index: Index.fresh(index.name) for index, _ in term.ranges}
    return moved(term, own)


def moved(term, names):
    """The term with other letters, summed ones too."""
    ranges = tuple((names.get(index, index), size) for index, size in term.ranges)
    factors = tuple((exchanged(atom, names), n) for atom, n in term.factors)
    return Term(term.number, ranges, factors)


def exchanged(expression, names):
    """Other letters for free indices; Σ inside keep theirs."""
    look_at(expression)

    def change(part):
        match part:
            case Entry(array, indices):
                return Entry(array, tuple(shift(i, names) for i in indices))
            case Delta(left, right):
                return Delta(shift(left, names), shift(right, names))
            case OneHot(body, _, _, place):
                largest = Max(exchanged(body, names), *part.ranges)
                return OneHot(largest, shift(place, names))
        return None

    return replaced(expression, change)


def alike(term):
    """What two terms share if they are the same but for their number and their summed letters."""
    names, ordered = {}, sorted(term.factors, key=lambda one: shape_of(one, term))
    for atom, _ in ordered:
        for index in indices_of(atom):
            if index in dict(term.ranges) and index not in names:
                names[index] = Index("k", -1 - len(names))
    sizes = tuple((names.get(i), n) for i, n in term.ranges)
    factors = frozenset((settled(exchanged(atom, names)), n) for atom, n in term.factors)
    return frozenset(sizes), factors


def settled(expression):
    """An expression whose Σ have the letters that their place gives them: equal ones are equal."""

    def change(part):
        if not isinstance(part, Over):
            return None
        deep = sum(isinstance(one, Over) for one in walk(part.body))
        names = {i: Index("k", -1000 * (deep + 1) - n) for n, i in enumerate(part.indices)}
        inner = settled(exchanged(part.body, names))
        ranges = [(names[i], 1, n) for i, n in zip(part.indices, part.sizes, strict=True)]
        return with_body(part, inner, ranges)

    return replaced(expression, change)


def shape_of(factor, term):
    """A factor as text, with the summed letters of its term left out."""
    atom, n = factor
    names = {index: Index("k", -1) for index, _ in term.ranges}
    return str(settled(exchanged(atom, names))), str(n), str(atom)
