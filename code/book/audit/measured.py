"""The rows of the page "Every gradient on one page": what was proved, and how far the code is off.

For each gradient, what the library claims and what central differences of the forward pass say: at
an upstream gradient that is random, and with sizes that differ (S = 5, M = 4, N = 3; C = 4). A
family of rows is a function of `Given`, and names the derivations of a chapter by their variables.
"""

from dataclasses import dataclass

import numpy as np
from backprop import MLP, Dropout, SoftmaxCrossEntropy, activations, losses, numerical_gradient
from backprop.attention import attention, attention_backward
from backprop.convolution import conv2d, conv2d_backward
from backprop.depth import rnn_backward, rnn_forward
from backprop.engine import Node
from backprop.gpt import GPT
from backprop.linear import linear_backward, linear_forward
from backprop.matrices import (
    gaussian_nll,
    gaussian_nll_backward,
    inverse_backward,
    ridge_backward,
)
from backprop.normalization import (
    batch_norm,
    batch_norm_backward,
    layer_norm,
    layer_norm_backward,
    rms_norm,
    rms_norm_backward,
)
from backprop.second_order import cross_entropy_hessian_vector
from backprop.softmax import log_sum_exp, softmax, softmax_backward, softmax_jacobian

from ..chapters.chapter import Chapter

# ReLU and its kin are made of two pieces, which one line proves, where x ≠ 0.
ACTIVATIONS = {
    "ReLU": "rectified",
    "LeakyReLU": "leaky",
    "ELU": "exponential",
    "Sigmoid": "sigmoid",
    "Tanh": "hyperbolic",
    "Softplus": "smooth_relu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Mish": "mish",
}


@dataclass(frozen=True)
class Row:
    """One gradient: what it is of, where it is derived, its proofs, what computes it, the error."""

    what: str
    chapter: str
    proofs: tuple
    code: object
    error: float


class Given:
    """The arrays at which everything is measured."""

    def __init__(self, seed=8):
        self.rng = np.random.default_rng(seed)
        self.X, self.W, self.b = map(self.normal, [(5, 4), (3, 4), 3])
        self.dY, self.up = self.normal((5, 3)), self.normal((5, 4))
        self.Y, self.T = softmax(self.X), softmax(self.normal((5, 4)))
        self.Z = self.X  # logits, S × C

    def normal(self, shape):
        return self.rng.standard_normal(shape)


def measured():
    """All rows, in the order of the book."""
    given = Given()
    families = [linear, activation, each_activation, of_softmax, cross_entropy, other_losses]
    families += [hessian, dropout, network, broadcast, norms, convolution, one_head, curvature]
    families += [language, recurrent, whole_matrices]
    return [row for family in families for row in family(given)]


def row(what, chapter, proofs, code, claimed, found):
    """One row: the error is the largest difference, as a part of the largest entry."""
    proved = Chapter.read(chapter).derivations
    error = np.abs(claimed - found).max() / np.abs(claimed).max()
    return Row(what, chapter, tuple(proved[name] for name in proofs.split()), code, float(error))


def linear(g):
    dX, dW, db = linear_backward(g.dY, g.X, g.W)

    def of(what, variable, claimed, loss, at):
        found = numerical_gradient(lambda x: (g.dY * loss(x)).sum(), at)
        return row(
            f"linear layer, {what} gradient", "linear", variable, linear_backward, claimed, found
        )

    yield of("weight", "weights", dW, lambda W: linear_forward(g.X, W, g.b), g.W)
    yield of("bias", "biases", db, lambda b: linear_forward(g.X, g.W, b), g.b)
    yield of("input", "inputs", dX, lambda X: linear_forward(X, g.W, g.b), g.X)


def activation(g):
    """With an h of which nothing is known, which is measured with tanh."""
    layer = activations.Tanh()
    layer.forward(g.X)
    found = numerical_gradient(lambda X: (g.up * activations.tanh(X)).sum(), g.X)
    code = activations.Activation.backward
    yield row("activation", "activations", "elementwise", code, layer.backward(g.up), found)


def each_activation(g):
    for name, proofs in ACTIVATIONS.items():
        layer = getattr(activations, name)()
        found = numerical_gradient(lambda X: layer.h(X).sum(), g.X)  # noqa: B023
        yield row(name, "activations", proofs, layer.derivative, layer.derivative(g.X), found)


