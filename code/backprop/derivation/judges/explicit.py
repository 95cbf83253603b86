"""The judge that writes every entry out at one explicit shape and lets SymPy compare exactly.

It finds the entry and the numbers that refute a wrong line. What it proves, it proves for a shape.
"""

from dataclasses import dataclass
from itertools import islice, product
from math import prod
from zlib import crc32

import sympy

from ..errors import DerivationError
from .zero import is_zero, number

FIRST = 4  # entries
TINY = sympy.Rational(1, 10**20)  # numbers that are not exact have 40 digits


@dataclass(frozen=True)
class Difference:
    """An entry where equality was not shown; `values` is None if no numbers refute it.

    `tested` says whether there were numbers for which both sides have a value.
    """

    index: dict
    residual: sympy.Expr
    values: tuple | None
    tested: bool


def words(how, shapes):
    """How the page says what was proved, or tested, at some shapes, {size: number} each."""
    at = [", ".join(f"{size} = {n}" for size, n in sizes.items()) for sizes in shapes if sizes]
    return how + (" at " if at else "") + " and at ".join(at)


def judge(before, after, scope, entries, hypotheses=(), claim=None):
    """None if before = after at every entry, else a Difference: one that refutes, if there is one.

    Under a claim, only those entries refute at which it is true of all earlier steps.

    Both are numbers with the free indices of `scope`, {index: dimension}. Raises DerivationError.
    """
    ranges = (range(1, entries.sizes[size] + 1) for size in scope.values())
    assumed = assumptions(hypotheses, entries)
    points = [Point(entries, assumed, signs) for signs in ([1], [1, -1], [-1, 1])]
    undecided = []
    for numbers in product(*ranges):
        at = dict(zip(scope, numbers, strict=True))
        found = compare(at, [entries.value(side, at) for side in (before, after)], points)
        if claim and found and found.values and not true_before(claim, at, entries, points):
            found = Difference(at, found.residual, None, False)
        if found and found.values:
            return found
        undecided += [found] if found else []
    return min(undecided, key=lambda one: one.tested, default=None)


def true_before(claim, at, entries, points):
    """Whether a claim is true at all steps before the one in {index: number}."""
    letters, sizes = zip(*claim.scope, strict=True)
    ranges = [range(1, entries.sizes[size] + 1) for size in sizes]
    for numbers in product(*ranges):
        earlier = dict(zip(letters, numbers, strict=True))
        if earlier[claim.step] < at[claim.step]:
            sides = [entries.value(side, earlier) for side in (claim.left, claim.right)]
            if any(differ(point.values(*sides)) for point in points):
                return False
    return True


def clearly_differ(before, after, scope, entries, hypotheses=()):
    """Whether numbers refute before = after at one of the first entries: the quick way to a no."""
    ranges = (range(1, entries.sizes[size] + 1) for size in scope.values())
    point = Point(entries, assumptions(hypotheses, entries), [1])
    for numbers in islice(product(*ranges), FIRST):
        at = dict(zip(scope, numbers, strict=True))
        if differ(point.values(*(entries.value(side, at) for side in (before, after)))):
            return True
    return False


def compare(at, pair, points):
    """None if the two sides of one entry are equal, else their Difference."""
    entries, assumed = points[0].entries, points[0].assumed
    residuals = [finite(pair[0] - pair[1]).xreplace(assumed)]
    if differ(values := points[0].values(*pair)):  # the quick way to a counterexample
        unfolded = entries.unfold(residuals[0])
        residuals += [] if unfolded is None else [unfolded.xreplace(assumed)]
        return Difference(at, shortest(residuals), values, True)
    while not is_zero(finite(residuals[-1])):
        unfolded = entries.unfold(residuals[-1])
        if unfolded is None or len(residuals) == 2:  # a wrong line is seen early, in numbers
            tried = [values for point in points if (values := point.values(*pair))]
            values = next(filter(differ, tried), None)
            left_over = shortest(residuals)
            if left_over == 0:  # multiplied out, which helps where roots meet
                return None
            if values or unfolded is None:
                return Difference(at, left_over, values, bool(tried))
        residuals.append(unfolded.xreplace(assumed))
    return None


def finite(residual):
    """The residual itself. Raises DerivationError if a side of it divides by 0."""
    if residual.has(sympy.zoo, sympy.nan):
        raise DerivationError("the line divides by 0")
    return residual


def shortest(residuals):
    """The residual that is easiest to read, multiplied out where that is not too much."""
    tried = [one if one.count_ops() > 2000 else sympy.factor_terms(one) for one in residuals]
    tried += [sympy.expand(one) for one in residuals if terms_of(one) < 2000]
    return min(tried, key=lambda residual: residual.count_ops())


def terms_of(one):
    """How many terms it has at most when it is multiplied out."""
    if one.is_Add:
        return sum(map(terms_of, one.args))
    if one.is_Mul:
        return prod(map(terms_of, one.args))
    if one.is_Pow and one.exp.is_Integer and one.exp > 0:
        return terms_of(one.base) ** min(int(one.exp), 64)
    return 1


def assumptions(hypotheses, entries):
    """{entry: the total − the others of its row} for every hypothesis."""
    return {
        entries.symbol(one.array, last): one.total
        - sum(entries.symbol(one.array, k) for k in others)
        for one in hypotheses
        for last, others in one.replaced(entries.sizes).items()
    }


class Point:
    """Numbers for a counterexample: an odd rational value of its own for every free entry.

    All are positive, so that every root and logarithm has a value; or, with both `signs`, only
    those that are declared so, since √x² is x for all positive numbers.
    """

    def __init__(self, entries, assumed, signs):
        self.entries, self.assumed, self.known, self.signs = entries, assumed, {}, signs

    def value(self, expression):
        point = {symbol: self.of(symbol) for symbol in expression.free_symbols}
        if expression.has(sympy.log, sympy.Pow):
            real(expression, point)
        return number(expression, point)

    def of(self, symbol):
        if symbol not in self.known:
            body = self.assumed.get(symbol, self.entries.body(symbol))
            self.known[symbol] = self.free(symbol) if body is None else self.value(body)
        return self.known[symbol]

    def free(self, symbol):
        sign = (
            1 if symbol.is_positive else self.signs[crc32(symbol.name.encode()) % len(self.signs)]
        )
        return sign * odd_value(symbol)

    def values(self, before, after):
        """Both values, or None if one of them, or a part of it, is no real number."""
        try:
            values = self.value(before), self.value(after)
        except NoValue:
            return None
        return values if all(value.is_real for value in values) else None


class NoValue(Exception):
    """Some part of an expression has no real value at a point."""


def real(expression, point):
    """Raises NoValue if a root or a logarithm in it has no real value: √x √y is none at −1, −1."""
    if expression in point or not expression.args:
        return point.get(expression, expression)
    args = [real(arg, point) for arg in expression.args]
    made = number(expression.func(*args), {})
    if not made.is_real:
        raise NoValue
    return made


def differ(values):
    return bool(values) and abs(values[0] - values[1]) > TINY * (1 + abs(values[0]))


def odd_value(symbol):
    """An odd number over an odd number, between 0 and 3; always the same for the same name."""
    code = crc32(symbol.name.encode())
    return sympy.Rational(2 * (code % 41) + 3, 2 * (code // 41 % 37) + 31)
