"""Side conditions: what must be positive, or not zero, for a line to have a meaning."""

from collections import Counter
from dataclasses import dataclass, field

from ..errors import DerivationError
from ..language.algebra import Add, Div, MatMul, Mul, Neg, Pow, Sum, Transpose
from ..language.arrays import Array, Delta, Entry
from ..language.functions import Apply, Known
from ..language.matrices import Det, Inverse, det
from ..language.shifted import Shifted
from ..language.vectors import Ones, Outer
from ..nodes import Dimension, Node, Number, walk
from .hypotheses import PositiveDefinite


@dataclass(frozen=True)
class Condition:
    """`what` is ≠ 0, or > 0, as `sign` says; `known` if its own definition shows that.

    Two conditions that read the same are one, whatever the numbers of their summed indices.
    """

    what: Node = field(compare=False)
    sign: str
    known: bool = False
    read: str = field(init=False, repr=False)

    def __post_init__(self):
        object.__setattr__(self, "read", str(self.what))


def positive(expression, definitions):
    """Whether an expression is positive by what is declared and defined."""
    match expression:
        case Number(value):
            return value > 0
        case Dimension() | Ones() | Apply(Known(positive=True)):
            return True
        case Entry(indices=indices) if any(isinstance(one, Shifted) for one in indices):
            return False  # it may be outside, where it is 0
        case Entry(array) | (Array() as array):
            return array.positive or by_definition(array, definitions)
        case Sum(part) | Pow(part) | Transpose(part):
            return positive(part, definitions)
        case Add(x, y):
            signs = [positive(x, definitions), positive(y, definitions)]
            return any(signs) and all(
                sign or not_negative(one, definitions)
                for sign, one in zip(signs, (x, y), strict=True)
            )
        case Mul(x, y) | Div(x, y) | MatMul(x, y) | Outer(x, y):
            return positive(x, definitions) and positive(y, definitions)
    return False


def not_negative(expression, definitions):
    """Whether an expression is at least 0, as a sum of squares is."""
    match expression:
        case Pow(_, exponent) if exponent % 2 == 0:
            return True
        case Mul(x, y) if x == y:
            return True
        case MatMul(x, y, shape=()) if x == y:
            return True
        case Sum(part):
            return not_negative(part, definitions)
        case Add(x, y) | Mul(x, y) | Div(x, y):
            return not_negative(x, definitions) and not_negative(y, definitions)
    return positive(expression, definitions)


def by_definition(array, definitions):
    return array in definitions and positive(definitions[array].body, definitions)


def check_positive(definitions):
    """An array that is declared positive and defined is positive by its definition."""
    for array in definitions:
        if array.positive and not by_definition(array, definitions):
            raise DerivationError(
                f"{array} is declared positive, but its definition does not say so"
            )


def conditions(expression, definitions):
    """Counter of the Conditions under which an expression has a value."""
    found = Counter()
    for what, sign in demands(expression):
        if positive(what, definitions):
            signed = [part for part in sorted(leaves(what), key=str) if positive(part, definitions)]
            found.update(Condition(one, ">", by_definition(one, definitions)) for one in signed)
        else:
            found[Condition(named(what), sign)] += 1
    return found


def needed(before, after, facts, definitions):
    """What a line rests on: the conditions that come or go, and those of what it opens or cites."""
    before, after = (conditions(side, definitions) for side in (before, after))
    changed = [one for one in before | after if before[one] != after[one]]
    opened = [one for result in facts.results for one in result.where]
    for array in sorted(facts.arrays, key=str):
        made = definitions[array]
        opened += [*conditions(made.left, definitions), *conditions(made.right, definitions)]
    found = dict.fromkeys([*changed, *(one for one in opened if not one.known)])
    above = {one.read for one in found if one.sign == ">"}
    return tuple(one for one in found if not said(one, facts, above))


def said(condition, facts, above):
    """Whether det A ≠ 0 is said: by a hypothesis, as A is positive definite; or by det A > 0."""
    if not isinstance(condition.what, Det):
        return False
    definite = {one.array for one in facts.hypotheses if isinstance(one, PositiveDefinite)}
    twice = condition.sign == "≠" and condition.read in above
    return twice or condition.what.of in definite


def check_deltas(expression):
    """Nothing is divided by a δ, which is 0 at most entries. Raises DerivationError otherwise."""
    for what, _ in demands(expression):
        if any(isinstance(factor, Delta) for factor in factors(what)):
            raise DerivationError(f"{what} is 0 somewhere: nothing can be divided by it")


def check_shifted(expression):
    """Nothing is divided by a shifted entry, which may be 0. Raises DerivationError otherwise."""
    for what, _ in demands(expression):
        for factor in factors(what):
            if isinstance(factor, Entry) and any(isinstance(i, Shifted) for i in factor.indices):
                raise DerivationError(
                    f"{factor} is 0 where its index is not on the axis, so it can't be in a "
                    "denominator, a root or a logarithm: put it there with a letter for its index, "
                    "and say with δ which entry that is, Sum(delta(p, i + u - 1) / X[p], (p, 1, M))"
                )


def factors(expression):
    if isinstance(expression, Mul | Pow | Neg):
        return [factor for child in expression.children() for factor in factors(child)]
    return [expression]


def demands(expression):
    """(what, sign) for every division ("≠") and every logarithm (">")."""
    for part in walk(expression):
        match part:
            case Inverse(of=matrix):
                yield det(matrix), "≠"
            case Div(_, below):
                yield below, "≠"
            case Pow(base, exponent) if exponent < 0 or exponent.denominator > 1:
                yield base, "≠" if exponent.denominator == 1 else ">"
            case Apply(Known(of_positive=True), argument):
                yield argument, ">"


def leaves(expression):
    """The arrays to which a positive expression owes its sign: those that are not inside exp."""
    if isinstance(expression, Array | Apply):
        return {expression} if isinstance(expression, Array) else set()
    return set().union(*map(leaves, expression.children()))


def named(expression):
    return expression.array if isinstance(expression, Entry) else expression
