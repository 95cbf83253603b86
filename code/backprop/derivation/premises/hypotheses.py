"""What a line may assume when it cites it, with numbers that fulfill it: never a contradiction.

Each has the two sides of what it says, for the page; `example`, random numbers; and `witness`, the
entries for the search for a counterexample, as SymPy has them: exact numbers, or some entries by
the others. `residuals` are what has to be 0 for numbers that somebody gives.
"""

from dataclasses import dataclass
from fractions import Fraction
from zlib import crc32

import numpy as np
import sympy

from ..errors import DerivationError, ShapeError
from ..language.algebra import Sum
from ..language.arrays import Array
from ..language.matrices import eye
from ..nodes import Index, node


class Hypothesis:
    """Something that is assumed of one array."""

    called = ""  # the function that makes it
    more = ""  # what it says beyond left = right, in words
    numeric = False  # whether its witness is numbers, and not all that fulfill it

    def lengths(self, sizes):
        return [sizes[size] for size in self.array.shape]

    def holds(self, numbers, is_zero):
        """Whether exact numbers fulfill it."""
        return all(is_zero(one) for one in np.ravel(self.residuals(numbers)))

    def goes_with(self, other):
        """Whether both may be assumed of one array, and the witness of one serves both."""
        return self == other


@dataclass(frozen=True)
class RowSum(Hypothesis):
    """Σ_j T_ij = `total` for every i; `left` and `right` are the two sides, for the page."""

    called = "rows_sum_to_one"

    array: Array
    total: Fraction = 1

    @property
    def right(self):
        return node(self.total)

    @property
    def left(self):
        return Sum(self.array[Index("i"), Index("j")], (Index("j"), 1, self.array.shape[1]))

    def witness(self, sizes, symbol, variant=0):
        """The last column is the total − the others of its row."""
        rows, columns = self.lengths(sizes)
        return {
            symbol(i, columns): sympy.Rational(self.total)
            - sum(symbol(i, j) for j in range(1, columns))
            for i in range(1, rows + 1)
        }

    def example(self, sizes, rng):
        """Random numbers for the array that fulfill it."""
        numbers = rng.uniform(0.2, 2, self.lengths(sizes))
        return numbers * float(self.total) / np.sum(numbers, axis=1, keepdims=True)

    def residuals(self, numbers):
        return numbers.sum(axis=1) - self.total

    def goes_with(self, other):
        return isinstance(other, RowSum)  # which the judges themselves refuse, if they differ


@dataclass(frozen=True)
class Symmetric(Hypothesis):
    """A = Aᵀ."""

    called = "symmetric"

    array: Array

    @property
    def left(self):
        return self.array

    @property
    def right(self):
        return self.array.T

    def witness(self, sizes, symbol, variant=0):
        """The entries below the diagonal are those above it."""
        n, _ = self.lengths(sizes)
        return {symbol(i, j): symbol(j, i) for i in range(1, n + 1) for j in range(1, i)}

    def example(self, sizes, rng):
        numbers = rng.uniform(0.2, 2, self.lengths(sizes))
        return numbers + numbers.T

    def residuals(self, numbers):
        return numbers - numbers.T

    def goes_with(self, other):
        return type(other) in (Symmetric, type(self))


@dataclass(frozen=True)
class PositiveDefinite(Symmetric):
    """A = Aᵀ, and xᵀAx > 0 for every x but 0: so det A > 0."""

    called = "positive_definite"

    more = ", positive definite"
    numeric = True

    def witness(self, sizes, symbol, variant=0):
        """B Bᵀ + I, with exact numbers in B."""
        n, _ = self.lengths(sizes)
        made = sympy.Matrix(n, n, numbers_of(self.array, variant))
        return entries_of(made * made.T + sympy.eye(n), symbol)

    def example(self, sizes, rng):
        numbers = rng.uniform(0.2, 1, self.lengths(sizes))
        return numbers @ numbers.T + np.eye(len(numbers))

    def holds(self, numbers, is_zero):
        minors = [sympy.Matrix(numbers[:n, :n]).det() for n in range(1, len(numbers) + 1)]
        return super().holds(numbers, is_zero) and all(minor > 0 for minor in minors)


@dataclass(frozen=True)
class Orthogonal(Hypothesis):
    """QᵀQ = I: the columns are of length 1 and at right angles; of a square matrix the rows too."""

    called = "orthogonal"

    array: Array
    numeric = True

    @property
    def square(self):
        return self.array.shape[0] == self.array.shape[1]

    @property
    def left(self):
        return self.array.T @ self.array

    @property
    def right(self):
        return eye(self.array.shape[1])

    def witness(self, sizes, symbol, variant=0):
        """Columns of (I − K)(I + K)⁻¹ with Kᵀ = −K (Cayley); every other time one is reflected."""
        rows, columns = self.checked(self.lengths(sizes))
        free = numbers_of(self.array, variant)
        above = sympy.Matrix(rows, rows, lambda i, j: free(i, j) if i < j else 0)
        one, skew = sympy.eye(rows), above - above.T
        made = (one - skew) * (one + skew).inv()
        made[:, 0] *= (-1) ** variant
        return entries_of(made[:, :columns], symbol)

    def example(self, sizes, rng):
        made, _ = np.linalg.qr(rng.normal(size=self.checked(self.lengths(sizes))))
        return made

    def checked(self, shape):
        """The shape itself. Raises DerivationError if it has more columns than rows."""
        if shape[0] < shape[1]:
            raise DerivationError(
                f"{self.array} has {shape[0]} rows and {shape[1]} columns here: so many columns "
                "can't be at right angles; take sizes with at least as many rows"
            )
        return shape

    def residuals(self, numbers):
        return numbers.T @ numbers - np.eye(numbers.shape[1], dtype=int)