def of_softmax(g):
    """The Jacobian is measured row by row, for one sample."""

    def one(j):
        return numerical_gradient(lambda z: softmax(z[None])[0, j], g.Z[0])

    jacobian, found = softmax_jacobian(g.Y[0]), np.array([one(j) for j in range(4)])
    yield row("softmax, the Jacobian", "softmax", "jacobian", softmax_jacobian, jacobian, found)
    found = softmax_backward(g.up, g.Y)
    measured = numerical_gradient(lambda Z: (g.up * softmax(Z)).sum(), g.Z)
    yield row(
        "softmax, times upstream gradient", "softmax", "product", softmax_backward, found, measured
    )
    measured = numerical_gradient(lambda Z: log_sum_exp(Z).sum(), g.Z)
    yield row("log-sum-exp", "softmax", "lse_slope", softmax, g.Y, measured)


def cross_entropy(g):
    """With soft targets; the last one with targets that the library refuses, written out."""
    by_Y, by_Z = losses.cross_entropy_backward, losses.softmax_cross_entropy_backward
    first, loss = by_Y(g.Y, g.T), losses.cross_entropy
    found = numerical_gradient(lambda Y: loss(Y, g.T), g.Y)
    yield row("cross-entropy, w.r.t. probabilities", "losses", "dL_dY", by_Y, first, found)
    steps, claimed = "cross-entropy of softmax, step by step", softmax_backward(first, g.Y)
    found = numerical_gradient(lambda Z: loss(softmax(Z), g.T), g.Z)
    yield row(steps, "losses", "dL_dZ", softmax_backward, claimed, found)
    found = numerical_gradient(lambda Z: losses.softmax_cross_entropy(Z, g.T), g.Z)
    fused = "cross-entropy of softmax, fused"
    yield row(fused, "losses", "fused", by_Z, by_Z(g.Z, g.T), found)
    D = g.rng.uniform(0.2, 2, (5, 4))
    claimed = (D.sum(axis=1, keepdims=True) * g.Y - D) / 5
    found = numerical_gradient(lambda Z: -(D * np.log(softmax(Z))).sum() / 5, g.Z)
    yield row("the same, for any targets", "losses", "any_targets", None, claimed, found)


def other_losses(g):
    """The squared error, for real targets; binary cross-entropy, for questions of yes or no."""
    T, by_Y = g.normal((5, 4)), losses.mse_backward
    found = numerical_gradient(lambda Y: losses.mse(Y, T), g.Z)
    yield row("squared error, w.r.t. the output", "losses", "squared", by_Y, by_Y(g.Z, T), found)
    T, by_Z = g.rng.uniform(0, 1, (5, 4)), losses.bce_with_logits_backward
    found = numerical_gradient(lambda Z: losses.bce_with_logits(Z, T), g.Z)
    binary = "binary cross-entropy, w.r.t. logits"
    yield row(binary, "losses", "binary", by_Z, by_Z(g.Z, T), found)


def hessian(g):
    """It has four indices: each entry of the gradient is measured by itself."""
    gradient = losses.softmax_cross_entropy_backward

    def entry(place):
        return numerical_gradient(lambda Z: gradient(Z, g.T)[place], g.Z)

    claimed = np.einsum("ia,ijb->ijab", np.eye(5), [softmax_jacobian(y) / 5 for y in g.Y])
    found = np.reshape([entry(place) for place in np.ndindex(5, 4)], (5, 4, 5, 4))
    what = "cross-entropy of softmax, the Hessian"
    yield row(what, "losses", "hessian", softmax_jacobian, claimed, found)


def dropout(g):
    """With the same mask at each call."""

    def dropped(X):
        layer = Dropout(0.4, rng=3)
        return layer, layer.forward(X)

    claimed = dropped(g.X)[0].backward(g.up)
    found = numerical_gradient(lambda X: (g.up * dropped(X)[1]).sum(), g.X)
    yield row("dropout", "training", "drop", Dropout.backward, claimed, found)


def network(g):
    """An MLP from end to end: its parameters and its input."""
    model = MLP([4, 7, 3], activation=activations.Tanh, rng=4, dtype=np.float64)
    labels, criterion = np.array([0, 2, 1, 1, 0]), SoftmaxCrossEntropy()
    values = [g.normal(one.value.shape) for one in model.parameters()]
    for one, value in zip(model.parameters(), values, strict=True):
        one.value[...] = value

    def loss(X):
        return criterion.forward(model.forward(X), labels)

    def at(one, value):
        one.value[...] = value
        return loss(g.X)

    loss(g.X)
    dX = model.backward(criterion.backward())
    claimed = [one.grad.copy() for one in model.parameters()]
    names = {"first weight": "first", "first bias": "first_biases"}
    names |= {"second weight": "second_weights", "second bias": "second_biases"}
    for n, (what, variable) in enumerate(names.items()):
        one = model.parameters()[n]
        found = numerical_gradient(lambda x: at(one, x), values[n])  # noqa: B023
        at(one, values[n])
        yield row(f"MLP, {what} gradient", "network", variable, MLP.backward, claimed[n], found)
    found = numerical_gradient(loss, g.X)
    yield row("MLP, input gradient", "network", "to_input", MLP.backward, dX, found)


