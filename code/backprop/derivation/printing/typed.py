"""A line as an author would type it, for messages: X @ W.T, Sum(X[i, k] * v[k], (k, 1, M)).

A long one is laid out over several lines, broken at its sums, each term with its own range.
"""

from fractions import Fraction
from functools import cache

import sympy

from ..language import algebra, arrays, chosen, functions, kinks, matrices, shifted, vectors
from ..nodes import Dimension, Index, Node, Number
from .printer import letters

WIDTH = 78
ADD, PRODUCT, SIGNED, POWER, ATOM = range(5)  # how firmly Python holds the parts together
BINARY = {
    algebra.Add: (" + ", ADD), algebra.Sub: (" - ", ADD), algebra.Mul: (" * ", PRODUCT),
    algebra.Div: (" / ", PRODUCT), algebra.MatMul: (" @ ", PRODUCT),
}  # fmt: skip


def typed(expression, indent=0):
    """The text of an expression in Python; its further lines begin at `indent`."""
    return Typed(letters(expression)).laid(expression, indent)


class Typed:
    """Writes nodes as Python; `names` are the letters of the indices."""

    def __init__(self, names):
        self.names = names
        self.text = cache(self.text)

    def laid(self, node, indent):
        """On one line if it fits, else broken at the + and − and at the ranges of a Σ."""
        plain, margin = self.text(node)[0], "\n" + " " * indent
        if len(plain) + indent <= WIDTH:
            return plain
        match node:
            case algebra.Add(left, right) | algebra.Sub(left, right):
                sign = BINARY[type(node)][0].strip()
                inner = self.laid(right, indent + 2)
                loose = isinstance(node, algebra.Sub) and self.text(right)[1] == ADD
                return (
                    self.laid(left, indent) + margin + f"{sign} {f'({inner})' if loose else inner}"
                )
            case algebra.Sum(body):
                return f"Sum({self.laid(body, indent + 4)},{margin}    {self.ranges(node)})"
        return plain

    def held(self, node, level):
        text, own = self.text(node)
        return text if own >= level else f"({text})"

    def text(self, node):
        """(the text, how firmly it holds together)."""
        if type(node) in BINARY:
            sign, level = BINARY[type(node)]
            return self.held(node.left, level) + sign + self.held(node.right, level + 1), level
        match node:
            case Number(value):
                return number(value)
            case arrays.Gradient():
                return gradient(node), ATOM
            case matrices.OfMatrix():
                name = "inverse" if isinstance(node, matrices.Inverse) else "det"
                return f"{name}({node.of})", ATOM
            case matrices.Eye():
                return f"eye({node.shape[0]})", ATOM
            case kinks.Larger(left, right) | kinks.Smaller(left, right):
                name = "maximum" if isinstance(node, kinks.Larger) else "minimum"
                return f"{name}({self.text(left)[0]}, {self.text(right)[0]})", ATOM
            case chosen.Max(body):
                return f"Max({self.text(body)[0]}, {self.ranges(node)})", ATOM
            case arrays.Entry(array, ()):
                return self.text(array)[0], ATOM
            case arrays.Entry(array, indices):
                return f"{self.text(array)[0]}[{self.places(indices)}]", ATOM
            case Dimension(name) | arrays.Array(name):
                return name, ATOM
            case arrays.Derivative(of, by):
                return f"d({self.text(of)[0]}, {self.text(by)[0]})", ATOM
            case arrays.Delta(left, right):
                return f"delta({self.places((left, right))})", ATOM
            case algebra.Sum(body):
                return f"Sum({self.text(body)[0]}, {self.ranges(node)})", ATOM
            case algebra.Neg(inner):
                return "-" + self.held(inner, SIGNED), SIGNED
            case algebra.Transpose(inner):
                return self.held(inner, ATOM) + ".T", ATOM
            case algebra.Pow(base, Fraction(numerator=1, denominator=2)):
                return f"sqrt({self.text(base)[0]})", ATOM
            case algebra.Pow(base, exponent):
                power = (
                    exponent
                    if isinstance(exponent, int)
                    else f"Fraction{exponent.as_integer_ratio()}"
                )
                return f"{self.held(base, ATOM)} ** {power}", POWER
            case functions.Apply(function, argument):
                primes = ".prime" * function.order
                return f"{function.name}{primes}({self.text(argument)[0]})", ATOM
            case vectors.Ones(shape):
                return f"ones({', '.join(map(str, shape))})", ATOM
        inner = ", ".join(self.text(child)[0] for child in node.children())
        return f"{type(node).__name__.lower()}({inner})", ATOM  # outer, diag

    def ranges(self, node):
        pairs = zip(node.indices, node.sizes, strict=True)
        return ", ".join(f"({self.names[index]}, 1, {size})" for index, size in pairs)

    def places(self, indices):
        return ", ".join(map(self.place, indices))

    def place(self, one):
        if isinstance(one, Index):
            return self.names[one]
        if not isinstance(one, shifted.Shifted):
            return str(one)
        text = shifted.spelled(one, lambda letter: self.names[letter], str, " * ", " - ")
        return text.replace("+", " + ").removeprefix(" ")


def number(value):
    if value == sympy.pi:
        return "pi", ATOM
    if value.is_Integer:
        return str(value), ATOM if value >= 0 else SIGNED
    return f"Fraction({value.p}, {value.q})", ATOM


def gradient(node):
    """dY is the book's name for ∂L/∂Y."""
    plain = node.loss.name == "L"
    return f"d{node.of.name}" if plain else f"gradient({node.of.name}, of={node.loss.name})"


# As the printer gives nodes their text: the messages of `language`, which is below, use it.
Node.__format__ = lambda self, how: typed(self) if how == "typed" else format(str(self), how)
