"""A case to be judged, and when two arrays are equal."""

import ast
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..formulas import evaluate, worth

SHAPE = "right-values-wrong-shape"
ROUNDED_ZERO = 1e-13  # what is left of terms that cancel, relative to their size


@dataclass(frozen=True)
class Case:
    """An answer for `quantity` (float64) and the right one; `names` is what formulas may use.

    `whole` says that the answer came as an array of integers, `aside` what else is to be said.
    """

    quantity: object
    answer: np.ndarray
    right: np.ndarray
    names: dict
    whole: bool = False
    aside: str = ""
    memo: dict = field(default_factory=dict, compare=False, repr=False)

    def with_answer(self, answer):
        """The same case with another answer."""
        return replace(self, answer=answer)

    def value(self, formula, finite=True, **more):
        """What a formula is worth here as an array of floats; None if it has no (finite) value.

        A formula is a text or a tree.
        """
        names = {**self.names, **more} if more else self.names
        if isinstance(formula, ast.AST):
            value = worth(formula, names, {} if more else self.memo)
        else:
            value = evaluate(formula, names)
        value = None if value is None else np.asarray(value)
        if value is None or value.dtype.kind not in "biuf":
            return None
        return None if finite and not np.isfinite(value).all() else value.astype(np.float64)

    @cached_property
    def unit(self):
        """How large the terms of the answer are at least, if no input is larger than 1."""
        inputs = [np.asarray(self.names.get(name, 1.0)) for name in self.quantity.takes]
        if self.quantity.holds == "function":  # ε, a stride, the weight of a penalty are no factors
            inputs = [x for x in inputs if x.ndim]
        sizes = [np.abs(x).max(initial=0) for x in inputs if x.dtype.kind == "f"]
        return float(np.prod([min(1.0, size) for size in sizes if size]))

    def same(self, one, other, relative=1e-6, absolute=1e-9):
        """Whether these arrays of one shape hold the same numbers, but for rounding."""
        return equal(one, other, relative, absolute, self.unit)

    def fits(self, answer, value, relative=1e-6):
        """Whether they hold the same numbers: "" in the same shape, SHAPE in another, else None."""
        if value.shape == answer.shape:
            return "" if self.same(answer, value, relative) else None
        if value.size == answer.size:
            return SHAPE if self.same(answer.ravel(), value.ravel(), relative) else None
        try:
            spread = np.broadcast_to(value, answer.shape)
        except ValueError:
            return None
        return SHAPE if value.size > 1 and self.same(answer, spread, relative) else None

    def size(self, letter):
        """The size that a letter stands for; 1 if there is none."""
        size = self.names.get(letter)
        return size if type(size) is int else 1

    @property
    def upstream(self):
        """dY if the quantity depends on one, else None."""
        return self.names["dY"] if "dY" in self.quantity.takes else None


def looseness(dtype):
    """How much less exact than float64 an answer of this dtype may be."""
    return {4: 1e3, 2: 1e5}.get(dtype.itemsize, 1) if dtype.kind == "f" else 1


def equal(answer, value, relative=1e-6, absolute=1e-9, unit=1.0):
    """Whether two arrays of the same shape hold the same numbers, but for rounding.

    All is relative: to the entry, and a little to the largest one. Where there is nothing but zeros
    that is `unit`, the magnitude of the terms that have canceled.
    """
    scale = float(np.abs(value).max(initial=0))
    scale = scale if scale > ROUNDED_ZERO * unit else unit
    return bool((np.abs(answer - value) <= absolute * scale + relative * np.abs(value)).all())


def ratio(array, base):
    """k with array = k · base, by least squares; None for a base of zeros."""
    square = float((base * base).sum())
    return float((array * base).sum()) / square if square else None
