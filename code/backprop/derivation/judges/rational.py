"""Whether a rational function with rational coefficients is 0, by exact polynomial arithmetic.

Some of its symbols may be roots, w^q = r; so a numerator is 0 as well if it is a multiple of
w^q − r.

A function is kept as a sum of fractions, {denominator: numerator}, a denominator being a frozenset
of (polynomial, power). Fractions meet on a common denominator only where their numerators share a
monomial in the symbols that occur in no denominator and no root: SymPy's `together` has all of them
meet, and took minutes.
"""

from collections import Counter

from sympy import Add, Mul, Pow
from sympy.polys.domains import QQ
from sympy.polys.rings import ring

from .work import spend

ONE = frozenset()
TERMS = 100  # products of two terms in a step of work
MANY = "its fractions have many terms on a common denominator"


def is_zero_rational(expression, roots=()):
    """Whether an expression of symbols, rationals, +, · and integer powers is 0.

    `roots` are (w, q, r) with w^q = r, where no w is in its own r, nor in that of a later one.
    """
    inside = [r.free_symbols | {w} for w, _, r in roots]
    symbols = sorted(expression.free_symbols.union(*inside), key=lambda s: s.sort_key())
    if not symbols:
        return expression == 0
    polynomials, *generators = ring(symbols, QQ)
    known = dict(zip(symbols, generators, strict=True))
    fractions = expand(expression, known, polynomials)
    laws = [(symbols.index(w), q, bring_together(expand(r, known, polynomials)))
            for w, q, r in roots]  # fmt: skip
    tied = {symbols.index(one) for one in set().union(*inside)}
    parts = by_monomial(fractions, polynomials, tied)
    return not any(reduced(bring_together(part)[0], laws) for part in parts)


def reduced(polynomial, laws):
    """What is left of a numerator when each w^q is replaced by r, but for a denominator."""
    for k, q, (above, below) in laws if polynomial else ():
        parts = {}
        for monomial, coefficient in polynomial.terms():
            times, rest = divmod(monomial[k], q)
            place = *monomial[:k], rest, *monomial[k + 1 :]
            parts.setdefault(times, {})[place] = coefficient
        below, ring_ = multiplied_out(below, above.ring), above.ring
        polynomial = sum(
            (
                multiplied(ring_.from_dict(part), raised(above, n), raised(below, max(parts) - n))
                for n, part in parts.items()
            ),
            start=ring_.zero,
        )
    return polynomial


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
        total = add(
            *({times(b, d): multiplied(a, c)} for b, a in total.items() for d, c in element.items())
        )
    return total


def multiplied(*polynomials):
    """The product of some polynomials, which is work."""
    total, *others = polynomials
    for other in others:
        spend(len(total) * len(other) / TERMS, MANY)
        total = total * other
    return total


def raised(polynomial, power):
    return multiplied(polynomial.ring.one, *[polynomial] * power)


def multiplied_out(denominator, polynomials):
    """A denominator, a frozenset of (polynomial, power), as one polynomial."""
    return multiplied(polynomials.one, *(raised(f, p) for f, p in denominator))


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
        multiplied(a, *(raised(f, p) for f, p in (common - Counter(dict(below))).items()))
        for below, a in element.items()
    ]
    return sum(above), frozenset(common.items())


def inverse(element):
    """1 over a sum of fractions, with a monic denominator so that equal ones are seen as equal."""
    above, below = bring_together(element)
    if not above:
        raise ZeroDivisionError("a line divides by 0")
    factor = {frozenset({(above.monic(), 1)}): multiplied_out(below, above.ring)}
    return {below: numerator / above.LC for below, numerator in factor.items()}


def by_monomial(fractions, polynomials, tied):
    """The fractions taken apart by the monomials in those symbols that are in no denominator.

    Nor among the `tied`, the places of those of which some law says something.
    """
    inside = tied | {
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
