"""What joins expressions: + − · /, powers, Σ, matrix products and transposes, written as in NumPy.

Every shape is checked when the expression is built; `entry` writes one entry with indices.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from ..errors import DerivationError, ShapeError
from ..misuse import AXIS
from ..nodes import Dimension, Index, Node, Place, entry, node, shape_name
from . import cures


@dataclass(frozen=True, repr=False)
class Neg(Node):
    operand: Node

    @property
    def shape(self):
        return self.operand.shape

    def entry(self, *indices):
        return Neg(entry(self.operand, *indices))


@dataclass(frozen=True, repr=False)
class Elementwise(Node):
    """Two operands of one shape; a factor or a divisor may also be a scalar."""

    left: Node
    right: Node
    sign: ClassVar = ""
    typed: ClassVar = ""

    def __post_init__(self):
        super().__post_init__()
        left, right = self.left.shape, self.right.shape
        if left != right and not self.scales(left, right):
            raise ShapeError(
                f"{self.left} is {shape_name(left)}, {self.right} is {shape_name(right)}: "
                f"{self.sign} needs the same shape on both sides"
                + cures.elementwise(self.typed, self.left, self.right)
            )

    def scales(self, left, right):
        return False

    @property
    def shape(self):
        return self.left.shape or self.right.shape

    def entry(self, *indices):
        return type(self)(entry(self.left, *indices), entry(self.right, *indices))


class Add(Elementwise):
    sign, typed = "+", "+"


class Sub(Elementwise):
    sign, typed = "−", "-"


class Mul(Elementwise):
    sign, typed = "⊙", "*"

    def scales(self, left, right):
        return not left or not right


class Div(Elementwise):
    sign, typed = "⊘", "/"

    def scales(self, left, right):
        return not right


@dataclass(frozen=True, repr=False)
class Pow(Node):
    """A scalar to an integer power, or to a fractional one."""

    base: Node
    exponent: int | Fraction

    def __post_init__(self):
        super().__post_init__()
        if self.base.shape or type(self.exponent) not in (int, Fraction):
            raise DerivationError(
                "only a scalar to the power of an int or a Fraction (X * X for an array, sqrt(x), "
                f"exp(n * log(x)) for a letter n), got {cures.operand(self.base)} ** "
                f"{self.exponent!r}{cures.power(self.base, self.exponent)}"
            )


@dataclass(frozen=True, repr=False)
class MatMul(Node):
    """Σ_k left[…, k] right[k, …]; vectors as in NumPy: two of them make a scalar."""

    left: Node
    right: Node

    def __post_init__(self):
        super().__post_init__()
        left, right = self.left.shape, self.right.shape
        if max(len(left), len(right)) > 2:
            raise ShapeError(
                f"{self.left} is {shape_name(left)}, {self.right} is {shape_name(right)}: @ takes "
                "vectors and matrices; with more axes, write the entries and a Σ (Sum)"
            )
        if not left or not right or left[-1] != right[0]:
            raise ShapeError(
                f"{self.left} is {shape_name(left)}, {self.right} is {shape_name(right)}: a matrix "
                "product sums over the last axis of the first and the first axis of the second"
                + (f", and {left[-1]} is not {right[0]}" if left and right else "")
                + cures.product_of(self.left, self.right)
            )

    @property
    def shape(self):
        return self.left.shape[:-1] + self.right.shape[1:]

    def entry(self, *indices):
        k, cut = Index.fresh(), len(self.left.shape) - 1
        return Sum(
            entry(self.left, *indices[:cut], k) * entry(self.right, k, *indices[cut:]),
            (k, 1, self.left.shape[-1]),
        )


@dataclass(frozen=True, repr=False)
class Transpose(Node):
    operand: Node

    def __post_init__(self):
        super().__post_init__()
        if len(self.operand.shape) != 2:
            one = len(self.operand.shape) == 1
            raise ShapeError(
                f"{self.operand} is {shape_name(self.operand.shape)}: .T needs a matrix"
                + ("; a vector is a row or a column as in NumPy, u @ A, A @ v, outer(u, v)" * one)
            )

    def __call__(self, *_):
        raise DerivationError(f"a transpose is written without brackets: {self.operand}.T")

    @property
    def shape(self):
        return self.operand.shape[::-1]

    def entry(self, i, j):
        return entry(self.operand, j, i)


@dataclass(frozen=True, repr=False, init=False)
class Over(Node):
    """Something over indices, which have no meaning outside. Every range is from 1 to a size."""

    body: Node
    indices: tuple
    sizes: tuple
    words: ClassVar = "Σ adds entries"

    def __init__(self, body, *ranges):
        body = node(body)
        if body.shape:
            words = f"{self.words}, but {body} is {shape_name(body.shape)}"
            raise ShapeError(words + cures.entries(body, ranges))
        for r in ranges:
            if not (
                isinstance(r, tuple)
                and len(r) == 3
                and isinstance(r[0], Index)
                and type(r[1]) is int
                and r[1] == 1
                and isinstance(r[2], Dimension)
            ):
                raise DerivationError(
                    f"a range is (index, 1, dimension), got {r!r}{cures.ranges_of(body, ranges)}"
                )
        if not ranges or len({r[0] for r in ranges}) < len(ranges):
            raise DerivationError("Σ needs at least one range, and each index once")
        object.__setattr__(self, "body", body)
        object.__setattr__(self, "indices", tuple(r[0] for r in ranges))
        object.__setattr__(self, "sizes", tuple(r[2] for r in ranges))
        self.__post_init__()

    @property
    def ranges(self):
        return [(index, 1, size) for index, size in zip(self.indices, self.sizes, strict=True)]


class Sum(Over):
    """Σ over indices: Sum(X[i, k] * W[j, k], (k, 1, M))."""


def _operator(kind):
    def right(self, other):  # a size and an index are added by the index
        return NotImplemented if isinstance(other, Place) else kind(self, node(other))

    return right, lambda self, other: kind(node(other), self)


Node.__add__, Node.__radd__ = _operator(Add)
Node.__sub__, Node.__rsub__ = _operator(Sub)
Node.__mul__, Node.__rmul__ = _operator(Mul)
Node.__truediv__, Node.__rtruediv__ = _operator(Div)
Node.__matmul__, Node.__rmatmul__ = _operator(MatMul)
Node.__neg__, Node.T = lambda self: Neg(self), property(Transpose)


def _power(self, exponent, modulus=None):
    """(Y − T) ** 2 of an array is (Y − T) ⊙ (Y − T), as in NumPy; else a power of a scalar."""
    if self.shape and type(exponent) is int and exponent in (2, 3):
        return self * self if exponent == 2 else self * self * self
    return Pow(self, exponent)


Node.__pow__ = _power


def _summing(name):
    def refuse(self, axis=None, *_, keepdims=False, **__):
        cure = cures.summed(self, axis, mean=name == "mean")
        kept = "; what is summed is gone: outer(…, ones(M)) repeats it" if keepdims else ""
        raise DerivationError(
            f".{name}(…) does not work on letters such as {self}: "
            + (f"write {cure}{kept}" if cure else AXIS)
        )

    return refuse


Node.sum, Node.mean = _summing("sum"), _summing("mean")


def sqrt(number):
    """The square root of a number, which is to be positive."""
    return Pow(node(number), Fraction(1, 2))
