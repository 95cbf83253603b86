"""Faults that students make (shared vocabulary of `backprop.exercises`), each planted and caught.

Every row of the table is one wrong forward or backward and says which tester must catch it:

    gradients   check_gradients: backward is not the derivative of forward
    values      one comparison with the right output: forward and backward agree, on something else
    inputs      the arguments are compared before and after; check_gradients does so too
    large       the values at logits of ±1,000

A row of `values` or `large` must *pass* check_gradients, so the table also shows what a gradient
check alone cannot see. Shapes are pairwise different, dY is random, biases are not 0.
"""

import warnings

import numpy as np
import pytest
from backprop import (
    ELU,
    GELU,
    MSE,
    AvgPool2d,
    BatchNorm,
    BCEWithLogits,
    Conv2d,
    CrossEntropy,
    Dropout,
    Flatten,
    LayerNorm,
    LeakyReLU,
    MaxPool2d,
    Mish,
    MultiHeadAttention,
    ReLU,
    RMSNorm,
    Sigmoid,
    SiLU,
    Softmax,
    SoftmaxCrossEntropy,
    Softplus,
    Tanh,
    check_gradients,
)
from backprop.activations import (
    elu,
    gelu,
    gelu_derivative,
    relu,
    sigmoid,
    sigmoid_derivative,
    softplus,
)
from backprop.convolution import conv2d, conv2d_backward
from backprop.normalization import batch_norm
from backprop.softmax import softmax, softmax_jacobian
from helpers import LABELS, C, M, N, S, draw, drawn, linear, probabilities

X, Z, Y = draw(S, M), draw(S, C), probabilities(S, C)
ROWS = probabilities(S, C, seed=1)


def last(layer):
    """What the layer remembers of its last forward pass."""
    return layer._recall()[0]


# A fault is a dict {method: its wrong version}. These make one from the formula that is wrong.


def forward(formula):
    """A forward of one input by another formula; it remembers its input, as the right one does."""

    def wrong(layer, X):
        layer._remember(X)
        return formula(X)

    return {"forward": wrong}


def backward(formula):
    """A backward by a formula in dY and what the layer remembers: X, or Y for softmax."""
    return {"backward": lambda layer, dY: formula(dY, last(layer))}


def slope(derivative):
    """An activation with another derivative."""
    return backward(lambda dY, X: dY * derivative(X))


def linear_backward(place):
    """A Linear.backward with one of its three lines replaced."""

    def fault(formula):
        def wrong(layer, dY):
            X, W = last(layer), layer.params["weight"]
            gradients = [dY @ W, dY.T @ X, dY.sum(axis=0)]
            gradients[place] = formula(dY, X, W)
            dX, layer.grads["weight"], layer.grads["bias"] = gradients
            return dX

        return {"backward": wrong}

    return fault


dX, dW, db = map(linear_backward, range(3))


def loss(formula, of=lambda Y: Y):
    """A loss with another backward: a formula in the probabilities, the rows of T, and S."""

    def wrong(layer):
        A, T = layer._recall()
        return formula(of(A), T, len(A))

    return {"backward": wrong}


def accumulate(layer, dY):
    (X,) = layer._recall()
    layer.grads["weight"] = layer.grads.get("weight", 1.0) + dY.T @ X  # the 1.0: an earlier batch
    layer.grads["bias"] = dY.sum(axis=0)
    return dY @ layer.params["weight"]


def no_bias(layer, X):
    layer._remember(X)
    return X @ layer.params["weight"].T


def exp_up_to_0(x):
    return np.exp(np.minimum(x, 0))


def write_into_dY(layer, dY):
    dY *= last(layer) > 0
    return dY


def write_into_X(layer, X):
    layer._remember(X.copy())
    X[X < 0] = 0
    return X


def softmax_over_the_batch(layer, Z):
    E = np.exp(Z)
    layer._remember(E / E.sum(axis=0))
    return last(layer)


def bare_exponentials(layer, Z):
    E = np.exp(Z)
    layer._remember(E / E.sum(axis=1, keepdims=True))
    return last(layer)


def label_as_number(layer, Z, T):
    layer._remember(Z, T)
    return -(T[:, None] * np.log(softmax(Z))).sum() / len(Z)


def label_as_number_backward(layer):
    Z, T = layer._recall()
    return T[:, None] * (Z.shape[1] * softmax(Z) - 1) / len(Z)


def padded_loss(layer, Y, T):
    layer._remember(Y, T)
    return -(T * np.log(Y + 1e-3)).sum() / len(Y)


