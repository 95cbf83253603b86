"""All cases of an expression with indicators, at one explicit shape: each [x > 0] is 1, or 0.

Where x > 0 has been chosen, −x > 0 can't be; and of x > y, y > z and z > x no more than two.
"""

from itertools import combinations

import sympy

from ..language.step import Step
from .work import spend

TOGETHER = 3  # of the inequalities, so many are compared at once


def branches(expression, known=()):
    """The expression without indicators, once for each case that can be."""
    steps = [one for one in expression.atoms(Step) if not one.args[0].has(Step)]
    if not steps:
        yield expression
        return
    spend(2 ** len(known), "it has many cases")
    one = min(steps, key=sympy.default_sort_key)
    for value, sign in (1, 1), (0, -1):
        above = (*known, signed(sign * one.args[0]))
        if possible(above):
            yield from branches(expression.xreplace({one: sympy.Integer(value)}), above)


def signed(expression):
    """A polynomial with the sign of a rational function, without factors that are positive."""
    above, below = sympy.fraction(sympy.cancel(expression))
    number, factors = sympy.factor_list(above * below)
    odd = [base for base, power in factors if power % 2 and not base.is_positive]
    return sympy.expand(sympy.Mul(sympy.sign(number), *odd))


def possible(above):
    """False if not all can be positive: the sum of some, the last among them, never is."""
    *before, last = above
    sums = (
        sympy.expand(sympy.Add(last, *some))
        for n in range(TOGETHER)
        for some in combinations(before, n)
    )
    return not any(map(never_positive, sums))


def never_positive(expression):
    """Whether each of its terms is a negative number times something positive."""
    terms = [term.as_coeff_Mul() for term in sympy.Add.make_args(expression)]
    return not expression or all(n < 0 and (rest.is_positive or rest == 1) for n, rest in terms)
