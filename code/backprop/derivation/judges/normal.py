"""The judge for all shapes: two lines are equal if their normal forms are.

The normal form of a SymPy index expression (Indexed, Sum, KroneckerDelta, powers, exp, log and
unknown functions) is a sum of products, made by the `rules`.
"""

import sympy
from sympy import Add, Mul, Pow, Sum, exp, log

from ..errors import DerivationError
from ..premises.hypotheses import RowSum
from . import quick
from .atoms import Call, Leaf, Polynomial, Same, Total
from .indexed import Indexed, letter
from .matrices import renamed
from .matrices import rules as rules_of_matrices
from .opening import openings
from .rational import is_zero_rational
from .rules import (
    add_up,
    bracket,
    exponential,
    logarithm,
    multiply_all,
    power,
    rebuilt_sum,
    sum_over,
    touching,
    without,
)

WORDS = "proved for all shapes"


def judge(before, after, scope, definitions, facts, quickly=False):
    """Whether before = after for all shapes, by the facts that are cited.

    With `quickly`, numbers may say no before the rules are tried.
    """
    sides = before, after
    for opening in openings(definitions, facts, sides):
        reading = Indexed(definitions, facts, opening)
        found = read(sides, scope, reading)
        if quickly and clearly_differ(found, scope, reading):
            continue
        if equal(found, facts):
            return True
    return False


def clearly_differ(sides, scope, reading):
    """Whether numbers show quickly that two SymPy expressions have no one normal form."""
    sizes = {letter(index, size): size for index, size in scope.items()}
    return quick.differ(sides, sizes, reading.known, reading.facts.hypotheses)


def read(sides, scope, reading):
    """Both sides as SymPy expressions."""
    at = {index: letter(index, size) for index, size in scope.items()}
    return [reading.value(side, at) for side in sides]


def equal(sides, facts):
    """Whether two SymPy expressions have the same normal form."""
    left, right = (normal(renamed(side, facts.hypotheses)) for side in sides)
    return is_zero(assuming(facts, left + right.scaled(-1)))


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
        case sympy.Abs(args=[argument]):  # what SymPy makes of a root of a square
            return power(power(normal(argument), sympy.S(2)), sympy.S.Half)
        case sympy.Function(args=[argument]):  # of which no rule says anything
            return Polynomial.of(Call(expression.func, normal(argument)))
    if expression.has(sympy.I):
        raise DerivationError("the line has the root of a negative number in it")
    if expression.has(sympy.zoo, sympy.nan):
        raise DerivationError("the line divides by 0")
    raise DerivationError(f"there is no rule for {expression}")


def assuming(facts, polynomial):
    """The normal form by hypotheses and by what is known of A⁻¹: each is one more rule for Σ."""
    rules = [rule_of(one) for one in facts.hypotheses if isinstance(one, RowSum)]
    rules, before = [*rules, *rules_of_matrices(facts)], None
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
    """Whether it is empty, or 0 as a rational function of its atoms."""
    totals = any(isinstance(atom, Total) for atom in polynomial.atoms)
    return not polynomial or totals and is_zero_rational(Rational().of(polynomial))


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