def broadcast(g):
    """X + b + c and A ⊙ g + c: b and g are repeated for each row, c for each column."""
    X, vector, shift = g.normal((5, 4)), g.normal(4), g.normal((5, 1))

    def added(b, c):
        return X + b + c

    def scaled(A, scale):
        return A * scale + shift

    names = {"b, a row that is repeated": "row", "c, a column that is repeated": "column"}
    yield from by_engine(g, "X + b + c", names, added, [vector, shift])
    names = {"A": "other", "g, a row that is repeated": "factor"}
    yield from by_engine(g, "A ⊙ g + c", names, scaled, [X, vector])


def by_engine(g, formula, names, of, values):
    """The rows of a formula: what its inputs are called, and their proofs."""
    nodes = [Node(value) for value in values]
    of(*nodes).backward(g.up)
    for n, (what, proof) in enumerate(names.items()):

        def loss(moved):
            return (g.up * of(*values[:n], moved, *values[n + 1 :])).sum()  # noqa: B023

        what, found = f"{formula}, w.r.t. {what}", numerical_gradient(loss, values[n])
        yield row(what, "engine", proof, Node.backward, nodes[n].grad, found)


def norms(g):
    """With scales that differ, so that one in the wrong place would be seen.

    Scale and shift have one proof for both norms, and are measured in both.
    """
    scale, shift = g.rng.uniform(0.5, 2, (2, 4))
    forward, backward = (layer_norm, batch_norm), (layer_norm_backward, batch_norm_backward)
    (dX, dX_batch), *of_both = zip(*(f(g.up, g.X, scale) for f in backward), strict=True)

    def of(what, variable, code, claimed, loss, at):
        found = numerical_gradient(lambda x: (g.up * loss(x)).sum(), at)
        return row(what, "normalization", variable, code, claimed, found)

    what = "layer norm, input gradient"
    yield of(what, "to_input", backward[0], dX, lambda X: layer_norm(X, scale, shift), g.X)
    what = "batch norm, input gradient"
    yield of(what, "down", backward[1], dX_batch, lambda X: batch_norm(X, scale, shift), g.X)
    losses_ = {
        "scale": ("scales", lambda f: lambda v: (g.up * f(g.X, v, shift)).sum(), scale),
        "shift": ("shifts", lambda f: lambda v: (g.up * f(g.X, scale, v)).sum(), shift),
    }
    for claimed, (what, (proof, loss, at)) in zip(of_both, losses_.items(), strict=True):
        found = np.stack([numerical_gradient(loss(f), at) for f in forward])
        what = f"layer and batch norm, {what} gradient"
        yield row(what, "normalization", proof, backward[0], np.stack(claimed), found)
    dX, dscale = rms_norm_backward(g.up, g.X, scale)
    found = numerical_gradient(lambda X: (g.up * rms_norm(X, scale)).sum(), g.X)
    what, proofs = "RMS norm, input gradient", "normalized to_input"
    yield row(what, "own_derivation", proofs, rms_norm_backward, dX, found)
    found = numerical_gradient(lambda v: (g.up * rms_norm(g.X, v)).sum(), scale)
    what = "RMS norm, scale gradient"
    yield row(what, "own_derivation", "gain", rms_norm_backward, dscale, found)


def convolution(g):
    """Two images of 3 channels, 6 × 5, under 4 kernels of 3 × 2, stride 2 and padding 1."""
    X, W, b, dY = map(g.normal, [(2, 3, 6, 5), (4, 3, 3, 2), 4, (2, 4, 3, 3)])
    claimed = conv2d_backward(dY, X, W, 2, 1)
    proofs = ["to_images to_input", "to_kernels to_kernel", "to_biases to_bias"]
    names = {"input": X, "kernel": W, "bias": b}
    for n, (name, x) in enumerate(names.items()):

        def loss(x, n=n):
            return (
                dY * conv2d(*(x if k == n else one for k, one in enumerate((X, W, b))), 2, 1)
            ).sum()

        what = f"convolution, {name} gradient"
        found = numerical_gradient(loss, x)
        yield row(what, "convolution", proofs[n], conv2d_backward, claimed[n], found)


