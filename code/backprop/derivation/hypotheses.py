"""What a line may assume when it cites it: put in by substitution, so never contradictory."""

from dataclasses import dataclass

from .algebra import Sum
from .arrays import Array
from .errors import ShapeError
from .nodes import Index, node


@dataclass(frozen=True)
class RowsSumToOne:
    """Σ_j T_ij = 1 for every i; `left` and `right` are the two sides, for the page."""

    array: Array
    right = node(1)

    @property
    def left(self):
        return Sum(self.array[Index("i"), Index("j")], (Index("j"), 1, self.array.shape[1]))

    def replaced(self, sizes):
        """{entry: the others of its row} for the last column, which becomes 1 − the others."""
        rows, columns = (sizes[size] for size in self.array.shape)
        return {(i, columns): [(i, j) for j in range(1, columns)] for i in range(1, rows + 1)}


def rows_sum_to_one(array):
    """The hypothesis that each row of T (S, C) sums to 1: line(…, using=rows_sum_to_one(T))."""
    if not isinstance(array, Array) or len(array.shape) != 2:
        raise ShapeError(f"rows_sum_to_one takes a matrix, got {array}")
    return RowsSumToOne(array)
