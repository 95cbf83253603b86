"""The judge that writes every entry out at one explicit shape and lets SymPy compare exactly.

It finds the entry and the numbers that refute a wrong line. What it proves, it proves for a shape.
"""

import random
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from zlib import crc32

import sympy

from ..errors import DerivationError
from ..language.chosen import Max, OneHot, Positions
from ..language.kinks import kink
from ..language.step import Step
from ..nodes import walk
from ..premises.hypotheses import strongest
from .zero import is_zero, number

FIRST, MANY = 4, 40  # entries
BENT = 16  # more points, where there are kinks: both sides of each are to be seen
LONG = 200  # operations: with sums in denominators, more of them take long to be multiplied out
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
    sides = before, after, *entries.definitions.sides
    points = points_for(entries, hypotheses, sides)
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


def is_bent(part):
    """Whether it has cases, of which one point can't show all."""
    return kink(part) or isinstance(part, Max | OneHot | Positions)


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
    point = points_for(entries, hypotheses)[0]
    for numbers in islice(product(*ranges), FIRST):
        at = dict(zip(scope, numbers, strict=True))
        if differ(point.values(*(entries.value(side, at) for side in (before, after)))):
            return True
    return False


def vanishes(difference, scope, entries, hypotheses=()):
    """Whether the definitions make a scalar 0, at one of its entries, or everywhere.

    X_i − X_j, which is 0 where i = j and not elsewhere, may be; u_i := X_i − X_1 may not.
    """
    ranges = (range(1, entries.sizes[size] + 1) for size in scope.values())
    assumed = assumptions(hypotheses, entries)
    points = [Point(entries, assumed, signs) for signs in ([1], [-1], [1, -1], [-1, 1])]
    found = []
    for numbers in islice(product(*ranges), MANY):
        value = entries.value(difference, dict(zip(scope, numbers, strict=True)))
        found.append(value != 0)
        if value != 0 and all(point.is_zero(value) for point in points):
            unfolded = value.xreplace(assumed)
            while (more := entries.unfold(unfolded)) is not None:
                unfolded = more.xreplace(assumed)
            if is_zero(unfolded):
                return True
    return not any(found)


def compare(at, pair, points):
    """None if the two sides of one entry are equal, else their Difference."""
    entries, assumed = points[0].entries, points[0].assumed
    residuals = [finite(pair[0] - pair[1]).xreplace(assumed)]
    if values := refuting(pair, points):  # the quick way to a counterexample
        unfolded = entries.unfold(residuals[0])
        residuals += [] if unfolded is None else [unfolded.xreplace(assumed)]
        return Difference(at, shortest(residuals), values, True)
    if whatever_gradients(pair, entries, assumed):
        return None
    while not is_zero_somewhere(finite(residuals[-1])):
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


def whatever_gradients(pair, entries, assumed):
    """Whether the two sides are equal even if the gradients in the new one are any numbers.

    Then these need not be unfolded, which in a deep network is too long to be compared.
    """
    named = entries.gradients(pair[1])
    residual = pair[0] - pair[1] if named else None
    while residual is not None:
        residual = finite(residual.xreplace(assumed))
        if is_zero_somewhere(residual):
            return True
        residual = entries.unfold(residual, named)
    return False


def refuting(pair, points):
    """Values of both sides that differ, at the first point, or at one with other numbers; or None.

    Where a hypothesis has numbers for its witness, each point has others: all are looked at.
    """
    looked = points if points[0].numeric else points[:1]
    return next(filter(differ, (point.values(*pair) for point in looked)), None)


def is_zero_somewhere(residual):
    """Whether a residual is 0. False where it has no value, as what holds A⁻¹ of a singular A."""
    try:
        return is_zero(residual)
    except ZeroDivisionError:
        return False


def finite(residual):
    """The residual itself. Raises DerivationError if a side of it divides by 0."""
    if residual.has(sympy.zoo, sympy.nan):
        raise DerivationError("the line divides by 0")
    return residual


