"""What a line may assume when it cites it, with numbers that fulfil it: never a contradiction."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..errors import ShapeError
from ..language.algebra import Sum
from ..language.arrays import Array
from ..nodes import Index, node


@dataclass(frozen=True)
class RowSum:
    """Σ_j T_ij = `total` for every i; `left` and `right` are the two sides, for the page."""

    array: Array
    total: Fraction = 1

    @property
    def right(self):
        return node(self.total)

    @property
    def left(self):
        return Sum(self.array[Index("i"), Index("j")], (Index("j"), 1, self.array.shape[1]))

    def replaced(self, sizes):
        """{entry: the others of its row}: the last column becomes the total − the others."""
        rows, columns = (sizes[size] for size in self.array.shape)
        return {(i, columns): [(i, j) for j in range(1, columns)] for i in range(1, rows + 1)}

    def example(self, sizes, rng):
        """Random numbers for the array that fulfil it."""
        numbers = rng.uniform(0.2, 2, [sizes[size] for size in self.array.shape])
        return numbers * float(self.total) / np.sum(numbers, axis=1, keepdims=True)


def rows_sum_to_one(array):
    """The hypothesis that each row of T (S, C) sums to 1: line(…, using=rows_sum_to_one(T))."""
    if not isinstance(array, Array) or len(array.shape) != 2:
        raise ShapeError(f"rows_sum_to_one takes a matrix, got {array}")
    return RowSum(array)
