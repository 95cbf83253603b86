"""The rule that a claim is in the judge for all shapes: what it says of earlier steps is put in.

An index q is at an earlier step than t if [q = t − c] is a factor, with c ≥ 1: so t itself is never
used, nor a later step. At the first step there is no earlier one, and nothing is assumed.
"""

from itertools import permutations, product

import sympy

from ..errors import DerivationError
from .atoms import Bound, Bracket, Leaf, Polynomial, axis
from .indexed import letter
from .rules import collect, multiply, rebuilt, rebuilt_sum, sum_over


def rule_of_claim(claim, reading, normal):
    """left(q) = right(q) for every q before t, as a rule for Σ."""
    at = {index: letter(index, size) for index, size in claim.scope}
    left, right = (normal(reading.value(side, at)) for side in (claim.left, claim.right))
    atom, right = single(left, claim), right.scaled(1 / next(iter(left.values())))
    step = at[claim.step]

    def rule(index, size, ranges, factors, cited):
        if axis(index) != axis(step) or index not in before(step, factors):
            return None
        for part, names in found(atom, step, index, ranges, factors):
            summed = {one for one in part[0]}
            rest = [(one, n) for one, n in factors if (one, n) not in part[1]]
            rest += [(one, n - 1) for one, n in part[1]] if not summed else []
            kept = tuple(one for one in ranges if one[0] not in summed)
            made = multiply(collect(rest), rebuilt_sum(right, names))
            return sum_over(kept, made, cited)
        return None

    return rule


def single(left, claim):
    """The one entry, or the one Σ, of which a claim says what it is."""
    match [*left]:
        case [factors] if len(factors) == 1:
            [(atom, n)] = factors
            entry = isinstance(atom, Leaf) and isinstance(atom.expression, sympy.Indexed)
            if n == 1 and (entry or isinstance(atom, Bound)):
                return atom
    raise DerivationError(
        f"the left side of a claim is one entry or one Σ, got {claim.left}: take the rest to the "
        "right side"
    )


def before(step, factors):
    """The indices of which a product says that they are at an earlier step."""
    brackets = [atom for atom, n in factors if isinstance(atom, Bracket) and n == 1]
    known, more = set(), {step}
    while more - known:
        known |= more
        for atom in brackets:
            for index in atom.free - known:
                place = atom.solved(index)
                back, other = (0, None) if place is None else place.as_coeff_Add()
                if back < 0 and other in known and axis(index) == axis(other):
                    more = more | {index}
    return known - {step}


def found(atom, step, index, ranges, factors):
    """((summed indices, factors), {index of the claim: index here}) where the claim can be used."""
    if isinstance(atom, Leaf):
        mine = atom.expression
        for one, n in factors:
            same = isinstance(one, Leaf) and isinstance(one.expression, sympy.Indexed)
            if same and one.expression.base == mine.base and n >= 1 == n.q:
                names = dict(zip(mine.indices, one.expression.indices, strict=True))
                if names.get(step) == index and len(names) == len(mine.indices):
                    yield ((), {(one, n)}), names
        return
    others = sorted(atom.free - {step}, key=str)
    for chosen in permutations([one for one in ranges if one[0] != index], len(atom.ranges)):
        summed = tuple(one for one, _ in chosen)
        if [size for _, size in chosen] == [size for _, size in atom.ranges]:
            part = frozenset(factor for factor in factors if factor[0].free & {*summed})
            here = Polynomial.of(Bound(chosen, part))
            free = sorted({i for one, _ in part for i in one.free} - {*summed}, key=str)
            for at in product(free, repeat=len(others)):
                names = {step: index, **dict(zip(others, at, strict=True))}
                if rebuilt(atom, sympy.S.One, names, ()) == here:
                    yield (summed, part), names
