"""The rules of the judge for all shapes. The law of each is below its name; the page prints it.

They hold for real numbers and for every length of every axis, from 1 on, wherever both sides have a
value. Products are in sums and sums in products, so all rules are in one room: `collect` and
`add_up` go through their lists until no rule fits.
"""

from contextlib import contextmanager
from functools import reduce
from itertools import combinations, permutations, product

import sympy

from ..errors import DerivationError
from ..premises.ranges import from_one, up_to, within
from .atoms import (
    Argmax,
    Bound,
    Bracket,
    Call,
    Composed,
    Exp,
    Indicator,
    Leaf,
    Polynomial,
    Total,
    at_place,
    axis,
    fresh,
    is_delta,
    is_number,
    is_one_hot,
    is_plain,
    is_positive,
    is_size,
    is_summed,
    leading,
    place_of,
    whole,
)
from .lengths import length
from .work import spend

SOMEWHERE = whole("?")  # a place that is not looked at
MANY_CASES = 4  # [x > 0] of so many x are told apart in one function
turning = [True]  # whether [−x > 0] = 1 − [x > 0], which does not hold at the kink, may be used


class NoPower(DerivationError):
    """0 in a denominator or in a logarithm."""


@contextmanager
def at_kinks_too():
    """Within it, no rule is used that does not hold where x is 0 in [x > 0]."""
    turning.append(False)
    try:
        yield
    finally:
        turning.pop()


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
    """[i = j] = δ_ij on one axis, [2e = 0] = [e = 0], [e = 0] = 0 if e > 0, and [0 = 0] = 1."""
    place = sympy.expand(place)
    terms = dict(place.as_coefficients_dict())
    constant = terms.pop(sympy.S.One, sympy.S.Zero)
    common = sympy.igcd(*terms.values(), 0, 0)
    if not terms or constant % common:
        return Polynomial.of(int(not terms and constant == 0))
    if len({n > 0 for n in [*terms.values(), constant] if n}) == 1:  # all letters are from 1 on
        return Polynomial()
    terms, constant = {what: n / common for what, n in terms.items()}, constant / common
    made = plain_bracket(terms, constant)
    return Polynomial.of(Bracket(place / common)) if made is None else made


def plain_bracket(terms, constant):
    """δ_ij or δ_i3 for a place that is no more than that; None for another."""
    (one, n), *others = terms.items()
    if not others and abs(n) == 1 and is_plain(one):
        return Polynomial.of(Leaf(sympy.KroneckerDelta(one, -constant / n)))
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


def substitute(powers):
    """[p = e] [k p + c = 0] = [p = e] [k e + c = 0], where p is summed and e is not."""
    brackets = [(atom, n) for atom, n in powers.items() if isinstance(atom, Bracket)]
    for (one, _), (other, n) in permutations(brackets, 2):
        for index in filter(is_summed, one.free & other.free):
            place = one.solved(index)
            if place is not None and not any(map(is_summed, place.free_symbols)):
                rest = collect([(atom, m) for atom, m in powers.items() if atom != other])
                made = power(bracket(other.expression.xreplace({index: place})), n)
                return multiply(rest, made)
    return None


def meet(powers):
    """(Σ_p [p = e] f(p)) (Σ_q [q = e] g(q)) = Σ_p [p = e] f(p) g(p), where p, q are on one axis."""
    sums = [(atom, n, places_in(atom)) for atom, n in powers.items() if n >= 1 == n.q]
    for one, n, places in sums:
        for other, _, others in sums:
            if (common := places.keys() & others.keys()) and (one != other or n > 1):
                found = min(common, key=str)
                left = {**powers, one: n - 1}
                left[other] -= 1
                joined = at_one_place(one, places[found], other, others[found])
                return multiply(collect(left.items()), joined)
    return None


def places_in(atom):
    """{(e, size): (p, the atom [p = e])} in a Σ over p, where e is made of no index of the Σ."""
    if not isinstance(atom, Bound):
        return {}
    summed = {index for index, _ in atom.ranges}
    found = {
        (factor.solved(index), size): (index, factor)
        for index, size in atom.ranges
        for factor, n in atom.factors
        if isinstance(factor, Bracket) and n == 1 and factor.free & summed == {index}
    }
    return {place: at for place, at in found.items() if place[0] is not None}


