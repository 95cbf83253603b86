"""An inverse, ridge regression and the negative log-likelihood of a Gaussian: their gradients.

Source: chapter "Matrices as such".
"""

import numpy as np

from .validation import expect_number, expects


@expects("inverse", dY="N N", Y="N N")
def inverse_backward(dY, Y):
    """∂L/∂A = −Yᵀ dY Yᵀ for Y = A⁻¹: dY, Y (N, N) → dA (N, N), in units of L over A."""
    return -Y.T @ dY @ Y.T


@expects("ridge_backward", X="S M", t="S", w="M", lam="number")
def ridge_backward(X, t, w, lam):
    """∂L/∂w = 2 Xᵀ(X w − t) + 2 λ w: X (S, M), t (S,), w (M,), λ → (M,), in units of L over w."""
    return 2 * X.T @ (X @ w - t) + 2 * lam * w


@expects("ridge_weights", X="S M", t="S")
def ridge_weights(X, t, lam):
    """w = (XᵀX + λI)⁻¹ Xᵀt: X (S, M), t (S,), λ > 0 → w (M,), in units of t over X.

    Raises ValueError for λ ≤ 0, where XᵀX + λI need not have an inverse.
    """
    lam = expect_number(lam, "lam", "ridge_weights", low=np.finfo(np.float64).tiny)
    return np.linalg.solve(X.T @ X + lam * np.eye(X.shape[1]), X.T @ t)


@expects("gaussian_nll", X="S M", mean="M", covariance="M M")
def gaussian_nll(X, mean, covariance):
    """½ S log det V + ½ Σ_i (x_i − μ)ᵀ V⁻¹ (x_i − μ): X (S, M), μ (M,), V (M, M) → nats.

    The constant ½ S M log 2π is left out. Raises ValueError where V is not symmetric and positive
    definite.
    """
    factor, Z = _factor(covariance), X - mean
    logarithm = 2 * np.log(np.diag(factor)).sum()
    return len(X) / 2 * logarithm + (np.linalg.solve(factor, Z.T) ** 2).sum() / 2


@expects("gaussian_nll", X="S M", mean="M", covariance="M M")
def gaussian_nll_backward(X, mean, covariance):
    """(∂L/∂μ, ∂L/∂V), (M,) and (M, M): −V⁻¹ Zᵀ1 and ½ S V⁻¹ − ½ V⁻¹ZᵀZ V⁻¹, with Z = X − 1 μᵀ.

    ∂L/∂V takes each entry of V as a variable of its own.
    """
    _factor(covariance)
    Z, P = X - mean, np.linalg.inv(covariance)
    return -P @ Z.sum(axis=0), len(X) / 2 * P - P @ Z.T @ Z @ P / 2


def _factor(covariance):
    """The lower triangle C with C Cᵀ = V. Raises ValueError if V is no covariance."""
    if not np.allclose(covariance, covariance.T):
        raise ValueError("gaussian_nll expects covariance to be symmetric, got V ≠ Vᵀ")
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        raise ValueError("gaussian_nll expects covariance to be positive definite") from None
