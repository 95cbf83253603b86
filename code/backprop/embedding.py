"""The embedding: row i of a table for each integer i. Source: Bengio et al. 2003.

Y = W[indices] is the product of one-hot rows with W, without the multiplications by 0.
"""

import numpy as np

from .layer import Layer
from .validation import (
    as_dtype,
    as_floats,
    as_integers,
    as_rng,
    expect_number,
    expect_shape,
    expects,
)


@expects("Embedding", W="V D")
def embedding(indices, W):
    """Y = W[indices]: integers of any shape (S, T), W (V, D) → Y (S, T, D).

    Raises ValueError for what is no integer from 0 to V − 1.
    """
    return W[as_integers(indices, "indices", "Embedding", len(W) - 1)]


@expects("Embedding", dY="... D")
def embedding_backward(dY, indices, V):
    """dW (V, D): row i is the sum of dY (S, T, D) over all places of the integer i.

    A word that occurs several times gets the sum, one that does not occur 0. Integers have no
    gradient. Raises ValueError if the shapes do not meet.
    """
    V = expect_number(V, "V", "Embedding", low=1, whole=True)
    indices = as_integers(indices, "indices", "Embedding", V - 1)
    expect_shape(dY, (*indices.shape, "D"), {}, "dY", "Embedding")
    dW = np.zeros((V, dY.shape[-1]), dY.dtype)
    np.add.at(dW, indices, dY)  # dW[indices] += dY would keep only the last of equal integers
    return dW


class Embedding(Layer):
    """A table with the parameter "weight" (V, D): integers (S, T) → their rows (S, T, D).

    num_embeddings V, embedding_dim D; `rng` a seed or a NumPy Generator; the entries are normal
    with standard deviation `std`; `dtype` float32 or float64. `backward` returns None: integers
    have no gradient.
    """

    takes_integers = True

    def __init__(self, num_embeddings, embedding_dim, rng=None, dtype=np.float64, std=1.0):
        super().__init__()
        V = expect_number(num_embeddings, "num_embeddings", "Embedding", low=1, whole=True)
        D = expect_number(embedding_dim, "embedding_dim", "Embedding", low=1, whole=True)
        std, dtype = expect_number(std, "std", "Embedding", low=0), as_dtype(dtype, "Embedding")
        rows = std * as_rng(rng, "Embedding").standard_normal((V, D))
        self.params = {"weight": rows.astype(dtype)}

    def forward(self, indices):
        """Integers of any shape (S, T) → Y (S, T, D)."""
        Y = embedding(indices, self.params["weight"])
        self._remember(np.array(indices))
        return Y

    def backward(self, dY):
        """dY (S, T, D) → None; sets grads["weight"] (V, D)."""
        (indices,) = self._recall()
        V, D = self.params["weight"].shape
        dY = as_floats(dY, "dY", "Embedding")
        expect_shape(dY, (*indices.shape, D), {}, "dY", "Embedding")
        self.grads = {"weight": embedding_backward(dY, indices, V)}
