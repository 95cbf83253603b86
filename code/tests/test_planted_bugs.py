"""Faults that students make (shared vocabulary of `backprop.exercises`), each planted and caught.

Every row of the table is one wrong forward or backward and says which tester must catch it:

    gradients   check_gradients: backward is not the derivative of forward
    values      one comparison with the right output: forward and backward agree, on something else
    inputs      the arguments are compared before and after
    large       the values at logits of ±1,000

A row that names another tester must *pass* check_gradients, so the table also shows what a gradient
check alone cannot see. Shapes are pairwise different, dY is random, biases are not 0.
"""

import warnings

import numpy as np
import pytest
from backprop import (
    ELU,
    GELU,
    CrossEntropy,
    Dropout,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    SoftmaxCrossEntropy,
    Softplus,
    Tanh,
    check_gradients,
)
from backprop.activations import elu, relu, sigmoid, softplus
from backprop.softmax import softmax
from helpers import LABELS, C, M, N, S, draw, linear, probabilities

X, Z, Y = draw(S, M), draw(S, C), probabilities(S, C)
ROWS = probabilities(S, C, seed=1)
ONE_HOT = np.eye(C)[LABELS]


def last(layer, place=0):
    """What the layer remembers of its last forward pass."""
    return layer._recall()[place]


# A fault is a change of one method: (layer, …) → what the wrong method returns or sets.


def linear_grads(dX=None, dW=None, db=None):
    """A Linear.backward with some of its three lines replaced."""

    def backward(layer, dY):
        (X,), W = layer._recall(), layer.params["weight"]
        right = (dY @ W, dY.T @ X, dY.sum(axis=0))
        wrong = (f(dY, X, W) if f else r for f, r in zip((dX, dW, db), right, strict=True))
        out, layer.grads["weight"], layer.grads["bias"] = wrong
        return out

    return backward


def chain(slope):
    """An Activation.backward with another derivative: slope(X) in place of h'(X)."""
    return lambda layer, dY: dY * slope(last(layer))


def loss_backward(formula, probabilities_of=lambda x: x):
    """A loss's backward by a formula in the probabilities, the rows of T and S."""

    def backward(layer):
        A, T = layer._recall()
        T = np.eye(A.shape[1])[T] if np.ndim(T) == 1 else T
        return formula(probabilities_of(A), T, len(A))

    return backward


def forward(formula):
    """A forward of one input by another formula; it remembers its input, as the right one does."""

    def wrong(layer, X):
        layer._remember(X)
        return formula(layer, X)

    return wrong


def accumulate(layer, dY):
    (X,) = layer._recall()
    layer.grads["weight"] = layer.grads.get("weight", 1.0) + dY.T @ X  # the 1.0: an earlier batch
    layer.grads["bias"] = dY.sum(axis=0)
    return dY @ layer.params["weight"]


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


def its_own_backward(layer, dY):
    Y = last(layer)
    return Y * (dY - (dY * Y).sum(axis=0))


def bare_exponentials(layer, Z):
    E = np.exp(Z)
    layer._remember(E / E.sum(axis=1, keepdims=True))
    return last(layer)


def label_as_number(layer, Z, T):
    layer._remember(Z, T)
    return -(np.log(softmax(Z)) * (T[:, None] if np.ndim(T) == 1 else T)).sum() / len(Z)


def label_as_number_backward(layer):
    Z, T = layer._recall()
    T = T[:, None] if np.ndim(T) == 1 else T
    return (softmax(Z) * (T * np.ones(Z.shape[1])).sum(axis=1, keepdims=True) - T) / len(Z)


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


def whole_numbers(layer, X):
    X = np.asarray(X)
    layer._remember(X)
    Y = np.zeros_like(X)  # of X's type: integers cut what is written here
    Y[...] = np.tanh(X)
    return Y


def make_linear():
    return linear(M, N)


def training_dropout():
    layer = Dropout(0.4, rng=0)
    layer.training = True
    return layer


B, F = "backward", "forward"
G = "gradients"
ONE_BY_S = (CrossEntropy, (Y, ROWS))
FUSED = (SoftmaxCrossEntropy, (Z, ROWS))
LABELLED = (SoftmaxCrossEntropy, (Z, LABELS))