def at_one_place(one, place, other, same):
    """Σ_p [p = e] f(p) g(p) of two such sums, given with (index, [index = e]) for each."""
    more = {index: fresh(axis(index)) for index, _ in other.ranges}
    names = {index: fresh(axis(index)) for index, _ in one.ranges}
    more[same[0]] = names[place[0]]
    ranges = [(names[index], size) for index, size in one.ranges]
    ranges += [(more[index], size) for index, size in other.ranges if index != same[0]]
    rest = other.factors - {(same[1], sympy.S.One)}
    return sum_over(ranges, multiply(renamed(one.factors, names), renamed(rest, more)))


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
    if (made := cases(lambda one: power_or_zero(one, exponent), polynomial)) is not None:
        return made
    number, common, rest = content(polynomial, needs_sign=not exponent.is_Integer)
    made = collect([(atom, n * exponent) for atom, n in common.items()])
    made = multiply(made, power_of_number(number, exponent))
    if rest == Polynomial.of(1):
        return made
    base = next(iter(rest.atoms)) if len(rest.atoms) == 1 else None
    base = base if base and rest == Polynomial.of(base) else Total(rest)
    return multiply(made, collect([(base, exponent)]))


def power_or_zero(polynomial, exponent):
    """0ⁿ = 0 for n > 0."""
    return power(polynomial, exponent) if polynomial or exponent < 0 else polynomial


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
        raise NoPower("the line divides by 0, or takes its logarithm")
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
        raise NoPower("the line divides by 0, or takes its logarithm")
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
    if (made := cases(exponential, polynomial)) is not None:
        return made
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
    if (made := cases(logarithm, polynomial)) is not None:
        return made
    number, common, rest = content(polynomial, needs_sign=True)
    made = Polynomial()
    for prime, n in sympy.factorrat(number).items():
        made += Polynomial.of(Call(sympy.log, Polynomial.of(prime))).scaled(n)
    for atom, n in common.items():
        made += log_of(atom).scaled(n)
    return made if rest == Polynomial.of(1) else made + Polynomial.of(Call(sympy.log, rest))


def call(function, polynomial):
    """A function of which no rule says anything."""
    made = cases(lambda one: call(function, one), polynomial)
    return Polynomial.of(Call(function, polynomial)) if made is None else made


def log_of(atom):
    if isinstance(atom, Exp | Total):
        return atom.inside if isinstance(atom, Exp) else logarithm(atom.inside)
    return Polynomial.of(Call(sympy.log, Polynomial.of(atom)))


# Cases: of [x > 0], which is 1 where x > 0 and else 0, all else that has a kink is made.


def indicator(polynomial):
    """[p x > 0] = [x > 0] for p > 0, and [−x > 0] = 1 − [x > 0] where x ≠ 0."""
    if not polynomial:
        return Polynomial()
    if (made := cases(indicator, polynomial)) is not None:
        return made
    _, _, rest = content(polynomial, needs_sign=True)
    less = rest.scaled(-1)
    if is_positive(Total(rest)) or is_positive(Total(less)):
        return Polynomial.of(int(is_positive(Total(rest))))
    if turning[-1] and erased(rest) < erased(less) and never_vanishes(rest):
        return Polynomial.of(1) + Polynomial.of(Indicator(less)).scaled(-1)
    return Polynomial.of(Indicator(rest))


def cases(function, polynomial):
    """f([x > 0]) = [x > 0] f(1) + (1 − [x > 0]) f(0)."""
    if (made := chosen(function, polynomial)) is not None:
        return made
    found = cases_of(polynomial)
    if not 0 < len(found) <= MANY_CASES:
        return None
    on, off = (either(function, put(polynomial, found[0], value)) for value in (1, 0))
    if on is None and off is None:
        raise NoPower("the line divides by 0, or takes its logarithm")
    if None in (on, off) and not never_vanishes(found[0].inside):
        raise NoPower("the line divides by 0 where two of its indices are equal")
    case = Polynomial.of(found[0])
    on, off = on or Polynomial(), off or Polynomial()
    return off + multiply(case, on + off.scaled(-1))


