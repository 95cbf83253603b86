"""Recognizes what a definition says and writes its name: e^Z_ij / Σ_k e^Z_ik is Y_ij."""

from dataclasses import fields, replace
from fractions import Fraction

from ..language.algebra import Add, Div, Mul, Neg, Pow, Sub, Sum
from ..language.arrays import Array, Delta, Entry, Gradient
from ..language.functions import Apply
from ..nodes import Dimension, Index, Node, Number
from .derivatives import body_at
from .terms import Reader
from .writing import canonical, written


class Names:
    """The definitions whose body is a product, or one sum; `used` notes which were recognized."""

    def __init__(self, definitions, expand=False):
        self.patterns, self.used, self.expand = {}, [], expand
        for array, one in definitions.items():
            if not isinstance(array, Gradient):
                pattern = pattern_of(one, expand)
                if pattern:
                    self.patterns[array] = pattern

    def written(self, terms):
        """The terms with every name that fits."""
        return [self.named(term) for term in terms]

    def named(self, term):
        for array, (letters, number, factors) in self.patterns.items():
            while found := self.fit(term, array, letters, number, factors):
                term = found
                self.used += [array] if array not in self.used else []
        return replace(term, factors=tuple((self.inside(atom), n) for atom, n in term.factors))

    def inside(self, atom):
        """An atom with the names inside it: of 1 − tanh(x)², as of h(x)."""
        if isinstance(atom, Apply):
            return replace(atom, argument=self.inside(atom.argument))
        if not isinstance(atom, Add | Sub | Mul | Div | Neg | Pow | Sum):
            return atom
        before = Reader(self.expand).read(atom)
        after = self.written(before)
        return atom if after == before else canonical(Reader(self.expand).read(written(after)))

    def fit(self, term, array, letters, number, factors):
        """The term with one product in it replaced by an entry of the array, or None."""
        for matched, left, times in matches(factors, term.factors, {}, letters):
            if {*letters} <= matched.keys():
                entry = Entry(array, tuple(matched[i] for i in letters))
                rest = term.number / number ** int(times) if number != 1 else term.number
                return replace(term, number=rest, factors=(*left, (entry, times)))
        return None


def pattern_of(definition, expand):
    """(letters, number, factors) of a definition that can be recognized, or None."""
    letters = tuple(Index.fresh(index.name) for index in definition.indices)
    terms = Reader(expand).read(body_at(definition, letters))
    if len(terms) == 1 and not terms[0].ranges:
        number, factors = terms[0].number, terms[0].factors
        if len(factors) == 1 and (isinstance(factors[0][0], Entry) or number != 1):
            return None
        return (letters, number, factors) if telling(factors) else None
    return terms and letters, Fraction(1), ((canonical(terms), Fraction(1)),)


def telling(factors):
    """Whether a product says more than numbers and letters: something to recognize."""
    return any(not isinstance(atom, Dimension | Number | Delta) for atom, _ in factors)


def matches(wanted, given, found, letters):
    """All ways to find every wanted factor among the given: (letters, what is left, how often)."""
    for times in ways(wanted, given):
        yield from matched(wanted, list(given), found, letters, times)


def ways(wanted, given):
    """How often the whole product may be in it: once, or as one atom's exponents say."""
    if len(wanted) > 1:
        return [Fraction(1)]
    [(_, n)] = wanted
    return [*dict.fromkeys(m / n for _, m in given)]


def matched(wanted, given, found, letters, times):
    if not wanted:
        yield found, tuple(given), times
        return
    (atom, n), *rest = wanted
    n = n * times
    for k, (other, m) in enumerate(given):
        if m * n <= 0 or abs(m) < abs(n):
            continue
        more = unified(atom, other, found, letters)
        if more is not None:
            left = given[:k] + ([(other, m - n)] if m != n else []) + given[k + 1 :]
            yield from matched(rest, left, more, letters, times)


def unified(pattern, other, found, letters):
    """{letter: index} that makes the two the same, with what was found before, or None."""
    if isinstance(pattern, Index):
        if pattern not in letters:
            return found if pattern == other else None
        if pattern in found:
            return found if found[pattern] == other else None
        return {**found, pattern: other} if isinstance(other, Index | int) else None
    if type(pattern) is not type(other):
        return None
    if isinstance(pattern, tuple):
        if len(pattern) != len(other):
            return None
        for one, two in zip(pattern, other, strict=True):
            found = found if found is None else unified(one, two, found, letters)
        return found
    if isinstance(pattern, Array | Number | Dimension) or not isinstance(pattern, Node):
        return found if pattern == other else None
    for field in fields(pattern):
        if found is not None:
            parts = getattr(pattern, field.name), getattr(other, field.name)
            found = unified(*parts, found, letters)
    return found