def one_head(g):
    """Five queries and three keys of width 4, values of width 2."""
    Q, K, V, dY = g.X, *map(g.normal, [(3, 4), (3, 2), (5, 2)])
    claimed = attention_backward(dY, Q, K, V)

    def at(n, x):
        given = [Q, K, V]
        given[n] = x
        return (dY * attention(*given)).sum()

    names = {"queries": Q, "keys": K, "values": V}
    for n, (name, x) in enumerate(names.items()):
        found = numerical_gradient(lambda x, n=n: at(n, x), x)
        what = f"attention, w.r.t. the {name}"
        yield row(what, "attention", name, attention_backward, claimed[n], found)


def language(g):
    """Both ends of a GPT of one block: the logits of every place, and the table used twice."""
    model, loss = GPT(4, 5, 6, 2, 1, rng=0, dtype=np.float64), SoftmaxCrossEntropy()
    texts = g.rng.integers(0, 4, (2, 2, 5))
    table = model.table.params["weight"]
    table += g.normal(table.shape)
    Z = model.forward(texts[0])
    loss.forward(Z, texts[1])
    dZ = loss.backward()
    found = numerical_gradient(lambda Z: losses.softmax_cross_entropy(Z, texts[1]), Z)
    code = losses.softmax_cross_entropy_backward
    yield row("language model, logits", "gpt", "logits", code, dZ, found)
    model.backward(dZ)
    claimed = model.table.grads["weight"]

    def at(W):
        model.table.params["weight"] = W
        return losses.softmax_cross_entropy(model.forward(texts[0]), texts[1])

    found = numerical_gradient(at, table)
    what = "language model, its table, read and scored by"
    yield row(what, "gpt", "table", GPT.backward, claimed, found)


def recurrent(g):
    """Five steps of a recurrent layer that does not begin at 0."""
    X, U, b, H0, up = map(g.normal, [(5, 3), (4, 4), 4, 4, (5, 4)])
    W = g.normal((4, 3))
    _, dW, dU, *_ = rnn_backward(up, X, W, U, rnn_forward(X, W, U, b, H0), H0)
    found = numerical_gradient(lambda W: (up * rnn_forward(X, W, U, b, H0)).sum(), W)
    what, proofs = "recurrent layer, weight gradient", "inputs"
    yield row(what, "depth", proofs, rnn_backward, dW, found)
    found = numerical_gradient(lambda U: (up * rnn_forward(X, W, U, b, H0)).sum(), U)
    what, proofs = "recurrent layer, gradient of the state's weights", "carried"
    yield row(what, "depth", proofs, rnn_backward, dU, found)


def curvature(g):
    """The derivative of a gradient along a direction, of which the scalar product is measured."""
    claimed = cross_entropy_hessian_vector(g.Z, g.up)
    found = numerical_gradient(lambda Z: (g.up * softmax(Z)).sum() / len(Z), g.Z)
    what, code = "softmax and cross-entropy, Hessian times V", cross_entropy_hessian_vector
    yield row(what, "second_order", "rows", code, claimed, found)


def whole_matrices(g):
    """An inverse, ridge regression, and a Gaussian, whose covariance is moved symmetrically."""
    A, up, t, w = map(g.normal, [(4, 4), (4, 4), 5, 4])
    A, V = A + 4 * np.eye(4), np.eye(4) + A @ A.T

    def of(what, variable, code, claimed, loss, at):
        return row(what, "matrices", variable, code, claimed, numerical_gradient(loss, at))

    claimed = inverse_backward(up, np.linalg.inv(A))
    loss = lambda A: (up * np.linalg.inv(A)).sum()  # noqa: E731
    yield of("inverse of a matrix", "through", inverse_backward, claimed, loss, A)
    claimed = ridge_backward(g.X, t, w, 0.5)
    loss = lambda w: ((g.X @ w - t) ** 2).sum() + 0.5 * w @ w  # noqa: E731
    yield of("ridge regression", "ridge", ridge_backward, claimed, loss, w)
    by_mean, by_covariance = gaussian_nll_backward(g.X, w, V)
    code, what = gaussian_nll_backward, "Gaussian log-likelihood, w.r.t. the"
    loss = lambda mean: gaussian_nll(g.X, mean, V)  # noqa: E731
    yield of(f"{what} mean", "by_mean", code, by_mean, loss, w)
    loss = lambda V: gaussian_nll(g.X, w, (V + V.T) / 2)  # noqa: E731
    yield of(f"{what} covariance", "by_covariance", code, by_covariance, loss, V)
