"""The rules for products, powers, exp and log.

They hold for real numbers and for every length of every axis, wherever both sides have a value.
"""

from functools import reduce

import sympy

from .atoms import Call, Exp, Leaf, Polynomial, Total, is_delta, is_number, is_positive
from .errors import DerivationError


def multiply(left, right):
    """Distribute: (a + b)(c + d) = ac + ad + bc + bd."""
    made = Polynomial()
    for one, c in left.items():
        for other, k in right.items():
            made += collect([*one, *other]).scaled(c * k)
    return made


def multiply_all(polynomials):
    return reduce(multiply, polynomials, Polynomial.of(1))


def collect(factors):
    """aᵐ aⁿ = aᵐ⁺ⁿ, for a product given as pairs (atom, exponent)."""
    powers = {}
    for atom, exponent in factors:
        powers[atom] = powers.get(atom, 0) + exponent
    powers = {atom: exponent for atom, exponent in powers.items() if exponent}
    for rule in (pick_free, whole_roots, whole_totals, divide):
        if (result := rule(powers)) is not None:
            return result
    return Polynomial({frozenset(powers.items()): sympy.S.One})


def pick_free(powers):
    """δ_ab f(b) = δ_ab f(a), and δ_ab² = δ_ab."""
    from .sums import renamed  # a sum may stand in a product, and a product in a sum

    for atom, exponent in powers.items():
        if is_delta(atom):
            keep, drop = sorted(atom.indices, key=str)
            others = [(other, n) for other, n in powers.items() if other != atom]
            if exponent > 1:
                return collect([*others, (atom, sympy.S.One)])
            if exponent == 1 and any(drop in other.free for other, _ in others):
                return multiply(Polynomial.of(atom), renamed(others, {drop: keep}))
    return None


def whole_roots(powers):
    """2^(3/2) = 2 · 2^(1/2): of the power of a number only the broken part is an atom."""
    for atom, exponent in powers.items():
        if is_number(atom) and not 0 < exponent < 1:
            whole = sympy.floor(exponent)
            rest = {**powers, atom: exponent - whole}
            return collect(rest.items()).scaled(atom.expression**whole)
    return None


def whole_totals(powers):
    """(a + b)^(3/2) = a (a + b)^(1/2) + b (a + b)^(1/2)."""
    for atom, exponent in powers.items():
        if isinstance(atom, Total) and exponent >= 1:
            whole = sympy.floor(exponent)
            return multiply(
                power(atom.inside, whole), collect({**powers, atom: exponent - whole}.items())
            )
    return None


def divide(powers):
    """a (a + b)^n = (a + b)^(n+1) − b (a + b)^n, with a the first term of the sum."""
    for atom, exponent in powers.items():
        if isinstance(atom, Total) and exponent < 0:
            first = leading(atom.inside)
            left = {other: powers.get(other, 0) - n for other, n in first}
            if first and all(powers.get(other, 0) >= n > 0 for other, n in first):
                rest = Polynomial(atom.inside)
                number = rest.pop(first)
                others = collect({**powers, **left, atom: sympy.S.Zero}.items())
                up, same = ([(atom, exponent + 1)], [(atom, exponent)])
                less = multiply(rest, collect(same)).scaled(-1)
                return multiply(others, collect(up) + less).scaled(1 / number)
    return None


def leading(polynomial):
    """The first product by degree, then by alphabet: never one that divides into another."""
    atoms = sorted(polynomial.atoms, key=lambda atom: atom.key)
    vector = {factors: [dict(factors).get(atom, 0) for atom in atoms] for factors in polynomial}
    return max(polynomial, key=lambda factors: (sum(vector[factors]), vector[factors]))


def power(polynomial, exponent):
    """(ab)ⁿ = aⁿ bⁿ; what cannot be taken apart becomes an atom. Broken powers need a, b > 0."""
    if exponent.is_Integer and exponent >= 0:
        return multiply_all([polynomial] * int(exponent))
    number, common, rest = content(polynomial, needs_sign=not exponent.is_Integer)
    made = collect([(atom, n * exponent) for atom, n in common.items()])
    made = multiply(made, power_of_number(number, exponent))
    if rest == Polynomial.of(1):
        return made
    base = next(iter(rest.atoms)) if len(rest.atoms) == 1 else None
    base = base if base and rest == Polynomial.of(base) else Total(rest)
    return multiply(made, collect([(base, exponent)]))


def power_of_number(number, exponent):
    """(p q)ⁿ = pⁿ qⁿ for a rational number and its primes."""
    if exponent.is_Integer:
        return Polynomial.of(number**exponent)
    return collect(
        [(Leaf(sympy.Integer(p)), n * exponent) for p, n in sympy.factorrat(number).items()]
    )


def content(polynomial, needs_sign):
    """(number, {atom: exponent}, rest) with polynomial = number · Π atom^exponent · rest."""
    if not polynomial:
        raise DerivationError("the line divides by 0, or takes its logarithm")
    number = common_measure(polynomial.values())
    if not needs_sign and polynomial[leading(polynomial)] < 0:
        number = -number
    tables = [dict(factors) for factors in polynomial]
    shared = {atom for atom in polynomial.atoms if not needs_sign or is_positive(atom)}
    common = {atom: min(table.get(atom, 0) for table in tables) for atom in shared}
    common = {atom: n for atom, n in common.items() if n}
    divided = [(atom, -n) for atom, n in common.items()]
    rest = polynomial.mapped(lambda factors: collect([*factors, *divided])).scaled(1 / number)
    if not rest:
        raise DerivationError("the line divides by 0, or takes its logarithm")
    return number, common, rest


def common_measure(numbers):
    """The greatest positive rational of which all numbers are whole multiples."""
    numbers = list(numbers)
    return sympy.Rational(
        sympy.igcd(*(n.p for n in numbers), 0), sympy.ilcm(*(n.q for n in numbers), 1)
    )


def exponential(polynomial):
    """exp(a + b) = exp a · exp b, and exp(n log a) = aⁿ."""
    made = Polynomial.of(1)
    for factors, c in polynomial.items():
        match [*factors]:
            case [(Call(sympy.log, inside), n)] if n == 1:
                made = multiply(made, power(inside, c))
            case _:
                made = multiply(made, collect([(Exp(Polynomial({factors: sympy.S.One})), c)]))
    return made


def logarithm(polynomial):
    """log(a b) = log a + log b for a, b > 0, and log exp a = a."""
    number, common, rest = content(polynomial, needs_sign=True)
    made = Polynomial()
    for prime, n in sympy.factorrat(number).items():
        made += Polynomial.of(Call(sympy.log, Polynomial.of(prime))).scaled(n)
    for atom, n in common.items():
        made += log_of(atom).scaled(n)
    return made if rest == Polynomial.of(1) else made + Polynomial.of(Call(sympy.log, rest))


def log_of(atom):
    if isinstance(atom, Exp | Total):
        return atom.inside if isinstance(atom, Exp) else logarithm(atom.inside)
    return Polynomial.of(Call(sympy.log, Polynomial.of(atom)))
