"""Attention and softmax along an axis, with their gradients: right, or with one mistake."""

import numpy as np


def _softmax(Z, axis=-1, eps=0.0):
    E = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return E / (E.sum(axis=axis, keepdims=True) + eps)


def _softmax_backward(dP, P, axis=-1):
    return P * (dP - (dP * P).sum(axis=axis, keepdims=True))


def _turned(X):
    return np.swapaxes(X, -1, -2)


def softmax_axis(Z, dY, axis=-1, along=None, moved="", eps=0.0, kept=""):
    """softmax along `axis`, and dZ.

    `along` is another axis; `moved` leaves the axis at the end, where it was moved, in "forward",
    "backward" or "both", or has "reshaped" it; `kept` says what is left of backward, or that its
    sum runs over "all", the "last" or the "first" axis.
    """
    along = axis if along is None else along
    Y = _softmax(Z, along, eps)
    P = Y * 1
    if kept == "exp":
        Y = P = np.exp(Z)
    sums = {"all": None, "last": -1, "first": 0}.get(kept, along)
    dZ = P * (dY - (dY * P).sum(axis=sums, keepdims=True))
    dZ = {"diagonal": dY * P * (1 - P), "delta": dY * P}.get(kept, dZ)
    found = {"forward": Y, "dZ": dZ}
    for name, way in (("forward", "forward"), ("dZ", "backward")):
        if moved in (way, "both", "reshaped"):
            found[name] = np.moveaxis(found[name], axis, -1)
            found[name] = found[name].reshape(Z.shape) if moved == "reshaped" else found[name]
    return found


def _hidden(Z, mask, weight):
    """The scores with −∞ where the mask is True, or with −`weight` added there."""
    if mask is None:
        return Z
    return np.where(mask, -np.inf, Z) if weight is None else Z - weight * mask


def attention(
    Q, K, V, dY, mask=None, weight=None, scale=None, scaled="QK", eps=0.0, axis=-1, dP="softmax"
):
    """Y = softmax(Q Kᵀ/√d) V and all gradients, for any number of axes before the last two.

    `weight` is what a mask that is too weak subtracts, `scale` another divisor than √d, `scaled`
    says which of dQ and dK has it; `dP` is how the gradient goes through softmax.
    """
    root = np.sqrt(Q.shape[-1]) if scale is None else scale
    P = _softmax(_hidden(Q @ _turned(K) / root, mask, weight), axis, eps)
    dZ = dY @ _turned(V)
    if dP == "softmax":
        dZ = _softmax_backward(dZ, P, axis)
    elif dP == "diagonal":
        dZ = dZ * P * (1 - P)
    return {
        "forward": P @ V,
        "dQ": dZ @ K / (root if "Q" in scaled else 1),
        "dK": _turned(dZ) @ Q / (root if "K" in scaled else 1),
        "dV": _turned(P) @ dY,
    }


def self_attention(X, Wq, Wk, Wv, dY, paths="QKV", causal=True, **wrong):
    """Causal attention of Q = X Wq, K = X Wk, V = X Wv; `paths` are those that dX adds up."""
    mask = np.triu(np.ones((X.shape[-2],) * 2, bool), 1) if causal else None
    found = attention(X @ Wq, X @ Wk, X @ Wv, dY, mask, **wrong)
    dX = sum(found[f"d{name}"] @ W.T for name, W in zip("QKV", (Wq, Wk, Wv), strict=True)
             if name in paths)  # fmt: skip
    rows = X.reshape(-1, X.shape[-1])
    dWs = {f"dW{n.lower()}": rows.T @ found[f"d{n}"].reshape(len(rows), -1) for n in "QKV"}
    return {"forward": found["forward"], "dX": dX} | dWs


def _in_heads(X, heads, mixed=False):
    """(S, T, E) → (S, heads, T, E/heads); `mixed` reshapes without moving an axis."""
    S, T, E = X.shape
    if mixed:
        return X.reshape(S, heads, T, E // heads)
    return X.reshape(S, T, heads, E // heads).swapaxes(1, 2)


def _together(X, mixed=False):
    S, heads, T, d = X.shape
    return (X if mixed else X.swapaxes(1, 2)).reshape(S, T, heads * d)


def multi_head(
    query, key, value, Wq, bq, Wk, bk, Wv, bv, Wo, bo, heads, dY, mask=None, mixed="", **wrong
):
    """Attention in several heads, each projection X Wᵀ + b, and all gradients.

    `mixed` reshapes the "heads", what comes "out" of them, or "both", without moving an axis.
    """
    inputs, split, joint = (query, key, value), mixed in ("heads", "both"), mixed in ("out", "both")
    wrong = dict(wrong)
    if wrong.get("scale") == "whole":
        wrong["scale"] = np.sqrt(Wq.shape[0])
    weights, biases = (Wq, Wk, Wv), (bq, bk, bv)
    if mixed == "no bias":
        biases, bo = (0, 0, 0), 0
    QKV = [
        _in_heads(X @ W.T + b, heads, split)
        for X, W, b in zip(inputs, weights, biases, strict=True)
    ]
    mask = None if mask is None else np.broadcast_to(mask, _scores(QKV))
    dO = _in_heads(dY @ Wo, heads, joint)
    found = attention(*QKV, dO, mask, **wrong)
    heard = _together(found["forward"], joint)
    results = {"forward": heard @ Wo.T + bo, "dWo": _pairs(dY, heard), "dbo": dY.sum(axis=(0, 1))}
    for letter, name, X, W in zip("qkv", ("Query", "Key", "Value"), inputs, weights, strict=True):
        dZ = _together(found[f"d{letter.upper()}"], split)
        results |= {f"d{name}": dZ @ W, f"dW{letter}": _pairs(dZ, X), f"db{letter}": dZ.sum((0, 1))}
    return results


def _pairs(dZ, X):
    return np.einsum("stn,stm->nm", dZ, X)


def _scores(QKV):
    (S, heads, T, _), K = QKV[0].shape, QKV[1]
    return S, heads, T, K.shape[2]