def either(function, polynomial):
    """f of one case; None if it has no value there: the line demands that it is the other."""
    try:
        return function(polynomial)
    except NoPower:
        return None


def cases_of(polynomial):
    """The indicators in a polynomial that are in no denominator and in no Σ."""
    found = sorted((a for a in polynomial.atoms if isinstance(a, Indicator)), key=lambda a: a.key)
    return [atom for atom in found if all(dict(f).get(atom, 1) == 1 for f in polynomial)]


def put(polynomial, atom, value):
    """The polynomial with 1 or 0 in the place of an atom."""
    kept = [(factors, c) for factors, c in polynomial.items() if value or atom not in dict(factors)]
    return sum(
        (collect([one for one in f if one[0] != atom]).scaled(c) for f, c in kept), Polynomial()
    )


def erased(polynomial):
    """Its text without the names of its free indices: what the sign of [x > 0] may depend on."""
    return polynomial.write({index: f"*{axis(index)}" for index in polynomial.free})


def never_vanishes(polynomial):
    """Whether it is not 0 for all numbers where some of its indices are equal, as X_i − X_j is.

    If it vanishes, it also does where as many are equal as can be: all those of one axis, or each
    to one of the numbers that occur as an index. What has a δ in it is not looked into.
    """
    parts = [*inside_of(polynomial)]
    numbers = {i for one in parts if isinstance(one, Leaf) for i in one.indices if i.is_Integer}
    letters = sorted(polynomial.free, key=str)
    if any(is_delta(one) or isinstance(one, Bracket) for one in parts):
        return False
    if len(numbers) ** len(letters) > 100:
        return False
    first = {axis(index): index for index in reversed(letters)}
    choices = (
        product(numbers, repeat=len(letters)) if numbers else [[first[axis(i)] for i in letters]]
    )
    try:
        return all(rebuilt_sum(polynomial, dict(zip(letters, at, strict=True))) for at in choices)
    except DerivationError:  # it is divided by something that vanishes
        return False


def inside_of(part):
    """All atoms in a polynomial or an atom."""
    for atom in part.atoms if isinstance(part, Polynomial) else part.children:
        if isinstance(atom, Polynomial):
            yield from inside_of(atom)
        else:
            yield atom
            yield from inside_of(atom)


def largest_at(index, size, polynomial, place):
    """argmax_k (p x_k + c) = argmax_k x_k, for p > 0; p and c are the same for all k."""
    kept = Polynomial({f: c for f, c in polynomial.items() if any(index in a.free for a, _ in f)})
    if not kept:  # all are equal: any place may be said, and this one is said for all of them
        return Polynomial.of(Argmax(index, size, Polynomial(), place))
    number = common_measure(kept.values())
    shared = [atom for atom in kept.atoms if is_positive(atom) and index not in atom.free]
    less = [(atom, -min(dict(factors).get(atom, 0) for factors in kept)) for atom in shared]
    less = [(atom, n) for atom, n in less if n]
    rest = kept.mapped(lambda factors: collect([*factors, *less])).scaled(1 / number)
    return Polynomial.of(Argmax(index, size, rest, place))


def chosen(function, polynomial):
    """f(Σ_k o_k x_k) = Σ_k o_k f(x_k) for a one-hot o."""
    for bound in sorted((a for a in polynomial.atoms if isinstance(a, Bound)), key=lambda a: a.key):
        single = all(dict(factors).get(bound, 1) == 1 for factors in polynomial)
        if single and one_hots_of(bound):
            ranges, opened = refreshed(bound)
            if len(opened) == 1:
                return by_place(function, polynomial, bound, ranges, opened)
    return None


