"""Arrays made of ones and of vectors: 1_S, u vᵀ, diag(v)."""

from dataclasses import dataclass

from ..errors import ShapeError
from ..nodes import Dimension, Node, entry, node, shape_name
from .arrays import Delta


@dataclass(frozen=True, repr=False)
class Ones(Node):
    shape: tuple

    def entry(self, *indices):
        return node(1)


def ones(*shape):
    """ones(S) is the vector of S ones, ones(S, C) the matrix of ones. Raises ShapeError."""
    if not shape or not all(isinstance(size, Dimension) for size in shape):
        raise ShapeError(f"ones() takes dimensions, such as ones(S), got {shape!r}")
    return Ones(shape)


@dataclass(frozen=True, repr=False)
class Outer(Node):
    left: Node
    right: Node

    @property
    def shape(self):
        return self.left.shape + self.right.shape

    def entry(self, i, j):
        return entry(self.left, i) * entry(self.right, j)


def outer(left, right):
    """u vᵀ of two vectors: outer(ones(S), bias) repeats the bias in each of S rows."""
    return Outer(vector(left), vector(right))


@dataclass(frozen=True, repr=False)
class Diag(Node):
    operand: Node

    @property
    def shape(self):
        return self.operand.shape * 2

    def entry(self, i, j):
        return Delta(i, j) * entry(self.operand, i)


def diag(operand):
    """The square matrix with a vector on its diagonal and zeros elsewhere."""
    return Diag(vector(operand))


def vector(expression):
    """The vector itself. Raises ShapeError if it is none."""
    expression = node(expression)
    if len(expression.shape) != 1:
        shape = shape_name(expression.shape)
        raise ShapeError(f"{expression} is {shape}: a vector was expected")
    return expression
