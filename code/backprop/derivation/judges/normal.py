"""The judge for all shapes: two lines are equal if their normal forms are.

The normal form of a SymPy index expression (Indexed, Sum, KroneckerDelta, powers, exp, log and
unknown functions) is a sum of products, made by the `rules`.
"""

from itertools import chain, combinations

import sympy
from sympy import Add, Mul, Pow, Sum, exp, log

from ..errors import DerivationError
from ..language.step import Step
from ..premises.facts import Facts
from ..premises.hypotheses import RowSum
from . import quick
from .atoms import Largest, Leaf, Polynomial, Same, Total, is_positive
from .claimed import rule_of_claim
from .descending import EACH, descents
from .indexed import Indexed, letter
from .lengths import computed_in
from .matrices import renamed
from .matrices import rules as rules_of_matrices
from .opening import openings
from .rational import is_zero_rational
from .rules import (
    add_up,
    bracket,
    call,
    cases_of,
    exponential,
    indicator,
    largest_at,
    logarithm,
    multiply_all,
    power,
    put,
    rebuilt_sum,
    sum_over,
    touching,
    without,
)
from .work import TooMuch, limited

WORDS = "proved for all shapes"
MOST_CASES = 6  # so many [x > 0] are told apart in a line


def judge(before, after, scope, definitions, facts, quickly=False, refuted=lambda: False):
    """Whether before = after for all shapes, by the facts that are cited.

    With `quickly`, numbers may say no before the rules are tried. `refuted` is asked once, when the
    first way to read the lines has not led to a proof: the further ones are longer.
    """
    said = [one.body for one in facts.results]
    with computed_in([before, after, *scope.values(), *definitions.sides, *said]):
        if definitions.steps:
            return stepwise((before, after), scope, definitions, facts)
        return by_some_opening((before, after), scope, definitions, facts, quickly, refuted)


def by_some_opening(sides, scope, definitions, facts, quickly, refuted):
    """Whether they are equal in one of the ways to read them."""
    for n, opening in enumerate(openings(definitions, facts, sides)):
        if n == 1 and refuted():
            return False
        reading = Indexed(definitions, facts, opening)
        found = read(sides, scope, reading)
        if quickly and not facts.claim and clearly_differ(found, scope, reading):
            continue
        if equal(found, reading):
            return True
    return False


def stepwise(sides, scope, definitions, facts):
    """The same where arrays are defined by themselves: there are more ways to read the sides.

    Raises TooMuch if one of the ways was given up, and no other one shows that they are equal.
    """
    seen, given_up = set(), None
    for opening in descents(definitions, facts, sides):
        reading = Indexed(definitions, facts, opening)
        try:
            with limited(EACH):
                found = read(sides, scope, reading)
                if found in seen or not facts.claim and clearly_differ(found, scope, reading):
                    continue
                seen.add(found)
                if equal(found, reading):
                    return True
        except TooMuch as error:
            given_up = error
    if given_up:
        raise given_up
    return False


def clearly_differ(sides, scope, reading):
    """Whether numbers show quickly that two SymPy expressions have no one normal form."""
    sizes = {letter(index, size): size for index, size in scope.items()}
    return quick.differ(sides, sizes, reading.known, reading.facts.hypotheses)


def read(sides, scope, reading):
    """Both sides as SymPy expressions."""
    at = {index: letter(index, size) for index, size in scope.items()}
    return tuple(reading.line(n, side, at) for n, side in enumerate(sides))


def equal(sides, reading):
    """Whether two SymPy expressions have the same normal form."""
    facts = reading.facts
    left, right = (normal(renamed(side, facts.hypotheses)) for side in sides)
    rules = [rule_of(one) for one in facts.hypotheses if isinstance(one, RowSum)]
    rules += rules_of_matrices(facts)
    if facts.claim:
        plain = Indexed(reading.definitions, Facts(), known=reading.known)
        rules.append(rule_of_claim(facts.claim, plain, normal))
    return is_zero(assuming(rules, left + right.scaled(-1)))


