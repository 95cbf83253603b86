"""Softmax over the classes of each sample.

Source: chapter "Softmax"; homework, question e takes it as given.
"""

import numpy as np

from .layer import Layer
from .validation import expects


@expects("Softmax", Z="S C")
def softmax(Z):
    """Y_ij = exp Z_ij / Σ_k exp Z_ik: Z (S, C) → Y (S, C), whose rows sum to 1.

    The largest logit of each row is subtracted first; that changes nothing but the
    overflow.
    """
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


@expects("Softmax", Y="S C", dY="S C")
def softmax_backward(dY, Y):
    """dZ = Y ⊙ (dY − (dY ⊙ Y) 11ᵀ), all (S, C); the rows of dZ sum to 0.

    A shift of a row of dY changes nothing, so its entry at the most probable class is subtracted
    first: where Y is nearly 1, dY − dY·Y would be the difference of nearly equal numbers.
    """
    dY = dY - dY[np.arange(len(Y)), Y.argmax(axis=1)][:, None]
    return Y * (dY - (dY * Y).sum(axis=1, keepdims=True))


@expects("softmax_jacobian", y="C")
def softmax_jacobian(y):
    """∂y_j/∂z_k = y_j (δ_jk − y_k) for one sample: y (C,) → the Jacobian (C, C).

    Only for looking at: `softmax_backward` multiplies by it without building it. Each row sums to
    0, so the diagonal is what the others lose: 1 − y_j would cancel where y_j is nearly 1.
    """
    others = np.outer(y, y)
    np.fill_diagonal(others, 0)
    return np.diag(others.sum(axis=1)) - others


@expects("log_sum_exp", Z="S C")
def log_sum_exp(Z):
    """log Σ_k exp Z_ik for each sample: Z (S, C) → (S,), finite for every finite Z.

    It is z + log(1 + Σ exp(Z_ik − z)), z the largest logit and the sum over all others: `log1p`
    keeps what 1 + a tiny sum would lose.
    """
    rows, top = np.arange(len(Z)), Z.argmax(axis=1)
    largest = Z[rows, top]
    others = np.exp(Z - largest[:, None])
    others[rows, top] = 0
    return largest + np.log1p(others.sum(axis=1))


@expects("log_softmax", Z="S C")
def log_softmax(Z):
    """A_ij = log Y_ij = Z_ij − log Σ_k exp Z_ik, without Y: Z (S, C) → A (S, C), nowhere positive.

    The largest logit is subtracted from both terms first, so that neither is positive.
    """
    Z = Z - Z.max(axis=1, keepdims=True)
    return Z - log_sum_exp(Z)[:, None]


class Softmax(Layer):
    """Softmax as a layer: logits (S, C) → probabilities (S, C)."""

    def forward(self, Z):
        """Z (S, C) → Y (S, C)."""
        Y = softmax(Z)
        self._remember(Y.copy())  # a copy: readers do overwrite probabilities in place
        return Y

    def backward(self, dY):
        """dY (S, C) → dZ (S, C)."""
        return softmax_backward(dY, *self._recall())
