"""Ridge and a Gaussian: values by hand, the gradients measured, bad input."""

import numpy as np
import pytest
from backprop import numerical_gradient
from backprop.matrices import (
    gaussian_nll,
    gaussian_nll_backward,
    inverse_backward,
    ridge_backward,
    ridge_weights,
)
from helpers import M, S, draw

COVARIANCE = np.eye(M) + draw(M, M) @ draw(M, M).T
# What test_validation.py throws things at: name, what is called, valid arguments.
CALLS = {
    "inverse_backward": (inverse_backward, {"dY": draw(M, M), "Y": draw(M, M, seed=1)}),
    "ridge_backward": (
        ridge_backward,
        {"X": draw(S, M), "t": draw(S), "w": draw(M), "lam": 0.5},
    ),
    "ridge_weights": (ridge_weights, {"X": draw(S, M), "t": draw(S), "lam": 0.5}),
    "gaussian_nll": (gaussian_nll, {"X": draw(S, M), "mean": draw(M), "covariance": COVARIANCE}),
    "gaussian_nll_backward": (
        gaussian_nll_backward,
        {"X": draw(S, M), "mean": draw(M), "covariance": COVARIANCE},
    ),
}


def test_ridge_by_hand():
    X, t = np.array([[1.0, 0], [1, 1], [0, 1]]), np.array([3.0, 5, 2])
    # XᵀX + I = [[3, 1], [1, 3]], Xᵀt = (8, 7)
    np.testing.assert_allclose(ridge_weights(X, t, 1), [17 / 8, 13 / 8], rtol=1e-14)


def test_at_the_weights_of_ridge_the_gradient_is_zero():
    X, t, lam = draw(S, M), draw(S), 0.3
    w = ridge_weights(X, t, lam)
    np.testing.assert_allclose(ridge_backward(X, t, w, lam), 0, atol=1e-12)
    measured = numerical_gradient(lambda w: ((X @ w - t) ** 2).sum() + lam * w @ w, w)
    np.testing.assert_allclose(measured, 0, atol=1e-8)


def test_back_through_an_inverse_by_hand():
    Y, dY = np.array([[1.0, -1], [-1, 2]]), np.array([[0.0, 1], [0, 0]])
    np.testing.assert_array_equal(inverse_backward(dY, Y), [[1, -2], [-1, 2]])
    A, dY = COVARIANCE + draw(M, M) / 9, draw(M, M, seed=1)
    measured = numerical_gradient(lambda A: (dY * np.linalg.inv(A)).sum(), A)
    np.testing.assert_allclose(inverse_backward(dY, np.linalg.inv(A)), measured, rtol=1e-6)


def test_a_gaussian_by_hand():
    X, V = np.array([[1.0, 0], [-1, 0]]), np.array([[2.0, 1], [1, 1]])
    assert gaussian_nll(X, np.zeros(2), V) == pytest.approx(1, rel=1e-14)  # det V = 1, V⁻¹₁₁ = 1


def test_the_gradients_are_what_is_measured():
    X, mean = draw(S, M), draw(M)
    d_mean, d_covariance = gaussian_nll_backward(X, mean, COVARIANCE)
    by_mean = numerical_gradient(lambda m: gaussian_nll(X, m, COVARIANCE), mean)
    np.testing.assert_allclose(d_mean, by_mean, rtol=1e-6, atol=1e-7)

    def pairwise(V):  # the function looks only at symmetric V: move V_ij and V_ji together
        return gaussian_nll(X, mean, (V + V.T) / 2)

    measured = numerical_gradient(pairwise, COVARIANCE)
    np.testing.assert_allclose(d_covariance, measured, rtol=1e-6, atol=1e-7)


def test_the_best_gaussian_has_the_mean_and_the_covariance_of_the_data():
    X = draw(6 * S, M)
    Z = X - X.mean(axis=0)
    for part in gaussian_nll_backward(X, X.mean(axis=0), Z.T @ Z / len(X)):
        np.testing.assert_allclose(part, 0, atol=1e-9)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="lam to be a number at least"):
        ridge_weights(draw(S, M), draw(S), 0)
    with pytest.raises(ValueError, match="symmetric, got V ≠ Vᵀ"):
        gaussian_nll(draw(S, M), draw(M), np.triu(COVARIANCE))
    with pytest.raises(ValueError, match="positive definite"):
        gaussian_nll(draw(S, M), draw(M), -COVARIANCE)
    with pytest.raises(ValueError, match=r"covariance of shape \(4, 4\), got \(5, 5\)"):
        gaussian_nll(draw(S, M), draw(M), np.eye(S))
