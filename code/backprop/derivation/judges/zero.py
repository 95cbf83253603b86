"""Whether a SymPy expression is 0: exactly, as a rational function of exp, log and h(…).

SymPy's own `simplify` and `equals` miss such identities. Here every exp(a + b) becomes
exp(a) exp(b), every log of a product of positive factors a sum of logs, and what is left of exp,
log and h(…) a symbol. A root is a symbol as well, w, of which w^q = r is known. What has a kink is
taken apart into its cases.
"""

from math import lcm, prod

import sympy
from sympy import Add, Mul, Pow, exp, log

from ..language.step import Step
from .branches import branches
from .opaque import Opaque
from .rational import is_zero_rational
from .work import spend

LONG = 1000  # bits: a polynomial of a polynomial soon has pages of digits
DIGITS, CERTAIN = 60, 30  # with how many a root is computed, and how many are then compared
FACTORS = 50  # SymPy's steps in a step of work, when it factors what a logarithm is taken of
OPERATIONS = 4  # operations of an expression in a step of work


class Generators:
    """The symbols that stand for exp, log, roots and h(…) in one expression."""

    def __init__(self, expression):
        self.known, self.seen = {}, {}
        symbols = sorted(expression.free_symbols, key=lambda s: s.sort_key())
        self.numbers = {s: sympy.Integer(37 + k * k) for k, s in enumerate(symbols)}
        terms = [term for part in expression.atoms(exp) for term in terms_of(part.args[0])]
        self.root = lcm(*(int(coefficient.q) for coefficient, _ in terms))

    @property
    def roots(self):
        """(w, q, r) for every root w of r, the outer ones first."""
        found = [(w, *of) for (kind, of), w in self.known.items() if kind is Pow]
        return [(w, q, r) for w, r, q in reversed(found)]

    def symbol(self, function, argument):
        if (function, argument) not in self.known:
            made = sympy.Dummy(positive=True if function in (exp, sympy.pi) else None)
            self.known[function, argument] = made
            self.numbers[made] = sympy.Integer(37 + len(self.numbers) ** 2)
            if function is Pow:
                base, q = argument
                self.numbers[made] = sympy.N(self.at_once(base), DIGITS) ** sympy.Rational(1, q)
        return self.known[function, argument]

    def at_once(self, rational):
        """Its value for some numbers, exact if no root is in it: the quick way to see a no."""
        return rational.xreplace(self.numbers)

    def like(self, function, argument):
        """The argument, as it was written when the function was applied to it before."""
        value = self.at_once(argument)
        alike = self.seen.setdefault((function, sympy.N(value, CERTAIN)), [])
        for one in alike:
            if one == argument or is_zero_rational(one - argument, self.roots):
                return one
        alike.append(argument)
        return argument

    def rational(self, expression):
        """The expression with its functions replaced, from the inside out."""
        if not expression.args:
            return self.constant(expression)
        args = [self.rational(arg) for arg in expression.args]
        match expression:
            case exp():
                return Mul(*(self.power(*term) for term in terms_of(args[0])))
            case log():
                return self.logarithm(*factored(args[0]))
            case Step() if sympy.cancel(args[0]).could_extract_minus_sign():
                return 1 - self.symbol(Step, -sympy.cancel(args[0]))
            case sympy.Function():
                return self.symbol(expression.func, self.like(expression.func, args[0]))
            case Pow(exp=sympy.Rational(p=p, q=q)) if q > 1:
                base = self.like(Pow, args[0])
                return base ** (p // q) * self.symbol(Pow, (base, q)) ** (p % q)
        return expression.func(*args)

    def constant(self, expression):
        """A number or a symbol; e and π, which are neither rational nor unknown, as symbols."""
        if expression is sympy.E:
            return self.power(1, sympy.S.One)
        if expression is sympy.pi:
            return self.symbol(sympy.pi, None)
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


def factored(rational):
    """The factors of numerator and denominator, (number, [(factor, power), …]) each."""
    above, below = extent(rational)
    spend(
        (above + prod(below.values())) ** 2 * len(rational.free_symbols) / FACTORS,
        "a logarithm is taken of many terms",
    )
    return map(sympy.factor_list, sympy.fraction(sympy.cancel(rational)))


def extent(rational):
    """How large it is on one denominator: (terms above, at most, {factor below: its terms})."""
    match rational:
        case Add(args=args):
            parts = [extent(one) for one in args]
            below = {factor: n for _, factors in parts for factor, n in factors.items()}
            missing = ((n, below.keys() - factors.keys()) for n, factors in parts)
            return sum(n * prod(below[one] for one in rest) for n, rest in missing), below
        case Mul(args=args):
            parts = [extent(one) for one in args]
            below = {factor: n for _, factors in parts for factor, n in factors.items()}
            return prod(n for n, _ in parts), below
        case Pow(base=base, exp=sympy.Integer() as power):
            above, below = extent(base)
            many = min(abs(int(power)), 64)
            if power > 0:
                return above**many, {one: n**many for one, n in below.items()}
            return prod(n**many for n in below.values()), {rational: above**many}
    return 1, {}


def terms_of(exponent):
    """(rational coefficient, rest) of every term of an exponent."""
    spend(extent(exponent)[0] / FACTORS, "an exponent has many terms")
    return [term.as_coeff_Mul() for term in Add.make_args(sympy.expand(exponent))]


def is_zero(expression):
    """True only if the expression is 0 wherever it has a value; False if that was not shown."""
    spend(expression.count_ops() / OPERATIONS, "an entry is long when definitions are put in")
    if is_zero_as_it_is(expression):
        return True
    if not expression.has(Step):
        return False
    parts = apart(expression)
    return len(parts) > 1 and all(map(is_zero, parts)) or in_all_cases(expression)


def apart(expression):
    """Its terms, in sums of those with an indicator in common: each has few cases."""
    found = []
    for term in Add.make_args(expression):
        steps, terms = term.atoms(Step), [term]
        for other in [one for one in found if one[0] & steps or not one[0] | steps]:
            found.remove(other)
            steps, terms = steps | other[0], other[1] + terms
        found.append((steps, terms))
    return [Add(*terms) for _, terms in found]


def in_all_cases(expression):
    """Whether it is 0 with each [x > 0] as 1 and as 0, in every case that can be."""
    possible = False
    for one in branches(expression):  # made one by one: the first that is not 0 ends it
        if not one.has(sympy.zoo, sympy.nan):
            possible = True
            if not is_zero_as_it_is(one):
                return False
    return possible


def is_zero_as_it_is(expression):
    """The same with a symbol of its own for each [x > 0]."""
    generators = Generators(expression)
    rational = generators.rational(expression)
    if differs(generators.at_once(rational)):
        return False
    return is_zero_rational(rational, generators.roots)


def differs(value):
    """Whether a number is not 0: clearly so, if roots were computed for it."""
    if value.is_Rational:
        return value != 0
    return bool(value.is_finite) and abs(sympy.N(value, DIGITS)) > sympy.Float(10) ** -CERTAIN


def number(expression, point):
    """The value at {symbol: number}, with an example for every h; exact where it is short."""
    value = expression.xreplace(point)
    value = value.replace(lambda part: isinstance(part, Opaque), example)
    return short(value)


def example(part):
    """h(x) for one such h; what is inside is made short, or its digits would be pages."""
    return part.func(short(part.args[0])).example()


def short(value):
    """A number as it is, or with 40 digits if it is not short."""
    exact = value.is_Rational and value.p.bit_length() + value.q.bit_length() < LONG
    return value if exact else value.evalf(40)