def softmax_twice(layer, Z, T):
    layer._remember(Z, T)
    return -(T * np.log(softmax(softmax(Z)))).sum() / len(Z)


def softmax_twice_backward(layer):
    Z, T = layer._recall()
    P = softmax(Z)
    dP = (softmax(P) - T) / len(Z)
    return P * (dP - (dP * P).sum(axis=1, keepdims=True))


def spread_over_the_batch(layer, Y, T):
    layer._remember(Y, T)
    return ((Y[:, 0] - T[:, :1]) ** 2).mean()  # (S,) − (S, 1) is (S, S): everyone's target


def spread_over_the_batch_backward(layer):
    Y, T = layer._recall()
    return np.pad(2 * (Y[:, :1] - T[:, :1].mean()) / len(Y), ((0, 0), (0, N - 1)))


def whole_numbers(layer, X):
    X = np.asarray(X)
    layer._remember(X)
    Y = np.zeros_like(X)  # of X's type: integers cut what is written here
    Y[...] = np.tanh(X)
    return Y


def norm_backward(axis, formula, dweight=None, dbias=None):
    """A backward of a norm along `axis`: dX by a formula in dY, X − mean, r and γ."""

    def wrong(layer, dY):
        X, weight = last(layer), layer.params["weight"]
        D = X - X.mean(axis=axis, keepdims=True)
        r = 1 / np.sqrt((D**2).mean(axis=axis, keepdims=True) + layer.eps)
        layer.grads["weight"] = (dweight or (lambda dY, U: (dY * U).sum(axis=0)))(dY, D * r)
        if "bias" in layer.params:
            layer.grads["bias"] = (dbias or (lambda dY, U: dY.sum(axis=0)))(dY, D * r)
        return formula(dY, D, r, weight)

    return {"backward": wrong}


def mean(A, axis):
    return A.mean(axis=axis, keepdims=True)


def three_paths(dU, U, r, axis):
    return r * (dU - mean(dU, axis) - U * mean(dU * U, axis))


def norm_forward(axis, ddof=0, eps=None, outside=False):
    """A forward of a norm with another variance, or ε in another place."""

    def wrong(layer, X):
        layer._remember(X)
        e = layer.eps if eps is None else eps
        var = X.var(axis=axis, keepdims=True, ddof=ddof)
        r = 1 / (np.sqrt(var) + e) if outside else 1 / np.sqrt(var + e)
        return layer.params["weight"] * (X - mean(X, axis)) * r + layer.params["bias"]

    return {"forward": wrong}


def fixed_backward(layer, dY):
    """Mean and variance of the batch taken for constants: one path of three."""
    X = last(layer)
    r = 1 / np.sqrt(X.var(axis=0) + layer.eps)
    layer.grads["weight"] = (dY * (X - X.mean(axis=0)) * r).sum(axis=0)
    layer.grads["bias"] = dY.sum(axis=0)
    return dY * layer.params["weight"] * r


def rms_without_the_second_path(layer, dY):
    X = last(layer)
    r = 1 / np.sqrt(mean(X**2, -1) + layer.eps)
    layer.grads["weight"] = (dY * X * r).sum(axis=0)
    return dY * layer.params["weight"] * r


def batch_statistics_in_evaluation(layer, X):
    Y = batch_norm(X, layer.params["weight"], layer.params["bias"], layer.eps)
    layer._remember(X)  # as if training
    return Y


def heads_backward(formula):
    """A backward whose dQ, dK, dV of the heads are those of a formula in dO, Q, K, V, P."""

    def wrong(layer, dY):
        MultiHeadAttention.backward(layer, dY)
        X, Q, K, V, P, _ = layer._recall()
        dO = layer._heads(dY @ layer.params["out_proj.weight"])
        parts = [layer._together(one) for one in formula(dO, Q, K, V, P)]
        dZ = np.concatenate(parts, axis=-1)
        layer.grads["in_proj_weight"] = np.einsum("stn,stm->nm", dZ, X)
        layer.grads["in_proj_bias"] = dZ.sum(axis=(0, 1))
        return dZ @ layer.params["in_proj_weight"]

    return {"backward": wrong}


def turned(A):
    return A.swapaxes(-1, -2)


def scores_backward(dO, V, P):
    dP = dO @ turned(V)
    return P * (dP - (dP * P).sum(axis=-1, keepdims=True))


def usual_heads(dZ, dO, Q, K, P, scale):
    return dZ @ K * scale, turned(dZ) @ Q * scale, turned(P) @ dO


