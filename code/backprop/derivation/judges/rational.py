"""Whether a rational function with rational coefficients is 0, by exact polynomial arithmetic.

A function is kept as a sum of fractions, {denominator: numerator}, a denominator being a frozenset
of (polynomial, power). Fractions meet on a common denominator only where their numerators share a
monomial in the symbols that occur in no denominator: SymPy's `together` has all of them meet, and
took minutes.
"""

from collections import Counter
from math import prod

from sympy import Add, Mul, Pow
from sympy.polys.domains import QQ
from sympy.polys.rings import ring

ONE = frozenset()


def is_zero_rational(expression):
    """Whether an expression of symbols, rationals, +, · and integer powers is 0."""
    symbols = sorted(expression.free_symbols, key=lambda s: s.sort_key())
    if not symbols:
        return expression == 0
    polynomials, *generators = ring(symbols, QQ)
    fractions = expand(expression, dict(zip(symbols, generators, strict=True)), polynomials)
    return all(not bring_together(part)[0] for part in by_monomial(fractions, polynomials))


def expand(expression, generators, polynomials):
    """The expression as {denominator: numerator}."""
    if expression in generators:
        return {ONE: generators[expression]}
    if expression.is_Rational:
        return {ONE: polynomials(QQ(expression.p, expression.q))}
    if isinstance(expression, Pow):
        base = expand(expression.base, generators, polynomials)
        base = inverse(base) if expression.exp < 0 else base
        return product([base] * abs(int(expression.exp)), polynomials)
    if not isinstance(expression, Add | Mul):
        raise TypeError(f"no rational function: {expression}")
    args = [expand(arg, generators, polynomials) for arg in expression.args]
    return add(*args) if isinstance(expression, Add) else product(args, polynomials)


def add(*elements):
    total = {}
    for element in elements:
        for below, above in element.items():
            total[below] = total[below] + above if below in total else above
    return {below: above for below, above in total.items() if above}


def product(elements, polynomials):
    total = {ONE: polynomials.one}
    for element in elements:
        total = add(*({times(b, d): a * c} for b, a in total.items() for d, c in element.items()))
    return total


def times(*denominators):
    powers = Counter()
    for below in denominators:
        powers.update(dict(below))
    return frozenset(powers.items())


def bring_together(element):
    """(numerator, denominator) of a sum of fractions."""
    common = Counter()
    for below in element:
        common |= Counter(dict(below))
    above = [
        a * prod(f**p for f, p in (common - Counter(dict(below))).items())
        for below, a in element.items()
    ]
    return sum(above), frozenset(common.items())


def inverse(element):
    """1 over a sum of fractions, with a monic denominator so that equal ones are seen as equal."""
    above, below = bring_together(element)
    if not above:
        raise ZeroDivisionError("a line divides by 0")
    factor = {frozenset({(above.monic(), 1)}): prod((f**p for f, p in below), start=above.ring.one)}
    return {below: numerator / above.LC for below, numerator in factor.items()}


def by_monomial(fractions, polynomials):
    """The fractions taken apart by the monomials in those symbols that are in no denominator."""
    inside = {
        k
        for below in fractions
        for f, _ in below
        for monomial in f
        for k, power in enumerate(monomial)
        if power
    }
    parts = {}
    for below, above in fractions.items():
        for monomial, coefficient in above.terms():
            outer = tuple(0 if k in inside else power for k, power in enumerate(monomial))
            inner = tuple(power if k in inside else 0 for k, power in enumerate(monomial))
            parts.setdefault(outer, {}).setdefault(below, {})[inner] = coefficient
    return [
        {below: polynomials.from_dict(above) for below, above in part.items()}
        for part in parts.values()
    ]
