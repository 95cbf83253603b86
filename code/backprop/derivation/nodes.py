"""What all parts of a line have in common, and the smallest of them: numbers, sizes, indices.

A node is a scalar (shape ()), a vector (N,), a matrix (S, N) or has more axes; shapes are tuples of
dimensions, checked when a node is built. Nodes keep the author's order: SymPy would sort the
factors. Source: chapter "Notation".
"""

import re
import unicodedata
from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import count
from typing import ClassVar

import sympy

from .errors import DerivationError, ShapeError
from .misuse import NoArithmetic, NotNumbers

DEEPEST, LARGEST = 100, 20_000  # what Python and the judges can take in one expression
NAME = re.compile(r"[^\W\d_]\w*'*(\^\{\([0-9]+\)\})?'*")

_fresh = count(1)


def node(value):
    """A node as it is, an exact number as a node. Raises DerivationError for all else."""
    if isinstance(value, Node):
        return value
    if isinstance(value, int | Fraction | sympy.Rational) and not isinstance(value, bool):
        return Number(sympy.Rational(value))
    hint = ""
    if isinstance(value, float):
        hint = ": a float such as 0.5 is rounded; write X / 2, or Fraction(1, 2) for 1 / 2"
    elif isinstance(value, Index):
        hint = (
            ": an index has no value of its own; it is in square brackets, X[i, k]. An array of "
            f'that name is called otherwise in Python, bias = array("{value}", N)'
        )
    elif not isinstance(value, str) and callable(value):
        hint = ": a function is given what it is applied to, h(X)"
    raise DerivationError(
        f"expected an expression or an exact number (int, Fraction), got {value!r}{hint}"
    )


class Word:
    """What an author gives by a word of its own, which stands for nothing in a formula."""

    word: ClassVar = ""

    def __repr__(self):
        return self.word


def check_name(name):
    """The name itself. Raises DerivationError for one that could be mistaken for a formula."""
    plain = isinstance(name, str) and re.sub(r"[0-9^{()}']", "", name)
    kinds = {unicodedata.category(sign) for sign in plain or "_"}  # "x²" and "Aᵀ" say too much
    if not kinds <= {"Lu", "Ll", "Lo"} or not NAME.fullmatch(name):
        raise DerivationError(
            f"a name is letters, digits and primes, a letter first, such as X, W1 or T', "
            f"got {name!r}"
        )
    return name


def shape_name(shape):
    """How a shape is called in messages: "S×M", "a vector of N", "a scalar"."""
    if len(shape) == 1:
        return f"a vector of {shape[0]}"
    return "×".join(map(str, shape)) or "a scalar"


def no_index(index):
    """What to write in place of a 0 or of a colon."""
    if isinstance(index, slice):
        return ": a row is no expression of its own; name its entry by a letter, X[i, k]"
    return ": entries are counted from 1" if type(index) is int else ""


def entry(expression, *indices):
    """Entry `indices` of an array; a scalar is the same at every entry."""
    return expression.entry(*indices) if expression.shape else expression


def axes(shape):
    """An index of its own for each axis, which no author has."""
    return tuple(Index.fresh("ijklmnpq"[axis % 8]) for axis in range(len(shape)))


def walk(expression):
    """The node and all nodes inside it."""
    yield expression
    for child in expression.children():
        yield from walk(child)


class Place(NoArithmetic):
    """What may be in square brackets: an index, or what is made of indices and sizes."""

    letters, sizes, parts, alone = (), (), (), False  # `alone`: it is no index by itself

    def delta(self, place):
        """What δ of both is, if that is something of its own."""


class Node(NotNumbers):
    """The operators of NumPy: * and / are elementwise, @ is the matrix product."""

    shape: ClassVar = ()

    def __post_init__(self):
        inside = [vars(child).get("extent", (1, 1)) for child in self.children()]
        depth = 1 + max((depth for depth, _ in inside), default=0)
        size = 1 + sum(size for _, size in inside)
        if depth > DEEPEST or size > LARGEST:
            raise DerivationError(
                f"an expression with more than {DEEPEST} operations inside each other, or "
                f"{LARGEST} in all, is too large: write a long sum with Σ (Sum), or give a part "
                "of it a name in define={…}"
            )
        object.__setattr__(self, "extent", (depth, size))

    def children(self):
        if "_children" not in vars(self):  # asked for often, by `walk`
            values = (getattr(self, field.name) for field in fields(self))
            flat = [v for one in values for v in (one if isinstance(one, tuple) else (one,))]
            places = [v for v in flat if isinstance(v, Place)]
            found = [v for v in flat if isinstance(v, Node)]
            found += [part for one in places for part in (*one.sizes, *one.parts)]
            object.__setattr__(self, "_children", found)
        return self._children

    def __getitem__(self, indices):
        indices = indices if isinstance(indices, tuple) else (indices,)
        indices = tuple(i.as_index if isinstance(i, Node) else i for i in indices)  # H[T]
        if len(indices) != len(self.shape):
            letters = ", ".join("ijkl"[axis % 4] for axis in range(len(self.shape)))
            raise ShapeError(
                f"{self} is {shape_name(self.shape)}, but it is indexed with {len(indices)}"
                + (
                    f": an entry has a letter for each axis in one bracket, [{letters}]"
                    * bool(letters)
                )
            )
        for index in indices:
            if isinstance(index, Place) and index.alone:
                raise DerivationError(index.lesson)
            if not isinstance(index, Place) and (type(index) is not int or index < 1):
                raise ShapeError(
                    f"an index of {self} is a letter or an integer from 1, or made of them by + "
                    f"and −, such as i + u - 1; got {index!r}" + no_index(index)
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
class Index(Place):
    """An index such as i, from 1 to the length of its axis; `number` keeps fresh ones apart."""

    name: str
    number: int = 0
    lesson: ClassVar = "indices are added and shifted, X[i + u - 1], and nothing else"

    @property
    def letters(self):
        return (self,)

    def __str__(self):
        return self.name

    __repr__ = __str__

    @classmethod
    def fresh(cls, name="k"):
        return cls(name, next(_fresh))