def one_path_of_three(layer, dY):
    """X comes in as queries, keys and values; here only the last path goes back."""
    MultiHeadAttention.backward(layer, dY)
    _, _, _, _, P, _ = layer._recall()
    D = layer.embed_dim
    dV = turned(P) @ layer._heads(dY @ layer.params["out_proj.weight"])
    return layer._together(dV) @ layer.params["in_proj_weight"][2 * D :]


def heads_without_transpose(layer, Y):
    S, T, D = Y.shape
    return Y.reshape(S, layer.num_heads, T, D // layer.num_heads)


def together_without_transpose(layer, Y):
    S, H, T, d = Y.shape
    return Y.reshape(S, T, H * d)


def side_by_side_without_transpose(layer, three):
    return np.concatenate([together_without_transpose(layer, one) for one in three], axis=-1)


def looking_ahead(layer, shape, padding):
    return np.tril(np.ones((shape[1], shape[1]), bool), -1)


def seen_by_itself(layer, shape, padding):
    """The mask with its diagonal: the first place sees nothing."""
    return np.triu(np.ones((shape[1], shape[1]), bool))


def all_heads():
    return drawn(MultiHeadAttention, 6, 3)()


def causal_heads():
    return drawn(MultiHeadAttention, 6, 2, True)()


def conv_backward(place, formula):
    """A Conv2d.backward with one of its three gradients replaced, by dY, X, W and the layer."""

    def wrong(layer, dY):
        X, W = last(layer), layer.params["weight"]
        gradients = [*conv2d_backward(dY, X, W, layer.stride, layer.padding)]
        gradients[place] = formula(dY, X, W, layer)
        dX, layer.grads["weight"], layer.grads["bias"] = gradients
        return dX

    return {"backward": wrong}


def rotated(W):
    return W[:, :, ::-1, ::-1]


def rotated_kernel(layer, X):
    """A convolution in the sense of mathematics, where W says a cross-correlation."""
    layer._remember(X)
    W, b = layer.params["weight"], layer.params["bias"]
    return conv2d(X, rotated(W), b, layer.stride, layer.padding)


def rotated_kernel_backward(layer, dY):
    X, W = last(layer), layer.params["weight"]
    dX, dW, db = conv2d_backward(dY, X, rotated(W), layer.stride, layer.padding)
    layer.grads = {"weight": rotated(dW), "bias": db}
    return dX


def windows_at_i(layer, dY):
    """The stride is left out where the windows are placed."""
    X, k = last(layer), layer.params["weight"].shape[2:]
    dX, W = np.zeros(X.shape), layer.params["weight"]
    for i, j in np.ndindex(*dY.shape[2:]):
        there = dX[:, :, i : i + k[0], j : j + k[1]]
        there += np.tensordot(dY[:, :, i, j], W, axes=1)[:, :, : there.shape[2], : there.shape[3]]
    return dX


def pool_backward(formula):
    """A backward by what is done at each window: (its part of dX, of X, its dY, shape (S, C))."""

    def wrong(layer, dY):
        given = last(layer)
        X = given if isinstance(given, np.ndarray) else np.zeros(given)
        (k, m), (s, t), (p, q) = layer.kernel_size, layer.stride, layer.padding
        fill = -np.inf if isinstance(layer, MaxPool2d) else 0
        Xp = np.pad(X, ((0, 0), (0, 0), (p, p), (q, q)), constant_values=fill)
        dX = np.zeros(Xp.shape)
        for i, j in np.ndindex(*dY.shape[2:]):
            there = (..., slice(i * s, i * s + k), slice(j * t, j * t + m))
            formula(dX[there], Xp[there], dY[:, :, i, j, None, None])
        return dX[:, :, p : p + X.shape[2], q : q + X.shape[3]]

    return {"backward": wrong}


def maximum_of(there):
    return there == there.max(axis=(2, 3), keepdims=True)


def overwritten(dX, X, dY):
    np.copyto(dX, dY, where=maximum_of(X))


def mask_put_there(dX, X, dY):
    dX[...] = dY * maximum_of(X)


def to_all(dX, X, dY):
    dX += dY / X[0, 0].size


def without_division(dX, X, dY):
    dX += dY


def largest_magnitude(dX, X, dY):
    A = np.where(np.isfinite(X), np.abs(X), -1)
    dX += dY * maximum_of(A)


def gelu_by_tanh(layer, X):
    layer._remember(X, gelu_derivative(X))
    return X / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)))


