"""The rules of the judge for all shapes. The law of each is below its name; the page prints it.

They hold for real numbers and for every length of every axis, from 1 on, wherever both sides have a
value. Products are in sums and sums in products, so all rules are in one room: `collect` and
`add_up` go through their lists until no rule fits.
"""

from functools import reduce
from itertools import combinations, permutations

import sympy

from ..errors import DerivationError
from ..premises.ranges import within
from .atoms import (
    Bound,
    Bracket,
    Call,
    Composed,
    Exp,
    Leaf,
    Polynomial,
    Total,
    axis,
    fresh,
    is_delta,
    is_number,
    is_plain,
    is_positive,
    is_size,
    leading,
    whole,
)
from .lengths import length
from .work import spend

# Products, powers, exp and log.


def multiply(left, right):
    """Distribute: (a + b)(c + d) = ac + ad + bc + bd."""
    made = Polynomial()
    for one, c in left.items():
        for other, k in right.items():
            made.gain(collect([*one, *other]), c * k)
    return made


def multiply_all(polynomials):
    return reduce(multiply, polynomials, Polynomial.of(1))


def collect(factors):
    """aᵐ aⁿ = aᵐ⁺ⁿ, for a product given as pairs (atom, exponent)."""
    powers = {}
    spend(1, "it multiplies out to many products")
    for atom, exponent in factors:
        powers[atom] = powers.get(atom, 0) + exponent
    powers = {atom: exponent for atom, exponent in powers.items() if exponent}
    for rule in OF_PRODUCTS:
        if (result := rule(powers)) is not None:
            return result
    return Polynomial({frozenset(powers.items()): sympy.S.One})


def pick_free(powers):
    """δ_ab f(b) = δ_ab f(a), and δ_ab² = δ_ab."""
    for atom, exponent in powers.items():
        if is_delta(atom):
            keep, drop = sorted(atom.indices, key=str)
            others = [(other, n) for other, n in powers.items() if other != atom]
            if exponent > 1:
                return collect([*others, (atom, sympy.S.One)])
            if exponent == 1 and any(drop in other.free for other, _ in others):
                return multiply(Polynomial.of(atom), renamed(others, {drop: keep}))
    return None


def bracket(place):
    """[i = j] = δ_ij on one axis, [2e = 0] = [e = 0], and [n = 0] is 1 or 0 for a number n."""
    place = sympy.expand(place)
    terms = dict(place.as_coefficients_dict())
    constant = terms.pop(sympy.S.One, sympy.S.Zero)
    common = sympy.igcd(*terms.values(), 0, 0)
    if not terms or constant % common:
        return Polynomial.of(int(not terms and constant == 0))
    terms, constant = {what: n / common for what, n in terms.items()}, constant / common
    return plain_bracket(terms, constant) or Polynomial.of(Bracket(place / common))


def plain_bracket(terms, constant):
    """δ_ij or δ_i3 for a place that is no more than that; None for another."""
    (one, n), *others = terms.items()
    if not others and abs(n) == 1 and is_plain(one):
        number = -constant / n
        return Polynomial.of(Leaf(sympy.KroneckerDelta(one, number)) if number > 0 else 0)
    if len(others) == 1 and not constant and {n, others[0][1]} == {1, -1}:
        other = others[0][0]
        if is_plain(one) and is_plain(other) and axis(one) == axis(other) != "":
            return Polynomial.of(Leaf(sympy.KroneckerDelta(one, other)))
    return None


def same_place(powers):
    """[p = e]² = [p = e], and [p = e] [q = e] = [p = e] δ_pq on one axis."""
    brackets = [(atom, n) for atom, n in powers.items() if isinstance(atom, Bracket)]
    for atom, n in brackets:
        if n > 1:
            return collect([*{**powers, atom: sympy.S.One}.items()])
    for (one, n), (other, m) in combinations(brackets, 2):
        for difference in (one.expression - other.expression, one.expression + other.expression):
            made = bracket(difference)
            if n == m == 1 and all(map(is_delta, made.atoms)):
                rest = collect([(atom, k) for atom, k in powers.items() if atom != other])
                return multiply(rest, made)
    return None


