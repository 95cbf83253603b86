"""Whether a SymPy expression is 0: exactly, as a rational function of exp, log and h(…).

SymPy's own `simplify` and `equals` miss such identities. Here every exp(a + b) becomes
exp(a) exp(b), every log of a product of positive factors a sum of logs, and what is left of exp,
log and h(…) a symbol. What has a kink is taken apart into its cases.
"""

from math import lcm

import sympy
from sympy import Add, Mul, Pow, exp, log

from ..language.step import Step
from .branches import branches
from .opaque import Opaque
from .rational import is_zero_rational

LONG = 1000  # bits: a polynomial of a polynomial soon has pages of digits


class Generators:
    """The symbols that stand for exp, log and h(…) in one expression."""

    def __init__(self, expression):
        self.known = {}
        terms = [term for part in expression.atoms(exp) for term in terms_of(part.args[0])]
        self.root = lcm(*(int(coefficient.q) for coefficient, _ in terms))

    def symbol(self, function, argument):
        positive = True if function is exp else None
        return self.known.setdefault((function, argument), sympy.Dummy(positive=positive))

    def rational(self, expression):
        """The expression with its functions replaced, from the inside out."""
        if not expression.args:
            return self.constant(expression)
        args = [self.rational(arg) for arg in expression.args]
        match expression:
            case exp():
                return Mul(*(self.power(*term) for term in terms_of(args[0])))
            case log():
                return self.logarithm(
                    *map(sympy.factor_list, sympy.fraction(sympy.cancel(args[0])))
                )
            case Step() if sympy.cancel(args[0]).could_extract_minus_sign():
                return 1 - self.symbol(Step, -sympy.cancel(args[0]))
            case sympy.Function():
                return self.symbol(expression.func, sympy.cancel(args[0]))
            case Pow(exp=sympy.Rational(p=p, q=q)) if q > 1:
                return args[0] ** (p // q) * self.symbol(Pow, (args[0], q)) ** (p % q)
        return expression.func(*args)

    def constant(self, expression):
        """A number or a symbol; e and π, which are neither rational nor unknown, as symbols."""
        if expression is sympy.E:
            return self.power(1, sympy.S.One)
        if expression is sympy.pi:
            return self.known.setdefault((sympy.pi, None), sympy.Dummy(positive=True))
        return expression

    def power(self, coefficient, rest):
        """exp(coefficient · rest), a power of the symbol for exp(rest / root)."""
        return self.symbol(exp, rest) ** (coefficient * self.root)

    def logarithm(self, above, below):
        """Σ of the logs of all factors if each is positive, else one symbol for the whole."""
        number = above[0] / below[0]
        factors = [*above[1], *((factor, -power) for factor, power in below[1])]
        if number > 0 and all(factor.is_positive for factor, _ in factors):
            factors += sympy.factorrat(number).items()
            return Add(*(power * self.one_log(factor) for factor, power in factors))
        return self.symbol(log, Mul(number, *(factor**power for factor, power in factors)))

    def one_log(self, factor):
        """log of one factor: log exp(a) is a."""
        for (function, argument), symbol in self.known.items():
            if function is exp and symbol == factor:
                return argument / self.root
        return self.symbol(log, factor)


def terms_of(exponent):
    """(rational coefficient, rest) of every term of an exponent."""
    return [term.as_coeff_Mul() for term in Add.make_args(sympy.expand(exponent))]


def is_zero(expression):
    """True only if the expression is 0 wherever it has a value; False if that was not shown."""
    if is_zero_as_it_is(expression):
        return True
    cases = [one for one in branches(expression) if not one.has(sympy.zoo, sympy.nan)]
    return expression.has(Step) and bool(cases) and all(map(is_zero_as_it_is, cases))


def is_zero_as_it_is(expression):
    """The same with a symbol of its own for each [x > 0]."""
    rational = Generators(expression).rational(expression)
    symbols = sorted(rational.free_symbols, key=lambda s: s.sort_key())
    probe = rational.xreplace({s: sympy.Integer(37 + k * k) for k, s in enumerate(symbols)})
    if probe.is_finite and probe != 0:  # the quick way to no
        return False
    return is_zero_rational(rational)


def number(expression, point):
    """The value at {symbol: number}, with an example for every h; exact where it is short."""
    value = expression.xreplace(point)
    value = value.replace(lambda part: isinstance(part, Opaque), Opaque.example)
    short = value.is_Rational and value.p.bit_length() + value.q.bit_length() < LONG
    return value if short else value.evalf(40)
