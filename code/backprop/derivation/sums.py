"""The rules for Σ: they hold for every length of every axis, from 1 on.

`add_up` goes through the list until no rule fits; what is left hangs together and is one atom.
"""

from itertools import permutations

import sympy

from .atoms import Bound, Call, Exp, Leaf, Polynomial, Total, fresh, is_delta
from .powers import collect, exponential, logarithm, multiply, multiply_all, power


def sum_over(ranges, polynomial, cited=()):
    """The sum of a sum is the sum of the sums."""
    return polynomial.mapped(lambda factors: add_up(tuple(ranges), factors, cited))


def add_up(ranges, factors, cited=()):
    """Σ over `ranges`, ((index, dimension), …), of one product; `cited` are further rules."""
    for index, size in ranges:
        for rule in [pick, count, *cited, join, fold]:
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
    return multiply(Polynomial.of(Leaf(size)), rest)


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
    names = {index: fresh() for index, _ in bound.ranges}
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


def renamed_sum(polynomial, names, cited=()):
    return polynomial.mapped(lambda factors: renamed(factors, names, cited))


def rebuilt(atom, exponent, names, cited):
    match atom:
        case Leaf(expression):
            changed = expression.xreplace(names)
            if is_delta(atom) and changed.is_Integer:
                return Polynomial.of(changed**exponent)
            return collect([(Leaf(changed), exponent)])
        case Bound(ranges, factors):
            inside = Polynomial({factors: sympy.S.One})
            if {index for index, _ in ranges} & {*names, *names.values()}:
                ranges, inside = refreshed(atom)
            return power(sum_over(ranges, renamed_sum(inside, names, cited), cited), exponent)
    inside = renamed_sum(atom.inside, names, cited)
    match atom:
        case Exp():
            return power(exponential(inside), exponent)
        case Total():
            return power(inside, exponent)
        case Call(sympy.log):
            return power(logarithm(inside), exponent)
    return collect([(Call(atom.function, inside), exponent)])
