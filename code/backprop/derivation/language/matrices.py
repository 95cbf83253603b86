"""Matrices as such: I, tr A, ⟨A, B⟩, and A⁻¹ and det A of a square matrix that has a name.

A⁻¹ and det A are arrays that nobody has to define: what they are is known, and a line that uses it
cites it, using=inverse(A). They have a value where det A ≠ 0.
"""

from dataclasses import dataclass
from typing import ClassVar

from ..errors import DerivationError, ShapeError
from ..nodes import Dimension, Index, Node, entry, node, shape_name
from .algebra import Sum
from .arrays import Array, Delta, Entry, Gradient, gradient


@dataclass(frozen=True, repr=False)
class Eye(Node):
    """The identity matrix."""

    shape: tuple

    def entry(self, i, j):
        return Delta(i, j)


def eye(size):
    """eye(N) is the identity matrix of shape (N, N). Raises ShapeError."""
    if not isinstance(size, Dimension):
        raise ShapeError(f"eye() takes a dimension, such as eye(N), got {size!r}")
    return Eye((size, size))


@dataclass(frozen=True, repr=False)
class Trace(Node):
    """Σ_i A_ii."""

    operand: Node

    def entry(self):
        i = Index.fresh("i")
        return Sum(entry(self.operand, i, i), (i, 1, self.operand.shape[0]))


def trace(operand):
    """tr A, the sum of the diagonal of a square matrix. Raises ShapeError."""
    operand = node(operand)
    check_square(operand, "trace")
    return Trace(operand)


@dataclass(frozen=True, repr=False)
class Inner(Node):
    """⟨A, B⟩, the sum of all entries of A ⊙ B."""

    left: Node
    right: Node

    def entry(self):
        at = tuple(Index.fresh(name) for name, _ in zip("ij", self.left.shape, strict=False))
        ranges = [(index, 1, size) for index, size in zip(at, self.left.shape, strict=True)]
        return Sum(entry(self.left, *at) * entry(self.right, *at), *ranges)


def inner(left, right):
    """⟨A, B⟩ = Σ A_ij B_ij of two matrices, or vectors, of one shape. Raises ShapeError."""
    left, right = node(left), node(right)
    if left.shape != right.shape or not 1 <= len(left.shape) <= 2:
        raise ShapeError(
            f"{left} is {shape_name(left.shape)}, {right} is {shape_name(right.shape)}: inner() "
            "takes two matrices, or two vectors, of one shape"
        )
    return Inner(left, right)


@dataclass(frozen=True, repr=False)
class OfMatrix(Array):
    """An array that a square matrix has, such as its inverse."""

    of: Array = None
    named: ClassVar = False

    def children(self):
        return [*self.shape]  # A⁻¹ depends on A, which the definitions know, but A is not in it


@dataclass(frozen=True, repr=False)
class Inverse(OfMatrix):
    """A⁻¹."""


@dataclass(frozen=True, repr=False)
class Det(OfMatrix):
    """det A: always as an entry without indices."""


@dataclass(frozen=True, repr=False)
class ByEntries(Node):
    """What an entry of A⁻¹ or det A is, by A: each judge knows it in a way of its own."""

    array: OfMatrix
    indices: tuple

    def children(self):
        return [self.array.of, *self.array.shape]


def inverse(matrix):
    """A⁻¹ of a square matrix A that has a name; A A⁻¹ = A⁻¹A = I is cited by using=inverse(A)."""
    check_named(matrix, "inverse")
    return Inverse(f"{matrix.name}⁻¹", matrix.shape, False, matrix)


def det(matrix):
    """det A of a square matrix A that has a name; how it changes with A is cited by det(A)."""
    check_named(matrix, "det")
    return Entry(Det(f"det {matrix.name}", (), False, matrix), ())


def said(array):
    """The two sides of what is known of A⁻¹, or of det A, for the page."""
    if isinstance(array, Inverse):
        return array.of @ array, Eye(array.shape)
    value = Entry(array, ())
    return gradient(array.of, value), value * inverse(array.of).T


def check_named(matrix, what):
    """Raises an error for all but a square matrix with a name of its own."""
    matrix = node(matrix)
    check_square(matrix, what)
    if not isinstance(matrix, Array) or isinstance(matrix, Gradient | OfMatrix):
        raise DerivationError(
            f"{what}() takes a matrix that has a name, got {matrix}: name it in define={{…}}, "
            f"A: {matrix}, and write {what}(A)"
        )


def check_square(operand, what):
    """Raises ShapeError for what is no square matrix."""
    shape = operand.shape
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ShapeError(f"{what}() takes a square matrix, got {operand}, {shape_name(shape)}")


def matrices_of(expression, found=None):
    """The A⁻¹ and det A in an expression, in reading order."""
    found = {} if found is None else found
    if isinstance(expression, OfMatrix):
        found[expression] = None
    for child in expression.children():
        matrices_of(child, found)
    return [*found]
