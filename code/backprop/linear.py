"""The linear layer Y = X Wᵀ + 1_S bᵀ.

Source: chapter "The linear layer"; homework, questions a to c.
"""

import numpy as np

from .initializers import kaiming_normal
from .layer import Layer
from .products import matmul, projected, rows
from .validation import as_array, as_floats, expect_number, expect_shape, expects


@expects("Linear", W="N M", X="S M", b="N")
def linear_forward(X, W, b):
    """Y = X Wᵀ + 1_S bᵀ: X (S, M), W (N, M), b (N,) → Y (S, N).

    Raises ValueError if the shapes do not meet.
    """
    return X @ W.T + b


@expects("Linear", W="N M", X="S M", dY="S N")
def linear_backward(dY, X, W, needs_dX=True):
    """All three gradients: dY (S, N) → dX (S, M), dW (N, M), db (N,).

    Each has the shape of its variable and the unit of L over that of its variable. There is
    no 1/S here: the loss has put it into dY. Without `needs_dX`, dX is None. Raises
    ValueError if the shapes do not meet.
    """
    dX = dY @ W if needs_dX else None
    dW = dY.T @ X
    db = dY.sum(axis=0)
    return dX, dW, db


class Linear(Layer):
    """A linear layer with parameters "weight" (N, M) and "bias" (N,), in PyTorch's layout.

    in_features M, out_features N; `rng` a seed or a NumPy Generator for the weights (Kaiming
    normal, standard deviation gain/√M; the bias starts at 0); `dtype` float32 or float64. X is
    cached, not copied.
    """

    def __init__(self, in_features, out_features, rng=None, dtype=np.float64, gain=1.0):
        super().__init__()
        self.in_features = expect_number(in_features, "in_features", "Linear", low=1, whole=True)
        self.out_features = expect_number(out_features, "out_features", "Linear", low=1, whole=True)
        shape = (self.out_features, self.in_features)
        self.params = {
            "weight": kaiming_normal(shape, gain, rng, dtype),
            "bias": np.zeros(shape[0], dtype),
        }

    def forward(self, X):
        """X (S, M) → Y (S, N); of sequences (S, T, M) each place is a row: → (S, T, N)."""
        if as_array(X, "X", "Linear").ndim > 2:
            return self._forward_places(X)
        Y = linear_forward(X, self.params["weight"], self.params["bias"])
        self._remember(X)
        return Y

    def backward(self, dY):
        """dY (S, N) → dX (S, M); sets grads["weight"] (N, M) and grads["bias"] (N,)."""
        X, *places = self._recall()
        if places:
            return self._backward_places(dY, X, places)
        dX, dW, db = linear_backward(dY, X, self.params["weight"], self.needs_dX)
        self.grads = {"weight": dW, "bias": db}
        return dX

    def _forward_places(self, X):
        X = as_floats(X, "X", "Linear")
        expect_shape(X, ("...", self.in_features), {}, "X", "Linear")
        self._remember(rows(X), *X.shape[:-1])
        return projected(X, self.params["weight"], self.params["bias"])

    def _backward_places(self, dY, X, places):
        dY = as_floats(dY, "dY", "Linear")
        expect_shape(dY, (*places, self.out_features), {}, "dY", "Linear")
        self.grads = {"weight": matmul(rows(dY).T, X), "bias": rows(dY).sum(axis=0)}
        return projected(dY, self.params["weight"].T) if self.needs_dX else None