# name: (maker, inputs), {method: its wrong version}, who must catch it
FAULTS = {
    # Linear
    "dX: elementwise for matmul": ((make_linear, (X,)), {B: linear_grads(dX=lambda dY, X, W: dY.sum(1, keepdims=True) * W.sum(0))}, G),
    "dW: missing transpose": ((make_linear, (X,)), {B: linear_grads(dW=lambda dY, X, W: X.T @ dY)}, G),
    "dW: mean instead of sum": ((make_linear, (X,)), {B: linear_grads(dW=lambda dY, X, W: dY.T @ X / len(X))}, G),
    "dW: wrong sign": ((make_linear, (X,)), {B: linear_grads(dW=lambda dY, X, W: -dY.T @ X)}, G),
    "dW: rows of the batch permuted": ((make_linear, (X,)), {B: linear_grads(dW=lambda dY, X, W: dY[::-1].T @ X)}, G),
    "db: missing batch sum": ((make_linear, (X,)), {B: linear_grads(db=lambda dY, X, W: dY)}, G),
    "db: mean instead of sum": ((make_linear, (X,)), {B: linear_grads(db=lambda dY, X, W: dY.mean(0))}, G),
    "db: wrong axis": ((make_linear, (X,)), {B: linear_grads(db=lambda dY, X, W: dY.sum(1))}, G),
    "db: right values, a row": ((make_linear, (X,)), {B: linear_grads(db=lambda dY, X, W: dY.sum(0, keepdims=True))}, G),
    "db: never computed": ((make_linear, (X,)), {B: linear_grads(db=lambda dY, X, W: np.zeros(N))}, G),
    "db: upstream missing": ((make_linear, (X,)), {B: linear_grads(db=lambda dY, X, W: np.full(N, float(len(X))))}, G),
    "dW: a hidden penalty": ((make_linear, (X,)), {B: linear_grads(dW=lambda dY, X, W: dY.T @ X + 1e-4 * W)}, G),
    "dW: accumulates instead of setting": ((make_linear, (X,)), {B: accumulate}, G),
    "bias never added": (
        (make_linear, (X,)),
        {F: forward(lambda layer, X: X @ layer.params["weight"].T), B: linear_grads(db=lambda dY, X, W: np.zeros(N))},
        "values",
    ),
    # Element-wise activations
    "ReLU: upstream missing": ((ReLU, (X,)), {B: lambda layer, dY: (last(layer) > 0) * 1.0}, G),
    "ReLU: upstream twice": ((ReLU, (X,)), {B: lambda layer, dY: dY * dY * (last(layer) > 0)}, G),
    "ReLU: mask of dY instead of X": ((ReLU, (X,)), {B: lambda layer, dY: dY * (dY > 0)}, G),
    "ReLU: maximum over an axis": ((ReLU, (X,)), {F: forward(lambda layer, X: relu(X.max(axis=1, keepdims=True)) + 0 * X)}, G),
    "ReLU: writes into dY": ((ReLU, (X,)), {B: write_into_dY}, "inputs"),
    "ReLU: writes into X": ((ReLU, (X,)), {F: write_into_X}, "inputs"),
    "LeakyReLU: slope on the wrong side": ((LeakyReLU, (X,)), {B: chain(lambda x: np.where(x > 0, 0.01, 1))}, G),
    "ELU: branches swapped": ((ELU, (X,)), {B: chain(lambda x: np.where(x > 0, np.exp(np.minimum(x, 0)), 1))}, G),
    "ELU: without −1": ((ELU, (X,)), {F: forward(lambda layer, X: np.where(X > 0, X, np.exp(np.minimum(X, 0))))}, "values"),
    "ELU: value instead of derivative": ((ELU, (X,)), {B: chain(elu)}, G),
    "ELU: alpha forgotten": ((lambda: ELU(0.7), (X,)), {B: chain(lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0))))}, G),
    "Sigmoid: value instead of derivative": ((Sigmoid, (X,)), {B: chain(sigmoid)}, G),
    "Sigmoid: σ'(y) for σ'(x)": ((Sigmoid, (X,)), {B: chain(lambda x: sigmoid(sigmoid(x)) * sigmoid(-sigmoid(x)))}, G),
    "Tanh: 1 − tanh": ((Tanh, (X,)), {B: chain(lambda x: 1 - np.tanh(x))}, G),
    "Tanh: integers cut the values": ((Tanh, (np.round(3 * X).astype(int),)), {F: whole_numbers}, "values"),
    "Softplus: value instead of derivative": ((Softplus, (X,)), {B: chain(softplus)}, G),
    "Softplus: overflows": ((Softplus, (X,)), {F: forward(lambda layer, X: np.log(1 + np.exp(X)))}, "large"),
    "GELU: the product rule forgotten": ((GELU, (X,)), {B: chain(lambda x: GELU.h(x) / x)}, G),
    "GELU: tanh form in one direction": ((GELU, (X,)), {F: forward(lambda layer, X: X / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3))))}, G),
    "SiLU: missing term": ((SiLU, (X,)), {B: chain(sigmoid)}, G),
    # Dropout
    "Dropout: the mask forgotten": ((training_dropout, (X,)), {B: lambda layer, dY: dY}, G),
    "Dropout: not scaled": ((training_dropout, (X,)), {B: lambda layer, dY: dY * (last(layer) > 0)}, G),
    # Softmax
    "Softmax: only the diagonal": ((Softmax, (Z,)), {B: lambda layer, dY: dY * last(layer) * (1 - last(layer))}, G),
    "Softmax: wrong index": ((Softmax, (Z,)), {B: lambda layer, dY: last(layer) * dY - last(layer) ** 2 * dY.sum(1, keepdims=True)}, G),
    "Softmax: summed over the batch": ((Softmax, (Z,)), {B: lambda layer, dY: last(layer) * (dY - (dY * last(layer)).sum(0))}, G),
    "Softmax: one Jacobian for all samples": ((Softmax, (Z,)), {B: lambda layer, dY: dY @ (np.diag(last(layer)[0]) - np.outer(last(layer)[0], last(layer)[0]))}, G),
    "Softmax: over the batch, both ways": ((Softmax, (Z,)), {F: softmax_over_the_batch, B: its_own_backward}, "values"),
    "Softmax: bare exponentials": ((Softmax, (Z,)), {F: bare_exponentials}, "large"),
    "Softmax: one maximum for the whole batch": ((Softmax, (Z,)), {F: lambda layer, Z: bare_exponentials(layer, Z - Z.max())}, "large"),
    # CrossEntropy
    "CrossEntropy: wrong sign": (ONE_BY_S, {B: loss_backward(lambda Y, T, S: T / Y / S)}, G),
    "CrossEntropy: missing 1/S": (ONE_BY_S, {B: loss_backward(lambda Y, T, S: -T / Y)}, G),
    "CrossEntropy: 1/S twice": (ONE_BY_S, {B: loss_backward(lambda Y, T, S: -T / Y / S**2)}, G),
    "CrossEntropy: 1/C for 1/S": (ONE_BY_S, {B: loss_backward(lambda Y, T, S: -T / Y / Y.shape[1])}, G),
    "CrossEntropy: fraction inverted": (ONE_BY_S, {B: loss_backward(lambda Y, T, S: -Y / T / S)}, G),
    "CrossEntropy: 1/log Y": (ONE_BY_S, {B: loss_backward(lambda Y, T, S: -T / np.log(Y) / S)}, G),
    "CrossEntropy: the gradient by the logits": (ONE_BY_S, {B: loss_backward(lambda Y, T, S: (Y - T) / S)}, G),
    "CrossEntropy: eps in one direction": (ONE_BY_S, {F: padded_loss}, G),
    # SoftmaxCrossEntropy
    "fused: missing 1/S": (FUSED, {B: loss_backward(lambda Y, T, S: Y - T, softmax)}, G),
    "fused: sign": (FUSED, {B: loss_backward(lambda Y, T, S: (T - Y) / S, softmax)}, G),
    "fused: targets forgotten": (FUSED, {B: loss_backward(lambda Y, T, S: Y / S, softmax)}, G),
    "fused: logits for probabilities": (FUSED, {B: loss_backward(lambda Z, T, S: (Z - T) / S)}, G),
    "fused: softmax over the batch": (FUSED, {B: loss_backward(lambda E, T, S: (E / E.sum(0) - T) / S, np.exp)}, G),
    "fused: softmax twice": (FUSED, {F: softmax_twice, B: softmax_twice_backward}, "values"),
    "fused: labels used as numbers": (LABELLED, {F: label_as_number, B: label_as_number_backward}, "values"),
}  # fmt: skip


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
    (make, inputs), faults, tester = FAULTS[name]
    found = verdicts(lambda: plant(make, faults), make, inputs)
    assert found[tester] is False
    assert found["gradients"] is (tester != "gradients")
    assert all(verdicts(make, make, inputs).values())


def test_the_table_is_long_enough_and_covers_every_kind_of_layer():
    kinds = {type(make()).__name__ for (make, _), _, _ in FAULTS.values()}
    assert kinds == {
        *("Linear", "ReLU", "LeakyReLU", "ELU", "Sigmoid", "Tanh", "Softplus", "GELU", "SiLU"),
        *("Dropout", "Softmax", "CrossEntropy", "SoftmaxCrossEntropy"),
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
    (make, inputs), faults, _ = FAULTS[name]
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
    (make, inputs), faults, _ = FAULTS["fused: missing 1/S"]
    layer, right = plant(make, faults), make()
    outputs(layer, inputs), outputs(right, inputs)
    a, b = layer.backward().ravel(), right.backward().ravel()
    assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) == pytest.approx(1, abs=1e-15)