def by_place(function, polynomial, bound, ranges, opened):
    """The same for one Σ in it, which is that of `opened` over `ranges`."""
    [(factors, number)] = opened.items()
    sizes = dict(ranges)
    one = next(a for a, _ in by_text(factors) if is_one_hot(a) and place_of(a) in sizes)
    k = place_of(one)
    rest = Polynomial({factors - {(one, sympy.S.One)}: number})
    inner = sum_over(without(ranges, k), rest)
    value = polynomial.mapped(lambda product_: replaced_in(product_, bound, inner))
    return sum_over([(k, sizes[k])], multiply(Polynomial.of(one), function(value)))


def by_text(factors):
    return sorted(factors, key=lambda pair: pair[0].key)


def replaced_in(factors, bound, inner):
    """A product with a sum in the place of one of its atoms."""
    if bound not in dict(factors):
        return Polynomial({factors: sympy.S.One})
    return multiply(collect([one for one in factors if one[0] != bound]), inner)


def one_hots_of(atom):
    """The one-hots in a product or of a Σ over their place, each at a place that means nothing."""
    if is_one_hot(atom):
        return {at_place(atom, SOMEWHERE)}
    if not isinstance(atom, Bound):
        return set()
    summed = {index for index, _ in atom.ranges}
    inner = [one for one, n in atom.factors if n == 1 and is_one_hot(one)]
    found = {at_place(one, SOMEWHERE) for one in inner if place_of(one) in summed}
    return {one for one in found if not one.free & summed}


def one_hot(powers):
    """o_i o_j = δ_ij o_i and o_iⁿ = o_i for a one-hot o, and Σ_i o_i x_i opened where o meets o."""
    hot = [(atom, n) for atom, n in powers.items() if n > 0 and is_one_hot(atom)]
    for atom, n in hot:
        if n != 1:
            return collect({**powers, atom: sympy.S.One}.items())
    for (one, _), (other, _) in combinations(hot, 2):
        if at_place(one, SOMEWHERE) == at_place(other, SOMEWHERE):
            rest = collect([(a, n) for a, n in powers.items() if a not in (one, other)])
            i, j = place_of(one), place_of(other)
            same = Polynomial.of(Leaf(sympy.KroneckerDelta(i, j))) if i != j else Polynomial.of(1)
            if i.is_Integer and j.is_Integer:
                return Polynomial()
            return multiply(multiply(rest, same), Polynomial.of(one))
    return met(powers)


def met(powers):
    """The product with the sums opened that share a one-hot; None if there are none."""
    meeting = [(atom, n, one_hots_of(atom)) for atom, n in powers.items() if n > 0]
    for atom, n, mine in meeting:
        if not isinstance(atom, Bound) or not n.is_Integer:
            continue
        shared = [
            (other, m) for other, m, its in meeting if its & mine and (other != atom or m > 1)
        ]
        if not shared:
            continue
        opened = {atom} | {other for other, _ in shared if isinstance(other, Bound)}
        ranges, made = (), collect([(a, k) for a, k in powers.items() if a not in opened])
        for one in by_text([(a, powers[a]) for a in opened]):
            for _ in range(int(one[1])):
                more, inner = refreshed(one[0])
                ranges, made = (*ranges, *more), multiply(made, inner)
        return sum_over(ranges, made)
    return None


def once(powers):
    """[x > 0]ⁿ = [x > 0] for n > 0."""
    for atom, exponent in powers.items():
        if isinstance(atom, Indicator) and exponent > 0 and exponent != 1:
            return collect({**powers, atom: sympy.S.One}.items())
    return None


def implied(powers):
    """[x > 0] [x + p > 0] = [x > 0] and [x > 0] [−x − p > 0] = 0, for p ≥ 0."""
    found = [atom for atom, n in powers.items() if isinstance(atom, Indicator) and n == 1]
    for one, other in permutations(found, 2):
        if is_above(other.inside, one.inside):
            return collect([(atom, n) for atom, n in powers.items() if atom != other])
        if is_above(other.inside.scaled(-1), one.inside):
            return Polynomial()
    return None