def whole_roots(powers):
    """2^(3/2) = 2 · 2^(1/2): of the power of a number only the fractional part is an atom."""
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
            first = atom.first
            left = {other: powers.get(other, 0) - n for other, n in first}
            if first and all(powers.get(other, 0) >= n > 0 for other, n in first):
                rest = Polynomial(atom.inside)
                number = rest.pop(first)
                others = collect({**powers, **left, atom: sympy.S.Zero}.items())
                up, same = ([(atom, exponent + 1)], [(atom, exponent)])
                less = multiply(rest, collect(same)).scaled(-1)
                return multiply(others, collect(up) + less).scaled(1 / number)
    return None


def power(polynomial, exponent):
    """(ab)ⁿ = aⁿ bⁿ; what cannot be taken apart is an atom. Fractional powers need a, b > 0."""
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
    if len(rest) == 1 and rest != polynomial:  # 1 − 1/(1 + x) = x/(1 + x), and x is a product
        more, others, rest = content(rest, needs_sign)
        number *= more
        common = {atom: common.get(atom, 0) + others.get(atom, 0) for atom in common | others}
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


# Sums.


def sum_over(ranges, polynomial, cited=()):
    """The sum of a sum is the sum of the sums."""
    return polynomial.mapped(lambda factors: add_up(tuple(ranges), factors, cited))


def add_up(ranges, factors, cited=()):
    """Σ over `ranges`, ((index, dimension), …), of one product; `cited` are further rules."""
    for index, size in ranges:
        for rule in (*cited, *OF_SUMS):
            if (result := rule(index, size, ranges, factors, cited)) is not None:
                return result
    return multiply_all(
        Polynomial.of(Bound(tuple(r for r in ranges if r[0] in inside), part)) if inside
        else collect(part)
        for inside, part in together(ranges, factors)
    )  # fmt: skip


def pick(index, size, ranges, factors, cited):
    """Σ_i δ_ij f(i) = f(j), where i and j run over the same axis."""
    for atom, exponent in factors:
        if is_delta(atom) and index in atom.free and exponent > 0:
            [other] = [one for one in atom.indices if one != index]
            if other.is_Integer and other > 1:  # an axis may be shorter
                continue
            rest = renamed(factors - {(atom, exponent)}, {index: other})
            return sum_over(without(ranges, index), rest, cited)
    return None


def count(index, size, ranges, factors, cited):
    """Σ_i 1 = the length of the axis."""
    if touching(index, factors):
        return None
    rest = add_up(without(ranges, index), factors, cited)
    return multiply(number_of_places(size), rest)


def number_of_places(size):
    """The length of an axis, by the sizes from which it is computed."""
    made = Polynomial()
    for what, n in length(size).as_coefficients_dict().items():
        made.gain(
            collect([(Leaf(one), k) for one, k in what.as_powers_dict().items() if one != 1]), n
        )
    return made


def join(index, size, ranges, factors, cited):
    """Σ_i Σ_j = Σ_ij, and (Σ_j f(j))² = Σ_jk f(j) f(k): sums inside a sum are opened."""
    for atom, exponent in touching(index, factors):
        if isinstance(atom, Bound) and exponent >= 1:
            more, opened = refreshed(atom)
            left = collect([*(factors - {(atom, exponent)}), (atom, exponent - 1)])
            return sum_over((*ranges, *more), multiply(left, opened), cited)
    return None


def fold(index, size, ranges, factors, cited):
    """Σ_i f(i) (Σ_j f(j))^n = (Σ_j f(j))^(n+1), for n < 0."""
    for atom, exponent in factors:
        if isinstance(atom, Bound) and exponent < 0:
            for inside in permutations(ranges, len(atom.ranges)):
                same = [one[1] for one in inside] == [one[1] for one in atom.ranges]
                mine = {one[0] for one in inside}
                part = frozenset(f for f in factors if f[0].free & mine)
                if index in mine and same and Bound(inside, part) == atom:
                    left = collect([*(factors - part - {(atom, exponent)}), (atom, exponent + 1)])
                    return sum_over(without(ranges, *mine), left, cited)
    return None