def shortest(residuals):
    """The residual that is easiest to read, multiplied out where that is not too much."""
    short = [one for one in residuals if one.count_ops() < LONG or not divides(one)]
    if not short:
        return residuals[0]
    tried = [one if one.count_ops() > 2000 else sympy.factor_terms(one) for one in short]
    tried += [sympy.expand(one) for one in short if terms_of(one) < 2000]
    return min(tried, key=lambda residual: residual.count_ops())


def divides(one):
    """Whether a sum is in a denominator, as a determinant is in what holds A⁻¹."""
    powers = one.atoms(sympy.Pow)
    return any(power.exp.is_negative and power.base.is_Add for power in powers)


def terms_of(one):
    """How many terms it has at most when it is multiplied out."""
    if one.is_Add:
        return sum(map(terms_of, one.args))
    if one.is_Mul:
        return prod(map(terms_of, one.args))
    if one.is_Pow and one.exp.is_Integer and one.exp > 0:
        return terms_of(one.base) ** min(int(one.exp), 64)
    return 1


def points_for(entries, hypotheses, sides=()):
    """Three points, and more where `sides` have kinks; each has other numbers for a hypothesis."""
    found = enumerate(([1], [1, -1], [-1, 1]))
    points = [Point(entries, assumptions(hypotheses, entries, n), signs) for n, signs in found]
    if any(is_bent(part) for side in sides for part in walk(side)):
        assumed = points[0].assumed
        points += [Point(entries, assumed, [1, -1], seed) for seed in range(1, BENT)]
    return points


def assumptions(hypotheses, entries, variant=0):
    """{entry: what it is under the hypotheses}: by other entries, or a number."""
    assumed = {}
    for one in strongest(hypotheses):
        symbol = lambda *at, array=one.array: entries.symbol(array, at)  # noqa: E731
        assumed |= one.witness(entries.sizes, symbol, variant)
    return assumed


class Point:
    """Numbers for a counterexample: an odd rational value of its own for every free entry.

    All are positive, so that every root and logarithm has a value; or, with both `signs`, only
    those that are declared so, since √x² is x for all positive numbers. Each `seed` has others.
    """

    def __init__(self, entries, assumed, signs, seed=0):
        self.entries, self.assumed, self.known = entries, assumed, {}
        self.signs, self.seed = signs, seed
        self.numeric = any(not value.free_symbols for value in assumed.values())

    def value(self, expression):
        point = {symbol: self.of(symbol) for symbol in expression.free_symbols}
        if expression.has(sympy.log, sympy.Pow):
            real(expression, point)
        if any(abs(number(one.args[0], point)) < TINY for one in expression.atoms(Step)):
            raise NoValue  # it is at a kink
        return number(expression, point)

    def of(self, symbol):
        if symbol not in self.known:
            body = self.assumed.get(symbol, self.entries.body(symbol))
            self.known[symbol] = self.free(symbol) if body is None else self.value(body)
        return self.known[symbol]

    def free(self, symbol):
        code = crc32(symbol.name.encode())
        if self.seed:  # a check sum by itself would turn the signs of all letters together
            code = random.Random(f"{symbol.name} {self.seed}").getrandbits(32)
        one_sign = symbol.is_positive or isinstance(self.entries.source[symbol][0], Positions)
        sign = 1 if one_sign else self.signs[code % len(self.signs)]
        return sign * odd_value(code) + self.heavy(symbol)

    def heavy(self, symbol):
        """Added on the diagonal of what is inverted: then its determinant is > 0."""
        array, at = self.entries.source[symbol]
        diagonal = array in self.entries.inverted and len({*at}) == 1
        return 4 * self.entries.sizes[array.shape[0]] if diagonal else 0

    def is_zero(self, expression):
        try:
            return abs(self.value(expression)) < TINY
        except NoValue:
            return True

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


def odd_value(code):
    """An odd number over an odd number, between 0 and 3."""
    return sympy.Rational(2 * (code % 41) + 3, 2 * (code // 41 % 37) + 31)
