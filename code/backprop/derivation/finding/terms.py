"""Reads expressions as sums of products: the deltas select, equal products are added.

A sum inside a product stays one atom, as an author leaves (Y − T) X, unless a delta is in it or
`expand` says so.
"""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

from ..errors import NotProved
from ..language.algebra import Add, Div, MatMul, Mul, Neg, Pow, Sub, Sum
from ..language.arrays import Delta
from ..language.chosen import Max, OneHot
from ..language.functions import Apply
from ..language.kinks import Larger, Smaller
from ..nodes import Index, Number
from .derivatives import with_body
from .products import Term, alike, exchanged, fresh, has_delta, indices_of, joined, measure
from .writing import canonical

MOST_TERMS = 200


class Reader:
    """Reads expressions as lists of Terms; `selected` notes which delta selected what."""

    def __init__(self, expand=False):
        self.expand, self.selected, self.origin = expand, [], {}

    def read(self, expression):
        """The terms of a scalar expression with indices, simplified."""
        return self.added([self.tidy(one) for one in self.terms(expression)])

    def terms(self, expression):
        match expression:
            case Number(value) if value.is_Rational:
                number = Fraction(int(value.p), int(value.q))
                return [Term(number)] if number else []
            case Neg(x):
                return [replace(one, number=-one.number) for one in self.terms(x)]
            case Add(x, y):
                return self.terms(x) + self.terms(y)
            case Sub(x, y):
                return self.terms(x) + self.terms(-y)
            case Mul(x, y):
                return self.product(self.terms(x), self.terms(y))
            case Div(x, y):
                return self.product(self.terms(x), self.inverse(y))
            case Pow(x, n):
                return self.power(self.terms(x), Fraction(n))
            case MatMul(shape=()):
                return self.terms(expression.entry())
            case Sum(body, indices, sizes):
                own = {one: Index.fresh(one.name) for one in indices}
                self.origin |= {own[i]: self.origin.get(i, i) for i in indices}
                ranges = tuple((own[i], n) for i, n in zip(indices, sizes, strict=True))
                inner = self.terms(exchanged(body, own))
                return [replace(one, ranges=ranges + one.ranges) for one in inner]
            case Apply(function, x):
                return [Term(Fraction(1), (), ((Apply(function, self.canonical(x)), 1),))]
            case Max(x) | OneHot(x):
                atom = with_body(expression, self.canonical(x), expression.ranges)
                return [Term(Fraction(1), (), ((atom, Fraction(1)),))]
            case Larger(x, y) | Smaller(x, y):
                atom = type(expression)(self.canonical(x), self.canonical(y))
                return [Term(Fraction(1), (), ((atom, Fraction(1)),))]
        return [Term(Fraction(1), (), ((expression, Fraction(1)),))]

    def product(self, left, right):
        """(a + b)(c + d), multiplied out where `expand` says so or a delta needs it."""
        left, right = self.kept(left, right), self.kept(right, left)
        if len(left) * len(right) > MOST_TERMS:
            raise NotProved(f"a product has more than {MOST_TERMS} terms when it is multiplied out")
        return [joined(one, other) for one in left for other in right]

    def inverse(self, expression):
        """1 over a product, factor by factor: (1 + x)² below the line is not multiplied out."""
        match expression:
            case Pow(x, n):
                return self.power(self.terms(x), -Fraction(n))
            case Mul(x, y) if not x.shape and not y.shape:
                return self.product(self.inverse(x), self.inverse(y))
        return self.power(self.terms(expression), Fraction(-1))

    def kept(self, terms, others):
        """A sum as one factor of a product, unless it has to be multiplied out."""
        deltas = any(has_delta(atom) for one in terms for atom, _ in one.factors)
        alone = len(others) == 1 and not others[0].factors and not others[0].ranges
        return terms if self.expand or deltas or alone or len(terms) < 2 else self.whole(terms, 1)

    def power(self, terms, exponent):
        terms = self.added([self.tidy(one) for one in terms])
        if (
            len(terms) == 1
            and not terms[0].ranges
            and exponent.denominator == 1
            and terms[0].number
        ):
            number = terms[0].number ** int(exponent)
            return [Term(number, (), tuple((atom, n * exponent) for atom, n in terms[0].factors))]
        if exponent.denominator == 1 and exponent > 1 and self.expand:
            made = terms
            for _ in range(int(exponent) - 1):
                made = self.product(made, [fresh(one) for one in terms])
            return made
        return self.whole(terms, exponent)

    def whole(self, terms, exponent):
        """A sum to a power as one atom; a factor that all its terms share is taken out."""
        terms = self.added([self.tidy(one) for one in terms])
        if not terms:
            return []
        if len(terms) == 1 and not terms[0].ranges and not terms[0].factors:
            if exponent == int(exponent):
                return [Term(terms[0].number ** int(exponent))]
        outer = []
        if len(terms) == 1 and terms[0].ranges and exponent == int(exponent):
            bound = {index for index, _ in terms[0].ranges}
            outer = [(a, n) for a, n in terms[0].factors if not bound & {*indices_of(a)}]
            number = terms[0].number ** int(exponent)
            rest = tuple(one for one in terms[0].factors if one not in outer)
            terms = [Term(Fraction(1), terms[0].ranges, rest)]
        elif len(terms) > 1 and exponent == int(exponent):
            shared = measure(terms)
            number = shared ** int(exponent)
            terms = [replace(one, number=one.number / shared) for one in terms]
        else:
            number = Fraction(1)
        atom = canonical(terms)
        factors = [(a, n * exponent) for a, n in outer] + [(atom, Fraction(exponent))]
        return [Term(number, (), tuple(factors))]

    def canonical(self, expression):
        return canonical(Reader(self.expand).read(expression))

    # One product.

    def tidy(self, term):
        """The term with its sums collapsed by deltas, equal atoms joined, and idle sums counted."""
        while found := self.select(term):
            term = found
        factors = Counter()
        for atom, n in term.factors:
            factors[atom] += Fraction(n)
        pairs = tuple((atom, n) for atom, n in factors.items() if n)
        ranges, counted = [], []
        used = {i for atom, _ in pairs for i in indices_of(atom)}
        for index, size in term.ranges:
            (ranges.append((index, size)) if index in used else counted.append((size, Fraction(1))))
        if counted:
            return self.tidy(Term(term.number, tuple(ranges), (*pairs, *counted)))
        return Term(term.number, tuple(ranges), pairs)

    def select(self, term):
        """Σ_i δ_ij f(i) = f(j) for one delta of the term, or None."""
        bound = {index for index, _ in term.ranges}
        for k, (atom, n) in enumerate(term.factors):
            if not isinstance(atom, Delta) or n <= 0:
                continue
            others = term.factors[:k] + term.factors[k + 1 :]
            if atom.left == atom.right:
                return replace(term, factors=others)
            for one, other in ((atom.left, atom.right), (atom.right, atom.left)):
                if one in bound:
                    self.selected.append((one, other))
                    moved = tuple((exchanged(a, {one: other}), m) for a, m in others)
                    left = tuple(pair for pair in term.ranges if pair[0] != one)
                    return Term(term.number, left, moved)
        return None

    def added(self, terms):
        """Terms that are the same but for their number, as one."""
        found = {}
        for term in terms:
            key = alike(term)
            number = found[key].number + term.number if key in found else term.number
            found[key] = replace(found.get(key, term), number=number)
        if len(found) > MOST_TERMS:
            raise NotProved(f"the line has more than {MOST_TERMS} terms")
        return [term for term in found.values() if term.number]


def divided(terms):
    """a (a + b)^n = (a + b)^(n+1) − b (a + b)^n for n < 0; None if there is nothing to divide."""
    made, hit = [], False
    for term in terms:
        parts = quotient(term)
        hit = hit or parts is not None
        made += [term] if parts is None else parts
    return made if hit else None


def quotient(term):
    """The two parts of one term, or None."""
    for atom, n in term.factors:
        if n < 0 and isinstance(atom, Add | Sub):
            sums = Reader().read(atom)
            for k, one in enumerate(sums):
                left = dict(term.factors)
                if one.ranges or not one.factors or any(left.get(a, 0) < m for a, m in one.factors):
                    continue
                rest = dict(term.factors)
                for a, m in one.factors:
                    rest[a] -= m
                number = term.number / one.number
                whole = Term(number, term.ranges, tuple({**rest, atom: n + 1}.items()))
                others = [replace(b, number=-b.number * number) for b in sums[:k] + sums[k + 1 :]]
                frame = Term(Fraction(1), term.ranges, tuple(rest.items()))
                return [whole, *(joined(frame, b) for b in others)]
    return None
