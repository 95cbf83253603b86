"""What is chosen from an axis: the largest, max_k X_ik, where it is, and look-up, W[t[i], j].

Where something is on an axis is a one-hot, 1 at one place and else 0: δ_{v, t_i} for a look-up,
delta(k, argmax(X[i, l], (l, 1, M))) for the largest. The page writes [k = argmax_l X_il].
"""

from dataclasses import dataclass
from typing import ClassVar

from ..errors import DerivationError, ShapeError
from ..misuse import NoArithmetic
from ..nodes import Dimension, Index, Place, check_name
from .algebra import Over
from .arrays import Array
from .shifted import moved


@dataclass(frozen=True, repr=False)
class Positions(Array):
    """The integers of an array of positions on the axis `to`, from 1 on."""

    to: Dimension = None


@dataclass(frozen=True)
class Position(Place):
    """t_i, where it is an index: W[t[i], j]."""

    array: Positions
    indices: tuple
    lesson: ClassVar = "it is an index, as in W[t[i], j]; delta(v, t[i]) is 1 where v is t_i"

    @property
    def letters(self):
        return [index for index in self.indices if isinstance(index, Index)]

    @property
    def parts(self):
        return (self.array,)

    def moved(self, names):
        """The same with other indices, {old: new}."""
        return Position(self.array, tuple(moved(index, names) for index in self.indices))

    def __str__(self):
        return f"{self.array}_{''.join(map(str, self.indices))}"

    __repr__ = __str__


class Integers(NoArithmetic):
    """An array of integers: only its entries are used, and only as indices."""

    lesson = "integers choose entries: write W[t[i], j], or delta(v, t[i])"

    def __init__(self, array):
        self.array = array

    def __getitem__(self, indices):
        indices = indices if isinstance(indices, tuple) else (indices,)
        if len(indices) != len(self.array.shape):
            raise ShapeError(f"{self} has {len(self.array.shape)} axes, not {len(indices)}")
        for index in indices:
            if not isinstance(index, Index) and (type(index) is not int or index < 1):
                raise ShapeError(f"an index of {self} is a letter or an integer, got {index!r}")
        return Position(self.array, indices)

    def __str__(self):
        return str(self.array)

    __repr__ = __str__


def integers(name, *shape, to):
    """integers("t", S, to=V): an array of integers from 1 to V, such as labels or tokens."""
    for size in (*shape, to):
        if not isinstance(size, Dimension):
            raise ShapeError(f"the shape of {name} is made of dimensions, and so is to=…")
    if not shape:
        raise ShapeError(f"{name} has no axis: one index is a letter, made by indices(…)")
    return Integers(Positions(check_name(name), shape, False, to))


class Max(Over):
    """The largest over an index, Max(X[i, k], (k, 1, M)); its derivative needs a single largest."""

    words: ClassVar = "max compares entries"

    def __init__(self, body, *ranges):
        super().__init__(body, *ranges)
        if len(ranges) > 1:
            raise DerivationError("max and argmax go over one index: put one Max in the other")


@dataclass(frozen=True, repr=False, init=False)
class OneHot(Over):
    """1 where `place` is the index at which the body is largest, else 0."""

    place: Place | int
    words: ClassVar = "argmax compares entries"

    def __init__(self, largest, place):
        object.__setattr__(self, "place", place)
        super().__init__(largest.body, *largest.ranges)


class Argmax(Place):
    """The index at which something is largest: only δ takes it."""

    alone = True
    lesson = "argmax is in a δ, delta(k, argmax(…)), which is 1 where k is that index and else 0"

    def __init__(self, largest):
        self.largest = largest

    def delta(self, place):
        return OneHot(self.largest, place)

    def __str__(self):
        return f"argmax of {self.largest.body}"

    __repr__ = __str__


def argmax(body, *ranges):
    """Where the body is largest: delta(k, argmax(X[i, l], (l, 1, M))) is 1 there, else 0."""
    return Argmax(Max(body, *ranges))