def is_above(upper, lower):
    """Whether a positive multiple of one is seen to be greater than the other, or the same."""
    for scale in ratios(lower, upper):
        more = upper.scaled(scale) + lower.scaled(-1)
        if scale > 0 and is_positive(Total(more)):
            return True
    return False


def ratios(one, other):
    """By what the second is multiplied so that a term of both is the same: {c/d, …}."""
    return sorted({c / other[factors] for factors, c in one.items() if factors in other})


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


def one_place(index, size, ranges, factors, cited):
    """Σ_i o_i = 1 for a one-hot o, where i is in nothing else."""
    match touching(index, factors):
        case [(atom, exponent)] if exponent == 1 and is_one_hot(atom) and place_of(atom) == index:
            if index not in at_place(atom, SOMEWHERE).free:
                return add_up(without(ranges, index), factors - {(atom, exponent)}, cited)
    return None


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
    if isinstance(atom, Argmax):
        return False
    parts = atom.inside.atoms if isinstance(atom, Composed) else atom.children
    return bool(parts) and all(only_in_brackets(index, part) for part in parts)


def is_shown(place, size):
    """Whether a place is on an axis of this size, by the axes of its indices."""
    axes = axes_of(place)
    return axes is not None and within(place, length(size), axes)


def axes_of(place):
    """{index: the size of its axis} for the indices of a place; None if one has none."""
    letters = [one for one in place.free_symbols if not is_size(one)]
    axes = {one: length(whole(f"|{axis(one)}|")) for one in letters if axis(one)}
    return axes if len(axes) == len(letters) else None


def between(index, size, ranges, factors, cited):
    """Σ_p [p = e] [p = f] g(p) = [e = f] g(e) where 1 ≤ e, f ≤ the length, p in brackets only."""
    touched = touching(index, factors)
    if len(touched) < 2 or not all(isinstance(atom, Bracket) and n == 1 for atom, n in touched):
        return None
    for (one, _), (other, _) in permutations(touched, 2):
        low, high = one.solved(index), other.solved(index)
        if low is None or high is None or axes_of(low) is None or axes_of(high) is None:
            continue
        if from_one(low, axes_of(low)) and up_to(length(size), high, axes_of(high)):
            rest = renamed(factors - {(one, sympy.S.One)}, {index: low})
            return sum_over(without(ranges, index), rest, cited)
    return None


def complement(index, size, ranges, factors, cited):
    """Σ_q [q = t − c] = 1 − δ_t1 − … − δ_tc, where q and t are on one axis and c ≥ 1."""
    match touching(index, factors):
        case [(Bracket() as atom, 1)]:
            place = atom.solved(index)
            back, letter = (None, None) if place is None else place.as_coeff_Add()
            if not (back and back < 0 and letter.is_Symbol and not is_size(letter)):
                return None
            if axis(letter) == axis(index) != "":
                rest = Polynomial.of(1)
                for n in range(1, 1 - back):
                    rest += Polynomial.of(Leaf(sympy.KroneckerDelta(letter, n))).scaled(-1)
                left = collect(factors - {(atom, sympy.S.One)})
                return sum_over(without(ranges, index), multiply(left, rest), cited)
    return None


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
        case Argmax(index, size, inside, place):
            if index in {*names, *names.values()}:
                new = fresh(axis(index))
                index, inside = new, rebuilt_sum(inside, {index: new})
            inside = rebuilt_sum(inside, names, cited)
            return power(largest_at(index, size, inside, place.xreplace(names)), exponent)
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
        case Indicator():
            return power(indicator(inside), exponent)
        case Call(sympy.log):
            return power(logarithm(inside), exponent)
    return power(call(atom.function, inside), exponent)


OF_PRODUCTS = pick_free, same_place, substitute, meet, one_hot, once, implied
OF_PRODUCTS += whole_roots, whole_totals, divide
OF_SUMS = pick, count, one_place, join, fold, slide, between, complement
CONSTRUCTED = multiply, collect, power, exponential, logarithm, bracket, indicator, cases
CHOOSING = largest_at, chosen
RULES = *CONSTRUCTED, *CHOOSING, *OF_PRODUCTS, sum_over, *OF_SUMS
