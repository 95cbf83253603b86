"""Scaled dot-product attention, and several heads of it with their four projections.

Source: Vaswani et al. 2017. For one head, Q (T_q, d), K (T_k, d), V (T_k, e):

    P = softmax(Q Kᵀ/√d),    Y = P V

A mask is True where a query must *not* see a key, as in PyTorch's MultiheadAttention. A query that
may see no key at all gets the output 0, and passes no gradient back.
"""

import math

import numpy as np

from .initializers import xavier_uniform
from .layer import Layer
from .products import matmul, projected, rows
from .validation import as_array, as_dtype, as_floats, as_rng, expect_number, expect_shape, expects


@expects("attention", K="... Tk d", Q="... Tq d")
def attention_weights(Q, K, mask=None):
    """P = softmax(Q Kᵀ/√d): Q (…, T_q, d), K (…, T_k, d) → P (…, T_q, T_k), whose rows sum to 1.

    Where `mask` (its shape, or one that broadcasts to it) is True, P is 0; a row with nothing else
    is 0. Raises ValueError if the shapes do not meet.
    """
    Z = Q / math.sqrt(Q.shape[-1]) @ np.swapaxes(K, -1, -2)
    if mask is not None:
        np.copyto(Z, -np.inf, where=_mask(mask, Z.shape, "attention"))
    top = Z.max(axis=-1, keepdims=True)
    Z -= np.where(np.isfinite(top), top, 0)  # in place from here on: Z is the largest array
    P = np.exp(Z, out=Z)
    total = np.einsum("...j->...", P)[..., None]  # the same sums as P.sum, four times as fast
    P /= np.where(total == 0, 1, total)
    return P


@expects("attention", K="... Tk d", V="... Tk e", Q="... Tq d")
def attention(Q, K, V, mask=None):
    """Y = softmax(Q Kᵀ/√d) V: Q (…, T_q, d), K (…, T_k, d), V (…, T_k, e) → Y (…, T_q, e).

    `mask` (…, T_q, T_k) is True where a query must not see a key. Raises ValueError if the shapes
    do not meet.
    """
    return attention_weights(Q, K, mask) @ V


@expects("attention", K="... Tk d", V="... Tk e", Q="... Tq d", dY="... Tq e")
def attention_backward(dY, Q, K, V, mask=None):
    """All three gradients: dY (…, T_q, e) → dQ, dK, dV, each in the shape of its variable.

    dV = Pᵀ dY, dP = dY Vᵀ, through softmax to dZ, then dQ = dZ K/√d and dK = dZᵀ Q/√d.
    """
    return _attention_backward(dY, Q, K, V, attention_weights(Q, K, mask))


def _attention_backward(dY, Q, K, V, P):
    dV = np.swapaxes(P, -1, -2) @ dY
    dZ = _through_softmax(dY @ np.swapaxes(V, -1, -2), P)
    dZ /= math.sqrt(Q.shape[-1])
    return dZ @ K, np.swapaxes(dZ, -1, -2) @ Q, dV


def _through_softmax(dP, P):
    """dZ = P ⊙ (dP − (dP ⊙ P) 11ᵀ) in the memory of dP: `softmax_backward`, of any axes."""
    dP -= np.take_along_axis(dP, P.argmax(axis=-1)[..., None], axis=-1)
    dP -= np.einsum("...j,...j->...", dP, P)[..., None]
    dP *= P
    return dP


def causal_mask(T):
    """(T, T), True above the diagonal: place t sees the places up to t."""
    T = expect_number(T, "T", "causal_mask", low=1, whole=True)
    return np.triu(np.ones((T, T), bool), 1)


