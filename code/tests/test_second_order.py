"""Second derivatives: directions against differences, adjointness, symmetry, bad input."""

import inspect

import numpy as np
import pytest
from backprop import second_order
from backprop.losses import one_hot, softmax_cross_entropy, softmax_cross_entropy_backward
from backprop.second_order import (
    cross_entropy_hessian_vector,
    gauss_newton_vector,
    hessian_vector,
    jvp,
    mlp_logits,
    vjp,
)
from backprop.softmax import softmax, softmax_jacobian
from helpers import LABELS, C, M, S, draw

K = 7
X, W1, W2, V1, V2 = (
    draw(*shape, seed=seed) for seed, shape in enumerate([(S, M), (K, M), (C, K), (K, M), (C, K)])
)
U, T = draw(S, C, seed=9), one_hot(LABELS, C)
h = 1e-6

# What test_validation.py throws things at: name, what is called, valid arguments.
MLP = {"X": X, "W1": W1, "W2": W2}
ALONG = {"V1": V1, "V2": V2}
CALLS = {
    "mlp_logits": (mlp_logits, MLP),
    "jvp": (jvp, {**MLP, **ALONG}),
    "vjp": (vjp, {**MLP, "U": U}),
    "cross_entropy_hessian_vector": (cross_entropy_hessian_vector, {"Z": U, "V": draw(S, C)}),
    "gauss_newton_vector": (gauss_newton_vector, {**MLP, **ALONG}),
    "hessian_vector": (hessian_vector, {**MLP, "T": T, **ALONG}),
}


def moved(f, size=h):
    """The central difference of a function of both weights along (V1, V2)."""
    ahead, back = (f(W1 + sign * V1, W2 + sign * V2) for sign in (size, -size))
    return (ahead - back) / (2 * size)


def logits(one, other):
    return mlp_logits(X, one, other)[1]


def gradient(one, other):
    """Both weight gradients, in one vector."""
    dZ = softmax_cross_entropy_backward(logits(one, other), T)
    return flat(vjp(X, one, other, dZ))


def flat(pair):
    return np.concatenate([part.ravel() for part in pair])


def inner(pair, other):
    return flat(pair) @ flat(other)


def close(one, other, tolerance=1e-8):
    np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * np.abs(other).max())


def test_a_jvp_is_what_the_logits_do():
    close(jvp(X, W1, W2, V1, V2), moved(logits))


def test_a_vjp_is_the_gradient():
    measured = moved(lambda one, other: (U * logits(one, other)).sum())
    assert inner(vjp(X, W1, W2, U), (V1, V2)) == pytest.approx(measured, rel=1e-8)


def test_they_are_adjoint():
    forward = (U * jvp(X, W1, W2, V1, V2)).sum()
    assert inner(vjp(X, W1, W2, U), (V1, V2)) == pytest.approx(forward, rel=1e-13)


def test_the_hessian_of_the_loss_by_the_logits():
    Z, V = draw(S, C, seed=4), draw(S, C, seed=5)
    rows = [softmax_jacobian(y) @ v / S for y, v in zip(softmax(Z), V, strict=True)]
    np.testing.assert_allclose(cross_entropy_hessian_vector(Z, V), rows, rtol=1e-12)
    ahead, back = (softmax_cross_entropy_backward(Z + s * V, T) for s in (h, -h))
    close(cross_entropy_hessian_vector(Z, V), (ahead - back) / (2 * h))


def test_a_hessian_product_is_the_derivative_of_the_gradient():
    close(flat(hessian_vector(X, W1, W2, T, V1, V2)), moved(gradient))


def test_labels_and_rows_are_the_same_targets():
    one = hessian_vector(X, W1, W2, LABELS, V1, V2)
    np.testing.assert_array_equal(flat(one), flat(hessian_vector(X, W1, W2, T, V1, V2)))


def test_gauss_newton_is_the_hessian_of_the_loss_of_linearized_logits():
    Z, moves = logits(W1, W2), jvp(X, W1, W2, V1, V2)
    along = [softmax_cross_entropy(Z + step * moves, T) for step in (1e-3, 0, -1e-3)]
    curvature = (along[0] - 2 * along[1] + along[2]) / 1e-6
    product = gauss_newton_vector(X, W1, W2, V1, V2)
    assert inner(product, (V1, V2)) == pytest.approx(curvature, rel=1e-5)


def test_both_are_symmetric():
    R1, R2 = draw(K, M, seed=11), draw(C, K, seed=12)
    for product in (
        lambda *v: hessian_vector(X, W1, W2, T, *v),
        lambda *v: gauss_newton_vector(X, W1, W2, *v),
    ):
        there, back = inner(product(V1, V2), (R1, R2)), inner(product(R1, R2), (V1, V2))
        assert there == pytest.approx(back, rel=1e-12)


def test_gauss_newton_is_never_negative_and_the_hessian_is():
    curvatures = []
    for seed in range(30):
        way = draw(K, M, seed=seed), draw(C, K, seed=seed + 100)
        assert inner(gauss_newton_vector(X, W1, W2, *way), way) > 0
        curvatures.append(inner(hessian_vector(X, W1, W2, T, *way), way))
    assert min(curvatures) < 0 < max(curvatures)


def test_they_are_the_same_where_the_logits_are_linear():
    still = np.zeros_like(V1)  # the logits are linear in W2
    ours = gauss_newton_vector(X, W1, W2, still, V2)[1]
    np.testing.assert_allclose(hessian_vector(X, W1, W2, T, still, V2)[1], ours, rtol=1e-12)
    assert not np.allclose(
        hessian_vector(X, W1, W2, T, V1, V2)[0], gauss_newton_vector(X, W1, W2, V1, V2)[0]
    )


BUGS = {
    "the derivative of tanh": ("(1 - H**2)", "(1 - H)"),
    "a transpose": ("dot_H @ W2.T", "dot_H @ W2.T[::-1]"),
    "the direction of the second weights": ("+ dZ @ V2", ""),
    "the second derivative of tanh": ("- 2 * (dZ @ W2) * H * dot_H", ""),
    "the hidden units' tangent": ("+ dZ.T @ dot_H", ""),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug):
    right, wrong = BUGS[bug]
    source = inspect.getsource(second_order.hessian_vector)
    assert right in source
    names = dict(vars(second_order))
    exec(source.replace(right, wrong), names)
    off = flat(names["hessian_vector"](X, W1, W2, T, V1, V2)) - moved(gradient)
    assert np.abs(off).max() > 1e-3


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"jvp expects V1 of shape \(7, 4\), got \(4, 7\)"):
        jvp(X, W1, W2, V1.T, V2)
    with pytest.raises(ValueError, match="hessian_vector expects"):
        hessian_vector(X, W1, W2[:, 1:], T, V1, V2)