def flattened_in_another_order(layer, X):
    layer._remember(X.shape)
    return X.transpose(0, 2, 3, 1).reshape(len(X), -1)


def convolving():
    return drawn(Conv2d, 2, 4, (3, 2), 2, 1)()


def max_pooling():
    return MaxPool2d(3, 2, 1)


def avg_pooling():
    return AvgPool2d((3, 2), 2, 1)


def evaluated():
    return drawn(BatchNorm, M)()


def batch():
    return drawn(BatchNorm, M, training=True)()


def rows():
    return drawn(LayerNorm, M)()


def root_mean_square():
    return drawn(RMSNorm, M)()


def affine():
    return linear(M, N)


def training_dropout():
    layer = Dropout(0.4, rng=0)
    layer.training = True
    return layer


def elu_07():
    return ELU(alpha=0.7)


def tanh_of_integers():
    return Tanh()


def with_labels():
    return SoftmaxCrossEntropy()


# What each is tried on; X where nothing is said.
INPUTS = {
    convolving: (draw(3, 2, 6, 5),),
    max_pooling: (draw(3, 2, 6, 5),),
    avg_pooling: (draw(3, 2, 6, 5),),
    Flatten: (draw(3, 2, 6, 5),),
    all_heads: (draw(2, 5, 6),),
    causal_heads: (draw(3, 4, 6),),
    tanh_of_integers: (np.round(3 * X).astype(int),),
    Softmax: (Z,),
    CrossEntropy: (Y, ROWS),
    SoftmaxCrossEntropy: (Z, ROWS),
    with_labels: (Z, LABELS),
    MSE: (draw(S, N), draw(S, N, seed=1)),
    BCEWithLogits: (draw(S, N), ROWS[:, :N]),
}
G, V = "gradients", "values"

