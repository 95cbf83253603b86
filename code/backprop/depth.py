"""A recurrent layer, H_t = tanh(X_t Wᵀ + H_{t−1} Uᵀ + b), and backpropagation through time.

Source: chapter "Any depth, any length".
"""

import numpy as np

from .initializers import xavier_uniform
from .layer import Layer
from .validation import as_dtype, as_floats, as_rng, expect_number, expect_shape, expects


@expects("rnn", H0="... N", U="N N", W="N M", X="... T M", b="N")
def rnn_forward(X, W, U, b, H0):
    """All states: X (…, T, M), W (N, M), U (N, N), b (N,), H0 (…, N) → H (…, T, N).

    Raises ValueError if the shapes do not meet.
    """
    H = np.empty((*X.shape[:-1], len(b)), np.result_type(X, W))
    before = H0
    for t in range(X.shape[-2]):
        before = H[..., t, :] = np.tanh(X[..., t, :] @ W.T + before @ U.T + b)
    return H


@expects("rnn", H="... T N", H0="... N", U="N N", W="N M", X="... T M", dH="... T N")
def rnn_backward(dH, X, W, U, H, H0):
    """Gradients through time: dX, dW, dU, db, dH0, each in the shape of its variable.

    `dH` (…, T, N) is the upstream gradient of each step, from its outputs alone; the part from the
    step after it is carried here. Raises ValueError if the shapes do not meet.
    """
    before = np.concatenate([H0[..., None, :], H[..., :-1, :]], axis=-2)
    dZ, carry = np.empty_like(H), np.zeros_like(H0)
    for t in reversed(range(H.shape[-2])):
        dZ[..., t, :] = (dH[..., t, :] + carry) * (1 - H[..., t, :] ** 2)
        carry = dZ[..., t, :] @ U
    rows = [A.reshape(-1, A.shape[-1]) for A in (dZ, X, before)]
    return dZ @ W, rows[0].T @ rows[1], rows[0].T @ rows[2], rows[0].sum(axis=0), carry


class RNN(Layer):
    """A recurrent layer that begins at 0: X (S, T, M) → H (S, T, N), the states of all steps.

    Parameters as in PyTorch's RNNCell, with one bias: "weight_ih" (N, M), "weight_hh" (N, N) and
    "bias" (N,); weights Xavier uniform, bias 0. `rng` a seed or a NumPy Generator, `dtype` float32
    or float64.
    """

    def __init__(self, input_size, hidden_size, rng=None, dtype=np.float64):
        super().__init__()
        M = expect_number(input_size, "input_size", "RNN", low=1, whole=True)
        N = expect_number(hidden_size, "hidden_size", "RNN", low=1, whole=True)
        rng, dtype = as_rng(rng, "RNN"), as_dtype(dtype, "RNN")
        self.params = {
            "weight_ih": xavier_uniform((N, M), rng=rng, dtype=dtype),
            "weight_hh": xavier_uniform((N, N), rng=rng, dtype=dtype),
            "bias": np.zeros(N, dtype),
        }

    def forward(self, X):
        """X (S, T, M) → H (S, T, N)."""
        W, U, b = self.params.values()
        X = as_floats(X, "X", "RNN")
        expect_shape(X, ("S", "T", W.shape[1]), {}, "X", "RNN")
        start = np.zeros((len(X), len(b)), X.dtype)
        H = rnn_forward(X, W, U, b, start)
        self._remember(X, H, start)
        return H

    def backward(self, dH):
        """dH (S, T, N) → dX (S, T, M). Raises ValueError before the first forward."""
        X, H, start = self._recall()
        dH = as_floats(dH, "dY", "RNN")
        expect_shape(dH, H.shape, {}, "dY", "RNN")
        W, U, _ = self.params.values()
        dX, *grads, _ = rnn_backward(dH, X, W, U, H, start)
        self.grads = dict(zip(self.params, grads, strict=True))
        return dX