@dataclass(frozen=True)
class Projection(Symmetric):
    """P = Pᵀ = P²: P is an orthogonal projection."""

    called = "projection"

    array: Array
    more = " is its own square"
    numeric = True

    def witness(self, sizes, symbol, variant=0):
        """U (UᵀU)⁻¹ Uᵀ; U has one column, all but one, or all."""
        n, _ = self.lengths(sizes)
        rank = (1, max(1, n - 1), n)[variant % 3]
        made = sympy.Matrix(n, rank, numbers_of(self.array, variant))
        return entries_of(made * (made.T * made).inv() * made.T, symbol)

    def example(self, sizes, rng):
        n, _ = self.lengths(sizes)
        made, _ = np.linalg.qr(rng.normal(size=(n, max(1, n - 1))))
        return made @ made.T

    def residuals(self, numbers):
        return np.concatenate([numbers - numbers.T, numbers @ numbers - numbers])


def numbers_of(array, variant):
    """free(i, j): odd numbers over odd numbers, other ones for each variant."""

    def free(i, j):
        code = crc32(f"{array.name}{variant}:{i},{j}".encode())
        return sympy.Rational(2 * (code % 11) + 1, 2 * (code // 11 % 7) + 5)

    return free


def entries_of(matrix, symbol):
    """{entry: number} for all entries of a matrix."""
    rows, columns = matrix.shape
    return {symbol(i + 1, j + 1): matrix[i, j] for i in range(rows) for j in range(columns)}


def fulfilled(sizes, hypotheses):
    """The sizes, exchanged where there would be more columns than rows in an orthogonal Q."""
    sizes = dict(sizes)
    for one in hypotheses:
        if isinstance(one, Orthogonal) and not one.square:
            rows, columns = one.array.shape
            if sizes[rows] < sizes[columns]:
                sizes[rows], sizes[columns] = sizes[columns], sizes[rows]
    return sizes


def check_together(hypotheses):
    """Raises DerivationError for two of one array that no example is known to fulfill."""
    for n, one in enumerate(hypotheses):
        for other in hypotheses[:n]:
            if one.array == other.array and not (one.goes_with(other) or other.goes_with(one)):
                raise DerivationError(
                    f"{one.left} = {one.right}{one.more}, and {other.left} = {other.right}"
                    f"{other.more}: both are assumed of {one.array}, and no numbers are known here "
                    "that fulfill both; assume one of them"
                )


def strongest(hypotheses):
    """One for each array: the one whose witness serves all that is assumed of it."""
    found = {}
    for one in hypotheses:
        if one.array not in found or not found[one.array].numeric:
            found[one.array] = one
    return [*found.values()]


def rows_sum_to_one(array):
    """The hypothesis that each row of T (S, C) sums to 1: line(…, using=rows_sum_to_one(T))."""
    check_matrix(array, "rows_sum_to_one")
    return RowSum(array)


def symmetric(array):
    """The hypothesis A = Aᵀ, from which A⁻¹ is symmetric too: line(…, using=symmetric(A))."""
    check_square(array, "symmetric")
    return Symmetric(array)


def positive_definite(array):
    """The hypothesis that A = Aᵀ is positive definite; then A⁻¹ and log det A have a value."""
    check_square(array, "positive_definite")
    return PositiveDefinite(array)


def orthogonal(array):
    """The hypothesis QᵀQ = I. Only a square Q has QQᵀ = I as well; a tall one has not."""
    check_matrix(array, "orthogonal")
    if array.positive:
        raise DerivationError(f"{array} is positive: its columns are not at right angles")
    return Orthogonal(array)


def projection(array):
    """The hypothesis P = Pᵀ = P²: P projects at right angles."""
    check_square(array, "projection")
    if array.positive:
        raise DerivationError(f"{array} is positive: no example of a projection is known for that")
    return Projection(array)


def check_matrix(array, name):
    """Raises ShapeError for what is no matrix with a name."""
    if not isinstance(array, Array) or len(array.shape) != 2:
        raise ShapeError(f"{name} takes a matrix, got {array}")


def check_square(array, name):
    """Raises ShapeError for what is no square matrix with a name."""
    if not isinstance(array, Array) or len(array.shape) != 2 or len({*array.shape}) != 1:
        raise ShapeError(f"{name} takes a square matrix, got {array}")
