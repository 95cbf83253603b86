"""Dropout, in its inverted form. Source: chapter "Training"; Srivastava et al. 2014."""

import numpy as np

from .layer import Layer
from .validation import as_rng, expect_number, expect_sizes, expects


def dropout_mask(shape, p, rng=None):
    """Independent entries: 0 with probability p, else 1/(1 − p), so that the mean of each is 1."""
    shape, p = expect_sizes(shape, "shape", "dropout_mask"), _probability(p, "dropout_mask")
    keep = as_rng(rng, "dropout_mask").random(shape, dtype=np.float32) >= p
    return keep / (1 - p)


class Dropout(Layer):
    """Y = X ⊙ mask while training, Y = X otherwise; dX = dY ⊙ mask. 0 ≤ p < 1.

    X and Y are (S, M), sequences (S, T, M) or images (S, C, H, W).
    """

    def __init__(self, p=0.5, rng=None):
        super().__init__()
        self.p = _probability(p, "Dropout")
        self.rng = as_rng(rng, "Dropout")

    @expects(X="S M ...")
    def forward(self, X):
        """X (S, M) → Y (S, M); each call while training draws a new mask."""
        mask = dropout_mask(X.shape, self.p, self.rng) if self.training else np.ones(X.shape)
        mask = mask.astype(X.real.dtype)
        self._remember(mask)
        return X * mask

    def backward(self, dY):
        """dY (S, M) → dX (S, M), through the mask of the last forward pass."""
        return self._chain(dY, *self._recall())

    @expects(mask="S M ...", dY="S M ...")
    def _chain(self, dY, mask):
        return dY * mask


def _probability(p, who):
    return expect_number(p, "p", who, low=0, high=0.999)