class MultiHeadAttention(Layer):
    """Self-attention in `num_heads` heads: X (S, T, D) → Y (S, T, D), D divisible by the heads.

    Parameters as in PyTorch's MultiheadAttention: "in_proj_weight" (3D, D) and "in_proj_bias" (3D,)
    give queries, keys and values, "out_proj.weight" (D, D) and "out_proj.bias" (D,) the output;
    weights Xavier uniform, biases 0. With `causal`, place t sees the places up to t. `rng` a seed
    or a NumPy Generator, `dtype` float32 or float64.
    """

    def __init__(self, embed_dim, num_heads, causal=False, rng=None, dtype=np.float64):
        super().__init__()
        who = "MultiHeadAttention"
        self.embed_dim = D = expect_number(embed_dim, "embed_dim", who, low=1, whole=True)
        self.num_heads = expect_number(num_heads, "num_heads", who, low=1, whole=True)
        if D % self.num_heads:
            raise ValueError(
                f"{who} expects embed_dim to be a multiple of num_heads, got {D} and {num_heads}"
            )
        if not isinstance(causal, (bool, np.bool_)):
            raise ValueError(f"{who} expects causal to be True or False, got {causal!r}")
        self.causal, rng, dtype = bool(causal), as_rng(rng, who), as_dtype(dtype, who)
        self.params = {
            "in_proj_weight": xavier_uniform((3 * D, D), rng=rng, dtype=dtype),
            "in_proj_bias": np.zeros(3 * D, dtype),
            "out_proj.weight": xavier_uniform((D, D), rng=rng, dtype=dtype),
            "out_proj.bias": np.zeros(D, dtype),
        }

    def forward(self, X, key_padding_mask=None):
        """X (S, T, D), `key_padding_mask` (S, T), True where nobody may look → Y (S, T, D)."""
        X = as_floats(X, "X", "MultiHeadAttention")
        expect_shape(X, ("S", "T", self.embed_dim), {}, "X", "MultiHeadAttention")
        Win, bin_, Wout, bout = self.params.values()
        Q, K, V = self._apart(projected(X, Win, bin_))
        P = attention_weights(Q, K, self._hidden(X.shape[:2], key_padding_mask))
        Y = self._together(P @ V)
        self._remember(X, Q, K, V, P, Y)
        return projected(Y, Wout, bout)

    def backward(self, dY):
        """dY (S, T, D) → dX (S, T, D); sets the gradients of all four parameters."""
        X, Q, K, V, P, Y = self._recall()
        dY = as_floats(dY, "dY", "MultiHeadAttention")
        expect_shape(dY, X.shape, {}, "dY", "MultiHeadAttention")
        dO = projected(dY, self.params["out_proj.weight"].T)
        dZ = self._side_by_side(_attention_backward(self._heads(dO), Q, K, V, P))
        self.grads = {
            "in_proj_weight": matmul(rows(dZ).T, rows(X)),
            "in_proj_bias": rows(dZ).sum(axis=0),
            "out_proj.weight": matmul(rows(dY).T, rows(Y)),
            "out_proj.bias": rows(dY).sum(axis=0),
        }
        return projected(dZ, self.params["in_proj_weight"].T)

    def _heads(self, Y):
        """(S, T, D) → (S, heads, T, D/heads)."""
        S, T, D = Y.shape
        return Y.reshape(S, T, self.num_heads, D // self.num_heads).swapaxes(1, 2)

    def _apart(self, Z):
        """(S, T, 3D) → queries, keys and values by heads."""
        return [self._heads(part) for part in np.split(Z, 3, axis=-1)]

    def _together(self, Y):
        """(S, heads, T, D/heads) → (S, T, D)."""
        S, H, T, d = Y.shape
        return Y.swapaxes(1, 2).reshape(S, T, H * d)

    def _side_by_side(self, three):
        """The gradients of queries, keys and values by heads → (S, T, 3D)."""
        S, H, T, d = three[0].shape
        dZ = np.empty((S, T, 3, H, d), three[0].dtype)
        for place, one in enumerate(three):
            dZ[:, :, place] = one.swapaxes(1, 2)
        return dZ.reshape(S, T, 3 * H * d)

    def _hidden(self, shape, key_padding_mask):
        """The mask that broadcasts to (S, heads, T, T); None if everybody sees everything."""
        hidden = causal_mask(shape[1]) if self.causal else None
        if key_padding_mask is None:
            return hidden
        padding = as_array(key_padding_mask, "key_padding_mask", "MultiHeadAttention")
        if padding.dtype != bool or padding.shape != shape:
            raise ValueError(
                "MultiHeadAttention expects key_padding_mask to hold booleans, shape "
                f"{shape}, got {padding.dtype} {padding.shape}"
            )
        padding = padding[:, None, None, :]
        return padding if hidden is None else padding | hidden

    def __repr__(self):
        said = f"{self.embed_dim}, {self.num_heads}{', causal=True' if self.causal else ''}"
        return f"MultiHeadAttention({said})"


def _mask(mask, shape, who):
    """`mask` as booleans that broadcast to `shape`; raises ValueError otherwise."""
    mask = as_array(mask, "mask", who)
    try:
        fits = np.broadcast_shapes(mask.shape, shape) == shape
    except ValueError:
        fits = False
    if mask.dtype != bool or not fits:
        got = f"{mask.dtype} {mask.shape}"
        raise ValueError(
            f"{who} expects mask to hold booleans, True where a query must not see a key, in a "
            f"shape that broadcasts to {shape}, got {got}"
        )
    return mask
