"""Functions h of which nothing is known, in SymPy: what both judges make of `function("h")`."""

from zlib import crc32

import sympy


class Opaque(sympy.Function):
    """A function of one number of which only the name and the order of its derivative are known."""

    nargs = 1
    name, order = "", 0

    def fdiff(self, argindex=1):
        return opaque(self.name, self.order + 1)(self.args[0])

    def example(self):
        """One such function, for numbers: a polynomial that differs from name to name."""
        x = sympy.Symbol("x")
        code = crc32(self.name.encode())
        a, b = 3 + 2 * (code % 31), 5 + code // 31 % 997
        polynomial = x**5 / 15 + x**4 / a + x**3 / b + x**2 / (a + 4) + x / 7
        return polynomial.diff(x, self.order).subs(x, self.args[0])


def opaque(name, order=0):
    """The SymPy class of h, h', h'', …: always the same one for the same name and order."""
    if (name, order) not in _classes:
        members = {"name": name, "order": order, "nargs": 1}
        _classes[name, order] = type(Opaque)(name + "'" * order, (Opaque,), members)
    return _classes[name, order]


_classes = {}
