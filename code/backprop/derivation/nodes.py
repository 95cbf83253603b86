"""What all parts of a line have in common, and the smallest of them: numbers, sizes, indices.

A node is a number (shape ()), a vector (N,) or a matrix (S, N); shapes are tuples of dimensions,
checked when a node is built. Nodes keep the author's order: SymPy would sort the factors.
Source: chapter "Notation".
"""

from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import count
from typing import ClassVar

import sympy

from .errors import DerivationError, ShapeError

_fresh = count(1)


def node(value):
    """A node as it is, an exact number as a node. Raises DerivationError for all else."""
    if isinstance(value, Node):
        return value
    if isinstance(value, int | Fraction | sympy.Rational) and not isinstance(value, bool):
        return Number(sympy.Rational(value))
    raise DerivationError(
        f"expected an expression or an exact number (int, Fraction), got {value!r}"
    )


def check_name(name):
    """The name itself. Raises DerivationError for one that could be mistaken for a formula."""
    if not isinstance(name, str) or not name or set(name) & set("_∂/|#~[]·⁽⁾, "):
        raise DerivationError(
            f"a name is letters, digits and primes such as X, W1 or T', got {name!r}"
        )
    return name


def shape_name(shape):
    """How a shape is called in messages: "S×M", "a vector of N", "a number"."""
    if len(shape) == 1:
        return f"a vector of {shape[0]}"
    return "×".join(map(str, shape)) or "a number"


def entry(expression, *indices):
    """Entry `indices` of an array; a number is the same at every entry."""
    return expression.entry(*indices) if expression.shape else expression


def walk(expression):
    """The node and all nodes inside it."""
    yield expression
    for child in expression.children():
        yield from walk(child)


class Node:
    """The operators of NumPy: * and / are element-wise, @ is the matrix product."""

    shape: ClassVar = ()
    __array_ufunc__ = __iter__ = None

    def children(self):
        values = (getattr(self, field.name) for field in fields(self))
        flat = (v for value in values for v in (value if isinstance(value, tuple) else (value,)))
        return [v for v in flat if isinstance(v, Node)]

    def __getitem__(self, indices):
        indices = indices if isinstance(indices, tuple) else (indices,)
        if len(indices) != len(self.shape):
            raise ShapeError(
                f"{self} is {shape_name(self.shape)}, but it is indexed with {len(indices)}"
            )
        for index in indices:
            if not isinstance(index, Index) and (type(index) is not int or index < 1):
                raise ShapeError(
                    f"an index of {self} is a letter or an integer from 1, got {index!r}"
                )
        return entry(self, *indices)


@dataclass(frozen=True, repr=False)
class Number(Node):
    value: sympy.Rational


pi = Number(sympy.pi)


@dataclass(frozen=True, repr=False)
class Dimension(Node):
    """A size such as S: a positive integer."""

    name: str


@dataclass(frozen=True, repr=False)
class Index:
    """An index such as i, from 1 to the length of its axis; `number` keeps fresh ones apart."""

    name: str
    number: int = 0

    def __str__(self):
        return self.name

    __repr__ = __str__

    @classmethod
    def fresh(cls, name="k"):
        return cls(name, next(_fresh))