# The name of the fault: (the layer, what is wrong in it, who must catch it)
FAULTS = {
    "dX: element-wise for matmul": (
        affine,
        dX(lambda dY, X, W: dY.sum(axis=1, keepdims=True) * W.sum(axis=0)),
        G,
    ),
    "dW: missing transpose": (affine, dW(lambda dY, X, W: X.T @ dY), G),
    "dW: mean instead of sum": (affine, dW(lambda dY, X, W: dY.T @ X / len(X)), G),
    "dW: wrong sign": (affine, dW(lambda dY, X, W: -dY.T @ X), G),
    "dW: rows of the batch permuted": (affine, dW(lambda dY, X, W: dY[::-1].T @ X), G),
    "dW: a hidden penalty": (affine, dW(lambda dY, X, W: dY.T @ X + 1e-4 * W), G),
    "dW: adds up instead of setting": (affine, {"backward": accumulate}, G),
    "db: missing batch sum": (affine, db(lambda dY, X, W: dY), G),
    "db: mean instead of sum": (affine, db(lambda dY, X, W: dY.mean(axis=0)), G),
    "db: wrong axis": (affine, db(lambda dY, X, W: dY.sum(axis=1)), G),
    "db: right values, a row": (affine, db(lambda dY, X, W: dY.sum(axis=0, keepdims=True)), G),
    "db: never computed": (affine, db(lambda dY, X, W: np.zeros(N)), G),
    "db: upstream missing": (affine, db(lambda dY, X, W: np.full(N, float(len(X)))), G),
    "bias never added": (affine, {"forward": no_bias} | db(lambda dY, X, W: np.zeros(N)), V),
    "ReLU: upstream missing": (ReLU, backward(lambda dY, X: 1.0 * (X > 0)), G),
    "ReLU: upstream twice": (ReLU, backward(lambda dY, X: dY * dY * (X > 0)), G),
    "ReLU: mask of dY for that of X": (ReLU, backward(lambda dY, X: dY * (dY > 0)), G),
    "ReLU: maximum over an axis": (
        ReLU,
        forward(lambda X: relu(X.max(axis=1, keepdims=True)) + 0 * X),
        G,
    ),
    "ReLU: writes into dY": (ReLU, {"backward": write_into_dY}, "inputs"),
    "ReLU: writes into X": (ReLU, {"forward": write_into_X}, "inputs"),
    "LeakyReLU: slope on the wrong side": (LeakyReLU, slope(lambda x: np.where(x > 0, 0.01, 1)), G),
    "ELU: branches swapped": (ELU, slope(lambda x: np.where(x > 0, exp_up_to_0(x), 1)), G),
    "ELU: value instead of derivative": (ELU, slope(elu), G),
    "ELU: alpha forgotten": (elu_07, slope(lambda x: np.where(x > 0, 1, exp_up_to_0(x))), G),
    "ELU: without −1": (ELU, forward(lambda X: np.where(X > 0, X, exp_up_to_0(X))), V),
    "Sigmoid: value instead of derivative": (Sigmoid, slope(sigmoid), G),
    "Sigmoid: σ'(y) for σ'(x)": (Sigmoid, slope(lambda x: sigmoid_derivative(sigmoid(x))), G),
    "Tanh: 1 − tanh": (Tanh, slope(lambda x: 1 - np.tanh(x)), G),
    "Tanh: integers cut the values": (tanh_of_integers, {"forward": whole_numbers}, V),
    "Softplus: value instead of derivative": (Softplus, slope(softplus), G),
    "Softplus: overflows": (Softplus, forward(lambda X: np.log(1 + np.exp(X))), "large"),
    "GELU: product rule forgotten": (GELU, slope(lambda x: gelu(x) / x), G),
    "GELU: tanh form in one direction": (
        GELU,
        {"forward": gelu_by_tanh},
        G,
    ),
    "SiLU: missing term": (SiLU, slope(sigmoid), G),
    "Mish: missing term": (Mish, slope(lambda x: np.tanh(softplus(x))), G),
    "Dropout: the mask forgotten": (training_dropout, backward(lambda dY, mask: dY), G),
    "Dropout: not scaled": (training_dropout, backward(lambda dY, mask: dY * (mask > 0)), G),
    "Softmax: only the diagonal": (Softmax, backward(lambda dY, Y: dY * Y * (1 - Y)), G),
    "Softmax: wrong index": (
        Softmax,
        backward(lambda dY, Y: Y * (dY - Y * dY.sum(axis=1, keepdims=True))),
        G,
    ),
    "Softmax: summed over the batch": (
        Softmax,
        backward(lambda dY, Y: Y * (dY - (dY * Y).sum(axis=0))),
        G,
    ),
    "Softmax: one Jacobian for all samples": (
        Softmax,
        backward(lambda dY, Y: dY @ softmax_jacobian(Y[0])),
        G,
    ),
    "Softmax: over the batch, both ways": (
        Softmax,
        {"forward": softmax_over_the_batch}
        | backward(lambda dY, Y: Y * (dY - (dY * Y).sum(axis=0))),
        V,
    ),
    "Softmax: bare exponentials": (Softmax, {"forward": bare_exponentials}, "large"),
    "Softmax: one maximum for the whole batch": (
        Softmax,
        {"forward": lambda layer, Z: bare_exponentials(layer, Z - Z.max())},
        "large",
    ),
    "CrossEntropy: wrong sign": (CrossEntropy, loss(lambda Y, T, S: T / Y / S), G),
    "CrossEntropy: missing 1/S": (CrossEntropy, loss(lambda Y, T, S: -T / Y), G),
    "CrossEntropy: 1/S twice": (CrossEntropy, loss(lambda Y, T, S: -T / Y / S**2), G),
    "CrossEntropy: 1/C for 1/S": (CrossEntropy, loss(lambda Y, T, S: -T / Y / Y.shape[1]), G),
    "CrossEntropy: fraction inverted": (CrossEntropy, loss(lambda Y, T, S: -Y / T / S), G),
    "CrossEntropy: 1/log Y": (CrossEntropy, loss(lambda Y, T, S: -T / np.log(Y) / S), G),
    "CrossEntropy: by the logits": (CrossEntropy, loss(lambda Y, T, S: (Y - T) / S), G),
    "CrossEntropy: eps in one direction": (CrossEntropy, {"forward": padded_loss}, G),
    "fused: missing 1/S": (SoftmaxCrossEntropy, loss(lambda Y, T, S: Y - T, softmax), G),
    "fused: wrong sign": (SoftmaxCrossEntropy, loss(lambda Y, T, S: (T - Y) / S, softmax), G),
    "fused: targets forgotten": (SoftmaxCrossEntropy, loss(lambda Y, T, S: Y / S, softmax), G),
    "fused: logits for probabilities": (
        SoftmaxCrossEntropy,
        loss(lambda Z, T, S: (Z - T) / S),
        G,
    ),
    "fused: softmax over the batch": (
        SoftmaxCrossEntropy,
        loss(lambda E, T, S: (E / E.sum(axis=0) - T) / S, np.exp),
        G,
    ),
    "fused: softmax twice": (
        SoftmaxCrossEntropy,
        {"forward": softmax_twice, "backward": softmax_twice_backward},
        V,
    ),
    "fused: labels used as numbers": (
        with_labels,
        {"forward": label_as_number, "backward": label_as_number_backward},
        V,
    ),
    "MSE: the 2 of the square forgotten": (MSE, loss(lambda Y, T, S: (Y - T) / S), G),
    "MSE: missing 1/S": (MSE, loss(lambda Y, T, S: 2 * (Y - T)), G),
    "MSE: the mean over all entries in one direction": (
        MSE,
        loss(lambda Y, T, S: 2 * (Y - T) / Y.size),
        G,
    ),
    "MSE: wrong sign": (MSE, loss(lambda Y, T, S: 2 * (T - Y) / S), G),
    "BCEWithLogits: missing 1/S": (BCEWithLogits, loss(lambda Z, T, S: sigmoid(Z) - T), G),
    "BCEWithLogits: wrong sign": (BCEWithLogits, loss(lambda Z, T, S: (T - sigmoid(Z)) / S), G),
    "BCEWithLogits: through the sigmoid once more": (
        BCEWithLogits,
        loss(lambda Z, T, S: (sigmoid(Z) - T) * sigmoid(Z) * sigmoid(-Z) / S),
        G,
    ),
    "BCEWithLogits: the logits compared with the targets": (
        BCEWithLogits,
        loss(lambda Z, T, S: (Z - T) / S),
        G,
    ),
    "BatchNorm: mean and variance as constants": (batch, {"backward": fixed_backward}, G),
    "BatchNorm: the path through the mean forgotten": (
        batch,
        norm_backward(0, lambda dY, D, r, w: r * (dY * w - D * r * mean(dY * w * D * r, 0))),
        G,
    ),
    "BatchNorm: ε forgotten in backward": (
        batch,
        norm_backward(0, lambda dY, D, r, w: three_paths(dY * w, D / D.std(0), 1 / D.std(0), 0)),
        G,
    ),
    "BatchNorm: dγ and dβ exchanged": (
        batch,
        norm_backward(
            0,
            lambda dY, D, r, w: three_paths(dY * w, D * r, r, 0),
            lambda dY, U: dY.sum(axis=0),
            lambda dY, U: (dY * U).sum(axis=0),
        ),
        G,
    ),
    "BatchNorm: Bessel in forward, not in backward": (batch, norm_forward(0, ddof=1), G),
    "BatchNorm: ε outside the root": (batch, norm_forward(0, outside=True), G),
    "BatchNorm: over the features": (
        batch,
        norm_forward(1) | norm_backward(1, lambda dY, D, r, w: three_paths(dY * w, D * r, r, 1)),
        V,
    ),
    "BatchNorm: the batch's statistics in evaluation": (
        evaluated,
        {"forward": batch_statistics_in_evaluation},
        V,
    ),
    "LayerNorm: γ pulled out of the means": (
        rows,
        norm_backward(-1, lambda dY, D, r, w: w * three_paths(dY, D * r, r, -1)),
        G,
    ),
    "LayerNorm: divided by S": (
        rows,
        norm_backward(
            -1,
            lambda dY, D, r, w: (
                r * (dY * w - ((dY * w).sum(1) + D.T * r.T * (dY * w * D * r).sum(1)).T / S)
            ),
        ),
        G,
    ),
    "LayerNorm: dγ without the sum of dY ⊙ U": (
        rows,
        norm_backward(
            -1,
            lambda dY, D, r, w: three_paths(dY * w, D * r, r, -1),
            lambda dY, U: dY.sum(axis=0) * U.sum(axis=0),
        ),
        G,
    ),
    "LayerNorm: over the batch": (
        rows,
        norm_forward(0) | norm_backward(0, lambda dY, D, r, w: three_paths(dY * w, D * r, r, 0)),
        V,
    ),
    "RMSNorm: the root mean square as a constant": (
        root_mean_square,
        {"backward": rms_without_the_second_path},
        G,
    ),
    "attention: 1/√d forgotten in backward": (
        all_heads,
        heads_backward(
            lambda dO, Q, K, V, P: usual_heads(scores_backward(dO, V, P), dO, Q, K, P, 1)
        ),
        G,
    ),
    "attention: only the diagonal of softmax": (
        all_heads,
        heads_backward(
            lambda dO, Q, K, V, P: usual_heads(
                dO @ turned(V) * P * (1 - P), dO, Q, K, P, Q.shape[-1] ** -0.5
            )
        ),
        G,
    ),
    "attention: dP without P": (
        all_heads,
        heads_backward(
            lambda dO, Q, K, V, P: usual_heads(dO @ turned(V), dO, Q, K, P, Q.shape[-1] ** -0.5)
        ),
        G,
    ),
    "attention: dK without its transpose": (
        all_heads,
        heads_backward(
            lambda dO, Q, K, V, P: (
                (dZ := scores_backward(dO, V, P) * Q.shape[-1] ** -0.5) @ K,
                dZ @ Q,
                turned(P) @ dO,
            )
        ),
        G,
    ),
    "attention: dV without its transpose": (
        all_heads,
        heads_backward(
            lambda dO, Q, K, V, P: (
                *usual_heads(scores_backward(dO, V, P), dO, Q, K, P, Q.shape[-1] ** -0.5)[:2],
                P @ dO,
            )
        ),
        G,
    ),
    "attention: one path of three": (all_heads, {"backward": one_path_of_three}, G),
    "attention: heads reshaped without transpose": (
        all_heads,
        {
            "_heads": heads_without_transpose,
            "_together": together_without_transpose,
            "_side_by_side": side_by_side_without_transpose,
        },
        V,
    ),
    "attention: the mask forgotten": (causal_heads, {"_hidden": lambda *given: None}, V),
    "attention: the past hidden, the future seen": (causal_heads, {"_hidden": looking_ahead}, V),
    "attention: no place sees itself": (causal_heads, {"_hidden": seen_by_itself}, V),
    "Conv2d: the kernel rotated in backward": (
        convolving,
        conv_backward(
            0, lambda dY, X, W, own: conv2d_backward(dY, X, rotated(W), own.stride, own.padding)[0]
        ),
        G,
    ),
    "Conv2d: the stride ignored in backward": (
        convolving,
        conv_backward(0, lambda dY, X, W, own: windows_at_i(own, dY)),
        G,
    ),
    "Conv2d: the padding cut off on one side": (
        convolving,
        conv_backward(
            0,
            lambda dY, X, W, own: np.roll(
                conv2d_backward(dY, X, W, own.stride, own.padding)[0], 1, axis=(2, 3)
            ),
        ),
        G,
    ),
    "Conv2d: dW a mean over the samples": (
        convolving,
        conv_backward(
            1, lambda dY, X, W, own: conv2d_backward(dY, X, W, own.stride, own.padding)[1] / len(X)
        ),
        G,
    ),
    "Conv2d: dW of the last sample": (
        convolving,
        conv_backward(
            1,
            lambda dY, X, W, own: conv2d_backward(dY[-1:], X[-1:], W, own.stride, own.padding)[1],
        ),
        G,
    ),
    "Conv2d: db of the samples only": (
        convolving,
        conv_backward(2, lambda dY, X, W, own: dY.sum(axis=0)),
        G,
    ),
    "Conv2d: db a mean over the places": (
        convolving,
        conv_backward(2, lambda dY, X, W, own: dY.mean(axis=(2, 3)).sum(axis=0)),
        G,
    ),
    "Conv2d: a true convolution": (
        convolving,
        {"forward": rotated_kernel, "backward": rotated_kernel_backward},
        V,
    ),
    "MaxPool2d: = for += where windows overlap": (max_pooling, pool_backward(overwritten), G),
    "MaxPool2d: the whole window overwritten": (max_pooling, pool_backward(mask_put_there), G),
    "MaxPool2d: in equal parts": (max_pooling, pool_backward(to_all), G),
    "MaxPool2d: the largest magnitude": (max_pooling, pool_backward(largest_magnitude), G),
    "AvgPool2d: not divided": (avg_pooling, pool_backward(without_division), G),
    "AvgPool2d: the maximum gets all": (avg_pooling, pool_backward(largest_magnitude), G),
    "Flatten: another order in one direction": (
        Flatten,
        {"forward": flattened_in_another_order},
        G,
    ),
    "MSE: targets spread over the batch": (
        MSE,
        {"forward": spread_over_the_batch, "backward": spread_over_the_batch_backward},
        V,
    ),
}


