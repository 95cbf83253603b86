"""exp, log, relu and the like, and functions h of which nothing is known; on arrays by element.

A function that is known is declared once, in the last lines of this file: the printer, both judges,
the side conditions and the table in the chapter "A derivation of your own" read it there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import sympy

from ..errors import DerivationError
from ..misuse import NoArithmetic
from ..nodes import Node, check_name, entry, node, pi
from . import step
from .algebra import sqrt
from .arrays import array


@dataclass(frozen=True)
class Function(NoArithmetic):
    """A function of one number; `order` counts its primes."""

    name: str
    order: int = 0
    lesson: ClassVar = "write what it is applied to, h(x)"

    @property
    def prime(self):
        """h', of which nothing more is known."""
        return Function(self.name, self.order + 1)

    def __call__(self, *arguments):
        if len(arguments) != 1:
            raise DerivationError(f"{self} is a function of one scalar: write {self}(x)")
        return Apply(self, node(arguments[0]))

    def __str__(self):
        return self.name + "'" * self.order


@dataclass(frozen=True)
class Known(Function):
    """A function that has a name in analysis.

    `tex` prints it, `sympy` computes it; `slope` is its derivative, for the page and the tests;
    `positive` says that its values are, `of_positive` that its argument has to be, `kink` that it
    has no derivative at 0.
    """

    tex: str = field(default="", compare=False)
    sympy: Callable = field(default=None, compare=False)
    slope: Callable = field(default=None, compare=False)
    positive: bool = field(default=False, compare=False)
    of_positive: bool = field(default=False, compare=False)
    kink: bool = field(default=False, compare=False)

    @property
    def prime(self):
        """Raises DerivationError: the derivative has a form, which is to be written."""
        raise DerivationError(f"write the derivative of {self.name} out: {self.slope(array('x'))}")


@dataclass(frozen=True, repr=False)
class Apply(Node):
    """h(X), of the shape of X."""

    function: Function
    argument: Node

    @property
    def shape(self):
        return self.argument.shape

    def entry(self, *indices):
        return Apply(self.function, entry(self.argument, *indices))

    def __bool__(self):
        if self.function != indicator:
            return super().__bool__()
        raise DerivationError(
            f"{self} is 0 or 1, and nobody knows which: write (0 < x) * (x < 1) for 0 < x < 1"
        )


def function(name):
    """A differentiable function h of one number of which nothing else is known."""
    return KNOWN.get(check_name(name)) or Function(name)


def tanh_by_exp(x):
    """The judges have rules for exp."""
    return 1 - 2 / (1 + sympy.exp(2 * x))


# LaTeX has no commands for these; the page writes |x| and [x > 0].
ERF, RELU, SIGN, ABS = (rf"\operatorname{{{name}}}" for name in ("erf", "relu", "sign", "abs"))
exp = Known("exp", tex=r"\exp", sympy=sympy.exp, slope=lambda x: exp(x), positive=True)
log = Known("log", tex=r"\log", sympy=sympy.log, slope=lambda x: 1 / x, of_positive=True)
tanh = Known("tanh", tex=r"\tanh", sympy=tanh_by_exp, slope=lambda x: 1 - tanh(x) ** 2)
erf = Known("erf", tex=ERF, sympy=sympy.erf, slope=lambda x: 2 / sqrt(pi) * exp(-(x**2)))

relu = Known("relu", tex=RELU, sympy=step.relu, slope=lambda x: indicator(x), kink=True)
absolute = Known("abs", tex=ABS, sympy=step.absolute, slope=lambda x: sign(x), kink=True)
sign = Known("sign", tex=SIGN, sympy=step.sign, slope=lambda x: node(0), kink=True)
indicator = Known("indicator", tex="", sympy=step.Step, slope=lambda x: node(0), kink=True)

KNOWN = {one.name: one for one in [*globals().values()] if isinstance(one, Known)}
__all__ = ["function", *(name for name in KNOWN if name != "abs")]  # Python's abs(x) makes it

Node.__abs__ = lambda self: absolute(self)