def normal(expression):
    """The Polynomial of a SymPy expression."""
    match expression:
        case sympy.Rational():
            return Polynomial.of(expression)
        case Add(args=args):
            return sum(map(normal, args), Polynomial())
        case Mul(args=args):
            return multiply_all(map(normal, args))
        case Pow(base=base, exp=sympy.Rational() as exponent):
            return power(normal(base), exponent)
        case Sum(function=body, limits=limits):
            return sum_over([(index, size) for index, _, size in limits], normal(body))
        case exp(args=[argument]):
            return exponential(normal(argument))
        case log(args=[argument]):
            return logarithm(normal(argument))
        case sympy.core.numbers.Exp1():
            return exponential(Polynomial.of(1))
        case sympy.Indexed() | sympy.KroneckerDelta() | sympy.Symbol() | sympy.core.numbers.Pi():
            return Polynomial.of(Leaf(expression))
        case Same(args=[place]):
            return bracket(place)
        case Step(args=[argument]):
            return indicator(normal(argument))
        case Largest(args=[body, index, size, place]):
            return largest_at(index, size, normal(body), place)
        case sympy.Abs(args=[argument]):  # what SymPy makes of a root of a square
            return power(power(normal(argument), sympy.S(2)), sympy.S.Half)
        case sympy.Function(args=[argument]):  # of which no rule says anything
            return call(expression.func, normal(argument))
    if expression.has(sympy.I):
        raise DerivationError("the line has the root of a negative number in it")
    if expression.has(sympy.zoo, sympy.nan):
        raise DerivationError("the line divides by 0")
    raise DerivationError(f"there is no rule for {expression}")


def assuming(rules, polynomial):
    """The normal form by hypotheses, a claim and what is known of A⁻¹: each is one rule for Σ."""
    before = None
    while rules and polynomial != before:
        before, polynomial = polynomial, rebuilt_sum(polynomial, {}, rules)
    return polynomial


def rule_of(hypothesis):
    """Σ_j T_ij = total: only where j is in nothing else."""

    def rule(index, size, ranges, factors, cited):
        match touching(index, factors):
            case [(Leaf(sympy.Indexed() as entry), 1)] if str(entry.base) == str(hypothesis.array):
                if entry.indices[1] == index != entry.indices[0]:
                    rest = factors - {(Leaf(entry), sympy.S.One)}
                    made = add_up(without(ranges, index), rest, cited)
                    return made.scaled(sympy.Rational(hypothesis.total))
        return None

    return rule


def is_zero(polynomial):
    """Whether it is empty, or 0 as a rational function of its atoms, or that in every case."""
    totals = any(isinstance(atom, Total) for atom in polynomial.atoms)
    if not polynomial or totals and is_zero_rational(Rational().of(polynomial)):
        return True
    found = cases_of(polynomial)
    if not 1 < len(found) <= MOST_CASES:
        return False
    return all(map(is_zero, all_cases(polynomial, found)))


def all_cases(polynomial, indicators, known=()):
    """The polynomial with each [x > 0] as 1, and as 0, where both can be."""
    if not indicators:
        yield polynomial
        return
    first, *others = indicators
    for value, x in (1, first.inside), (0, first.inside.scaled(-1)):
        now = (*known, (x, bool(value)))
        if can_be(now):
            yield from all_cases(put(polynomial, first, value), others, now)


def can_be(known):
    """False if the sum of some x, the last among them, contradicts that they are > 0, or ≥ 0."""
    *before, last = known
    for some in chain.from_iterable(combinations(before, n) for n in (0, 1, 2)):
        total = sum((x for x, _ in some), last[0])
        less = total.scaled(-1)
        if is_positive(Total(less)) and (less or any(strictly for _, strictly in (*some, last))):
            return False
    return True


class Rational:
    """Polynomials as SymPy expressions with a symbol for every atom, and sums as they are."""

    def __init__(self):
        self.symbols = {}

    def of(self, polynomial):
        return Add(
            *(c * Mul(*(self.power(*one) for one in factors)) for factors, c in polynomial.items())
        )

    def power(self, atom, exponent):
        whole = sympy.floor(exponent) if isinstance(atom, Total) else 0
        base = self.of(atom.inside) ** whole if whole else 1
        rest = exponent - whole
        return base * self.symbol(atom, rest.q) ** rest.p

    def symbol(self, atom, root):
        """What stands for atom^(1/root)."""
        return self.symbols.setdefault((atom, root), sympy.Dummy())