def outputs(layer, inputs):
    return layer.forward(*[np.array(x) for x in inputs])


def passes_gradients(layer, inputs):
    floats = [x * 1.0 if i == 0 else x for i, x in enumerate(inputs)]
    return check_gradients(layer, *floats).passed


def passes_values(layer, make, inputs):
    return np.allclose(outputs(layer, inputs), outputs(make(), inputs), rtol=1e-12, atol=1e-14)


def passes_inputs(layer, inputs):
    given = [np.array(x) for x in inputs]
    out = layer.forward(*given)
    dY = [draw(*out.shape, seed=1)] if np.ndim(out) else []
    upstream = [a.copy() for a in dY]
    layer.backward(*upstream)
    return all(map(np.array_equal, [*given, *upstream], [*inputs, *dY]))


def passes_large(layer, make, inputs):
    """Inputs of 1,000 in one sample, −1,000 in another; probabilities cannot be so large."""
    if isinstance(layer, CrossEntropy):
        return True
    far = inputs[0].copy()
    far[0], far[1] = far[0] + 1000, far[1] - 1000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return passes_values(layer, make, [far, *inputs[1:]])


def verdicts(wrong, make, inputs):
    """Who lets it pass; `wrong` makes the layer anew for each, so that dropout starts alike."""
    return {
        "gradients": passes_gradients(wrong(), inputs),
        "values": passes_values(wrong(), make, inputs),
        "inputs": passes_inputs(wrong(), inputs),
        "large": passes_large(wrong(), make, inputs),
    }


