"""Side conditions: what must be positive, or not zero, for a line to have a meaning."""

from collections import Counter
from dataclasses import dataclass, field

from ..errors import DerivationError
from ..language.algebra import Add, Div, MatMul, Mul, Neg, Pow, Sum, Transpose
from ..language.arrays import Array, Delta, Derivative, Entry
from ..language.chosen import Max, OneHot
from ..language.functions import Apply, Known, indicator
from ..language.kinks import ZERO, Larger, Smaller, kink
from ..language.matrices import Det, Inverse, det
from ..language.shifted import Shifted
from ..language.vectors import Ones, Outer
from ..nodes import Dimension, Node, Number, Place, walk
from .hypotheses import PositiveDefinite

UNIQUE = "is attained once"


@dataclass(frozen=True)
class Condition:
    """`what` is ≠ 0, or > 0, as `sign` says; `known` if its own definition shows that.

    Two conditions that read the same are one, whatever the numbers of their summed indices. A kink
    is where `what` = `than`.
    """

    what: Node = field(compare=False)
    sign: str
    known: bool = False
    than: Node = field(default=ZERO, compare=False)
    of_kink: bool = field(default=False, compare=False)
    read: str = field(init=False, repr=False)

    def __post_init__(self):
        both = {str(self.what), str(self.than)}  # x ≠ y is y ≠ x
        object.__setattr__(self, "read", " ".join(sorted(both)))


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
        case Sum(part) | Max(part) | Pow(part) | Transpose(part):
            return positive(part, definitions)
        case Add(x, y):
            signs = [positive(x, definitions), positive(y, definitions)]
            return any(signs) and all(
                sign or not_negative(one, definitions)
                for sign, one in zip(signs, (x, y), strict=True)
            )
        case Mul(x, y) | Div(x, y) | MatMul(x, y) | Outer(x, y) | Smaller(x, y):
            return positive(x, definitions) and positive(y, definitions)
        case Larger(x, y):
            return positive(x, definitions) or positive(y, definitions)
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
        case Sum(part) | Max(part):
            return not_negative(part, definitions)
        case Apply(Known(name="relu" | "abs" | "indicator")) | Delta() | OneHot():
            return True
        case Add(x, y) | Mul(x, y) | Div(x, y) | Smaller(x, y):
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


def needed(before, after, facts, definitions, said=(), at_kinks=False):
    """What a line rests on: the conditions that come or go, and those of what it opens or cites.

    Of a kink it is said once in a derivation that the lines do not hold there; `said` was before.
    A line that differentiates nothing may hold `at_kinks` too.
    """
    opened = [definitions[array].right for array in sorted(facts.arrays, key=str)]
    bent = [one for side in (before, after) for one in smooth(side, definitions, at_kinks)]
    bent += [one for side in opened for one in smooth(side, definitions)]
    before, after = (conditions(side, definitions) for side in (before, after))
    changed = [one for one in before | after if before[one] != after[one]]
    more = [one for result in facts.results for one in result.where]
    more += [
        one
        for array in sorted(facts.arrays, key=str)
        for one in where_it_is(definitions[array], definitions)
    ]
    more = [one for one in more if not one.known]
    found = dict.fromkeys([*changed, *more, *(one for one in bent if one not in said)])
    above = {one.read for one in found if one.sign == ">"}
    return tuple(one for one in found if not is_said(one, facts, above))


def where_it_is(made, definitions):
    """The conditions of both sides of a definition."""
    return [*conditions(made.left, definitions), *conditions(made.right, definitions)]


def smooth(expression, definitions, at_kinks=False):
    """The Conditions under which an expression is at none of its kinks."""
    derived = [
        part for one in walk(expression) if isinstance(one, Derivative) for part in walk(one)
    ]
    for part in walk(expression):
        if at_kinks and part not in derived:
            continue
        if isinstance(part, Max | OneHot) and not single(part):
            yield Condition(Max(part.body, *part.ranges), UNIQUE)
        if pair := kink(part):
            x, y = pair
            if y != ZERO or not positive(x, definitions):
                yield apart(x, y)


def single(part):
    """Whether all that a maximum is taken of is one and the same."""
    return not any(part.indices[0] in letters for letters in map(letters_in, walk(part.body)))


def letters_in(part):
    """The indices of one node."""
    places = part.indices if isinstance(part, Entry) else ()
    places = (part.left, part.right) if isinstance(part, Delta) else places
    return {letter for one in places if isinstance(one, Place) for letter in one.letters}


def apart(x, y):
    """The condition x ≠ y; of entries at the same place, A ≠ B."""
    if y == ZERO or isinstance(x, Entry) and isinstance(y, Entry) and x.indices == y.indices:
        x, y = named(x), named(y)
    return Condition(x, "≠", than=y, of_kink=True)


def is_said(condition, facts, above):
    """Whether det A ≠ 0 is said: by a hypothesis, as A is positive definite; or by det A > 0."""
    if not isinstance(condition.what, Det):
        return False
    definite = {one.array for one in facts.hypotheses if isinstance(one, PositiveDefinite)}
    twice = condition.sign == "≠" and condition.read in above
    return twice or condition.what.of in definite


def check_deltas(expression):
    """Nothing is divided by a δ, or by [x > 0], which are 0 somewhere. Raises DerivationError."""
    for what, _ in demands(expression):
        if any(is_zero_or_one(factor) for factor in factors(what)):
            raise DerivationError(f"{what} is 0 somewhere: nothing can be divided by it")


def is_zero_or_one(factor):
    return (
        isinstance(factor, Delta | OneHot)
        or isinstance(factor, Apply)
        and factor.function == indicator
    )


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