def slide(index, size, ranges, factors, cited):
    """Σ_p [p = e] g(p) = g(e) where 1 ≤ e ≤ the length of the axis, and p is in brackets only."""
    touched = touching(index, factors)
    if not all(only_in_brackets(index, atom) for atom, _ in touched):
        return None
    for atom, exponent in touched:
        place = atom.solved(index) if isinstance(atom, Bracket) else None
        if exponent == 1 and place is not None and is_shown(place, size):
            rest = renamed(factors - {(atom, exponent)}, {index: place})
            return sum_over(without(ranges, index), rest, cited)
    return None


def only_in_brackets(index, atom):
    """Whether an index occurs nowhere else: not as the place of an entry, nor in a δ."""
    if index not in atom.free or isinstance(atom, Bracket):
        return True
    parts = atom.inside.atoms if isinstance(atom, Composed) else atom.children
    return bool(parts) and all(only_in_brackets(index, part) for part in parts)


def is_shown(place, size):
    """Whether a place is on an axis of this size, by the axes of its indices."""
    letters = [one for one in place.free_symbols if not is_size(one)]
    axes = {one: length(whole(f"|{axis(one)}|")) for one in letters if axis(one)}
    return len(axes) == len(letters) and within(place, length(size), axes)


def touching(index, factors):
    return [(atom, exponent) for atom, exponent in factors if index in atom.free]


def without(ranges, *indices):
    return tuple(one for one in ranges if one[0] not in indices)


def together(ranges, factors):
    """The product in parts, [(summed indices, factors)], no two of which share a summed index."""
    parts = []
    summed = {index for index, _ in ranges}
    for atom, exponent in factors:
        inside, part = atom.free & summed, {(atom, exponent)}
        for other in [other for other in parts if other[0] & inside]:
            parts.remove(other)
            inside, part = inside | other[0], part | other[1]
        parts.append((inside, part))
    return [(inside, frozenset(part)) for inside, part in parts]


def refreshed(bound):
    """The ranges of a Σ with new names, and its product with them: −1 may come in front."""
    names = {index: fresh(axis(index)) for index, _ in bound.ranges}
    ranges = tuple((names[index], size) for index, size in bound.ranges)
    return ranges, renamed(bound.factors, names)


def renamed(factors, names, cited=()):
    """The product of (atom, exponent) with other indices, {old: new}, in normal form again."""
    made = Polynomial.of(1)
    for atom, exponent in factors:
        if cited or atom.free & names.keys():
            made = multiply(made, rebuilt(atom, exponent, names, cited))
        else:
            made = multiply(made, collect([(atom, exponent)]))
    return made


def rebuilt_sum(polynomial, names, cited=()):
    """A sum with other indices, or with the `cited` rules applied inside it."""
    return polynomial.mapped(lambda factors: renamed(factors, names, cited))


def rebuilt(atom, exponent, names, cited):
    match atom:
        case Leaf(expression):
            changed = expression.xreplace(names)
            if is_delta(atom) and changed.is_Integer:
                return Polynomial.of(changed**exponent)
            return collect([(Leaf(changed), exponent)])
        case Bracket(expression):
            return power(bracket(expression.xreplace(names)), exponent)
        case Bound(ranges, factors):
            inside = Polynomial({factors: sympy.S.One})
            taken = {*names}.union(*(place.free_symbols for place in names.values()))
            if {index for index, _ in ranges} & taken:
                ranges, inside = refreshed(atom)
            return power(sum_over(ranges, rebuilt_sum(inside, names, cited), cited), exponent)
    inside = rebuilt_sum(atom.inside, names, cited)
    match atom:
        case Exp():
            return power(exponential(inside), exponent)
        case Total():
            return power(inside, exponent)
        case Call(sympy.log):
            return power(logarithm(inside), exponent)
    return collect([(Call(atom.function, inside), exponent)])


OF_PRODUCTS = pick_free, same_place, whole_roots, whole_totals, divide
OF_SUMS = pick, count, join, fold, slide
RULES = multiply, collect, power, exponential, logarithm, bracket, *OF_PRODUCTS, sum_over, *OF_SUMS