def plant(make, faults):
    """A layer of a subclass that has these wrong methods, under the same name."""
    layer = make()
    layer.__class__ = type(type(layer).__name__, (type(layer),), faults)
    return layer


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_caught_by_its_tester_and_the_right_layer_by_none(name):
    make, faults, tester = FAULTS[name]
    inputs = INPUTS.get(make, (X,))
    found = verdicts(lambda: plant(make, faults), make, inputs)
    assert found[tester] is False
    assert found["gradients"] is (tester not in ("gradients", "inputs"))
    assert all(verdicts(make, make, inputs).values())


def test_the_table_is_long_enough_and_covers_every_kind_of_layer():
    kinds = {type(make()).__name__ for make, _, _ in FAULTS.values()}
    assert kinds == {
        *("Linear", "ReLU", "LeakyReLU", "ELU", "Sigmoid", "Tanh", "Softplus", "GELU", "SiLU"),
        *("Mish", "Dropout", "Softmax", "CrossEntropy", "SoftmaxCrossEntropy", "MSE"),
        *("BCEWithLogits", "BatchNorm", "LayerNorm", "RMSNorm"),
        *("MultiHeadAttention", "Conv2d", "MaxPool2d", "AvgPool2d", "Flatten"),
    }
    assert len(FAULTS) >= 30


