"""The indicator [x > 0] in SymPy: relu, |x|, sign, max and min are made of it, in both judges."""

import sympy


class Step(sympy.Function):
    """1 where the argument is positive, else 0; its derivative is 0 except at the kink, at 0."""

    nargs = 1

    @classmethod
    def eval(cls, x):
        """A number where the sign is known: what is 0 is not above 0."""
        return sympy.Integer(bool(x > 0)) if x.is_number and x.is_comparable else None

    def _sympystr(self, printer):
        return f"[{printer._print(self.args[0])} > 0]"

    def fdiff(self, argindex=1):
        return sympy.S.Zero


def relu(x):
    return x * Step(x)


def sign(x):
    return Step(x) - Step(-x)


def absolute(x):
    return x * sign(x)


def larger(x, y):
    return y + (x - y) * Step(x - y)


def smaller(x, y):
    return x - (x - y) * Step(x - y)
