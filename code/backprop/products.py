"""Matrix products, also where NumPy has no BLAS: in a page of the website.

There `A @ B` goes down the columns of B, which are far apart in memory. `einsum` with both factors
laid out along the sum is three to ten times as fast where the sum is long, and never slower.
"""

import sys

import numpy as np

HAS_BLAS = sys.platform != "emscripten"


def matmul(A, B):
    """A @ B for A (S, M) and B (M, N)."""
    if HAS_BLAS:
        return A @ B
    return np.einsum("ik,jk->ij", np.ascontiguousarray(A), np.ascontiguousarray(B.T))


def rows(X):
    """(…, M) → (S, M): the last axis of all places, one below the other."""
    return X.reshape(-1, X.shape[-1])


def projected(X, W, b=None):
    """X Wᵀ + b at each place: X (…, M), W (N, M), b (N,) → (…, N).

    b is added in the memory of the product, which nobody needs any more, if the sum fits into it.
    """
    Y = matmul(rows(X), W.T)
    if b is not None:
        Y = np.add(Y, b, out=Y if np.result_type(Y, b) == Y.dtype else None)
    return Y.reshape(*X.shape[:-1], len(W))