# What a weaker check would have let pass: an upstream gradient of ones.

HIDDEN_BY_ONES = [
    "dW: rows of the batch permuted",
    "ReLU: upstream missing",
    "ReLU: upstream twice",
    "db: upstream missing",
]


@pytest.mark.parametrize("name", HIDDEN_BY_ONES)
def test_an_upstream_gradient_of_ones_would_have_missed_it(name):
    """These are the faults above; for dY of ones their answers are right to the last digit."""
    make, faults, _ = FAULTS[name]
    inputs = INPUTS.get(make, (X,))
    layer, right = plant(make, faults), make()
    ones = np.ones_like(outputs(right, inputs))
    outputs(layer, inputs)
    np.testing.assert_allclose(layer.backward(ones), right.backward(ones), rtol=1e-14)
    for key, gradient in right.grads.items():
        np.testing.assert_allclose(layer.grads[key], gradient, rtol=1e-14)


def test_for_softmax_ones_would_show_nothing_at_all():
    """The true gradient is then 0: any multiple of it is right."""
    layer = Softmax()
    layer.forward(Z)
    np.testing.assert_allclose(layer.backward(np.ones((S, C))), 0, atol=1e-16)


def test_square_shapes_would_have_missed_a_shape():
    """With S = M = N a transposed dW has the right shape; only its values tell."""
    layer = plant(lambda: linear(4, 4), FAULTS["dW: missing transpose"][1])
    report = check_gradients(layer, draw(4, 4))
    assert report["weight"].problem == ""
    assert not report.passed


def test_the_direction_alone_would_have_missed_the_scale():
    """Without 1/S the cosine similarity with the right gradient is 1."""
    make, faults, _ = FAULTS["fused: missing 1/S"]
    inputs = INPUTS[make]
    layer, right = plant(make, faults), make()
    outputs(layer, inputs), outputs(right, inputs)
    a, b = layer.backward().ravel(), right.backward().ravel()
    assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) == pytest.approx(1, abs=1e-15)
