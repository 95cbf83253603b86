"""Automatic differentiation on arrays: reverse mode, and in 20 more lines forward mode.

Source: chapter "Automatic differentiation". The products are the book's own backward functions.
"""

import numpy as np

from . import activations as h
from . import losses
from . import softmax as rows
from .linear import linear_backward, linear_forward
from .validation import as_floats, expect_shape, expects


class Array:
    """What a Node and a Dual have in common: a `value`, and the operators."""

    __array_ufunc__ = None  # so that np.array * node is the node's to compute

    def __add__(self, other):
        return add(self, other)

    def __mul__(self, other):
        return multiply(self, other)

    def __sub__(self, other):
        return add(self, multiply(other, -1.0))

    def __matmul__(self, other):
        return matmul(self, other)

    __radd__, __rmul__ = __add__, __mul__


class Node(Array):
    """An array in a graph: its `value`, what it was made of, and after `backward` its `grad`.

    The value is read-only: `backward` needs it as it was. Raises ValueError if it isn't finite.
    """

    def __init__(self, value, operation=None, inputs=()):
        self.value = as_floats(value, "value", "Node").view()
        self.value.flags.writeable = False
        self.operation, self.inputs, self.grad = operation, inputs, None

    def backward(self, dY=None):
        """Set `grad`, ∂L/∂value, here and in all that this node was made of.

        It is L itself, a scalar, or dY is ∂L/∂value, of its shape: else ValueError.
        """
        shape, ones = self.value.shape, np.ones_like(self.value)
        if dY is None and shape != ():
            raise ValueError(f"backward expects a scalar, or dY; got shape {shape}")
        dY = as_floats(ones if dY is None else dY, "dY", "backward")
        expect_shape(dY, shape, {}, "dY", "backward")
        order = topological(self)
        for node in order:
            node.grad = None
        self.grad = dY
        for node in reversed(order):
            for one, gradient in zip(node.inputs, node.products(), strict=True):
                if isinstance(one, Node):  # paths add; no +=: arrays are shared
                    one.grad = gradient if one.grad is None else one.grad + gradient

    def products(self):
        """The gradient times the Jacobian, for each input."""
        inputs = map(value_of, self.inputs)
        return self.operation.vjp(self.grad, self.value, *inputs) if self.operation else ()


def topological(last):
    """All nodes that `last` was made of, each after its inputs, at any depth."""
    order, seen, stack = [], set(), [(last, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(one, False) for one in node.inputs if isinstance(one, Node)]
    return order


def value_of(one):
    """The array of a Node or Dual; anything else is a constant."""
    return one.value if isinstance(one, Array) else one


class Operation:
    """A function of arrays, and vjp(dY, Y, *inputs): the gradient with respect to each input."""

    def __init__(self, function, vjp):
        self.function, self.vjp = function, vjp

    def __call__(self, *inputs):
        Y = self.function(*map(value_of, inputs))
        if any(isinstance(one, Dual) for one in inputs):
            return Dual(Y, self.jvp(*map(tangent_of, inputs), Y, *map(value_of, inputs)))
        return Node(Y, self, inputs) if any(isinstance(one, Node) for one in inputs) else Y


def sum_to(dY, X):
    """dY, added up over the axes along which X was repeated: of X's shape."""
    shape = np.shape(X)
    new = dY.ndim - len(shape)  # axes that X doesn't have
    axes = tuple(n for n in range(dY.ndim) if n < new or shape[n - new] == 1)
    return dY.sum(axis=axes).reshape(shape) if axes else dY


@expects("matmul", A="S M", B="M N")
def matmul_forward(A, B):
    """Y = A B."""
    return A @ B


def matmul_backward(dY, A, B):
    """A linear layer with W = Bᵀ, and no bias."""
    dA, dW, _ = linear_backward(dY, A, B.T)
    return dA, dW.T


add = Operation(np.add, lambda dY, Y, A, B: (sum_to(dY, A), sum_to(dY, B)))
multiply = Operation(np.multiply, lambda dY, Y, A, B: (sum_to(dY * B, A), sum_to(dY * A, B)))
matmul = Operation(matmul_forward, lambda dY, Y, A, B: matmul_backward(dY, A, B))
total = Operation(np.sum, lambda dY, Y, X: (dY * np.ones_like(X),))
linear = Operation(linear_forward, lambda dY, Y, X, W, b: linear_backward(dY, X, W))
relu = Operation(h.relu, lambda dY, Y, X: (dY * h.relu_derivative(X),))
tanh = Operation(h.tanh, lambda dY, Y, X: (dY * h.tanh_derivative(X),))
softmax = Operation(rows.softmax, lambda dY, Y, Z: (rows.softmax_backward(dY, Y),))
cross_entropy = Operation(
    losses.softmax_cross_entropy,
    lambda dL, L, Z, T: (dL * losses.softmax_cross_entropy_backward(Z, T), None),
)

# Forward mode.


class Dual(Array):
    """An array and its tangent, of its shape: how fast it moves when inputs move."""

    def __init__(self, value, tangent):
        self.value, self.tangent = (
            as_floats(one, "each array", "Dual") for one in (value, tangent)
        )
        expect_shape(self.tangent, self.value.shape, {}, "tangent", "Dual")


def tangent_of(one):
    """The tangent; that of a constant is 0."""
    return one.tangent if isinstance(one, Dual) else np.zeros(np.shape(value_of(one)))


# jvp(*tangents, Y, *inputs): the tangent of Y.
add.jvp = lambda V, U, Y, A, B: V + U
multiply.jvp = lambda V, U, Y, A, B: V * B + A * U
matmul.jvp = lambda V, U, Y, A, B: V @ B + A @ U
total.jvp = lambda V, Y, X: V.sum()
linear.jvp = lambda V, U, u, Y, X, W, b: V @ W.T + X @ U.T + u
cross_entropy.jvp = lambda V, _, L, Z, T: (V * losses.softmax_cross_entropy_backward(Z, T)).sum()
for symmetric in (relu, tanh, softmax):  # Jᵀ = J
    symmetric.jvp = lambda V, *rest, vjp=symmetric.vjp: vjp(V, *rest)[0]
