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
    """dZ = Y ⊙ (dY − (dY ⊙ Y) 11ᵀ), all (S, C); the rows of dZ sum to 0."""
    return Y * (dY - (dY * Y).sum(axis=1, keepdims=True))


@expects("softmax_jacobian", y="C")
def softmax_jacobian(y):
    """∂y_j/∂z_k = y_j (δ_jk − y_k) for one sample: y (C,) → the Jacobian (C, C).

    Only for looking at: `softmax_backward` multiplies by it without building it.
    """
    return np.diag(y) - np.outer(y, y)


@expects("log_sum_exp", Z="S C")
def log_sum_exp(Z):
    """log Σ_k exp Z_ik for each sample: Z (S, C) → (S,), finite for every finite Z."""
    largest = Z.max(axis=1)
    return largest + np.log(np.exp(Z - largest[:, None]).sum(axis=1))


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
