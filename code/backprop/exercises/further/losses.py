"""Losses with a mean over samples or entries, and their gradients: right, or with one mistake."""

import numpy as np

from .sequences import sigmoid


def _divisor(array, mean):
    """By what a sum is divided: all "entries", the "rows", the "columns", or 1 for a "sum"."""
    columns = array.shape[-1] if array.ndim > 1 else 1
    return {"entries": array.size, "rows": len(array), "columns": columns}.get(mean, 1)


def mse(Y, T, mean="entries", factor=2, sign=1, wrong=""):
    """The mean of (Y − T)² over all entries, and dY."""
    D, n = Y - T, _divisor(Y, mean)
    powers = {"abs": np.sign(D), "square": D**2}
    return {
        "forward": sign * factor / 2 * (np.abs(D) if wrong == "abs" else D**2).sum() / n,
        "dY": sign * factor * powers.get(wrong, D) / n,
    }


def bce(P, T, mean="entries", signs=(1, 1), wrong="", eps=0.0):
    """The mean of −T log P − (1 − T) log(1 − P) over all entries, and dP."""
    (one, other), n = signs, _divisor(P, mean)
    rest = (1 + P, -1) if wrong == "1 + P" else (1 - P, 1)
    terms = one * T * np.log(P + eps), other * (1 - T) * np.log(rest[0] + eps)
    inner = one * T / (P + eps), other * rest[1] * (1 - T) / (rest[0] + eps)
    if wrong in ("first", "second"):
        keep = wrong == "first"
        terms, inner = (
            (terms[0] * keep, terms[1] * (not keep)),
            (inner[0] * keep, inner[1] * (not keep)),
        )
    dP = {"logits": P - T, "inverted": (P - T) * P * (1 - P)}.get(wrong, inner[1] - inner[0])
    return {"forward": -(terms[0] + terms[1]).sum() / n, "dP": dP / n}


def bce_logits(Z, T, mean="entries", wrong="", sign=1):
    """The same of P = σ(Z), and dZ = (P − T)/n."""
    P, n = sigmoid(Z), _divisor(Z, mean)
    L = np.maximum(Z, 0) - Z * T + np.log1p(np.exp(-np.abs(Z)))
    back = {
        "twice": (P - T) * P * (1 - P),
        "probabilities": (P - T) / (P * (1 - P)),
        "logits": Z - T,
    }
    return {"forward": sign * L.sum() / n, "dZ": sign * back.get(wrong, P - T) / n}


def hinge(Z, T, mean="rows", margin=1.0, wrong="", sign=1):
    """The mean over samples of Σ_c max(0, Z_c − Z_t + 1) over the other classes, and dZ."""
    rows, n = np.arange(len(Z)), _divisor(Z, mean)
    margins = np.maximum(0, Z - Z[rows, T][:, None] + margin)
    if wrong != "own class":
        margins[rows, T] = 0
    dZ = (margins > 0).astype(float)
    if wrong == "values":
        dZ = margins.copy()
    own = dZ.sum(axis=1) if wrong != "once" else (dZ.sum(axis=1) > 0).astype(float)
    if wrong != "others alone":
        dZ[rows, T] -= own
    if wrong == "own alone":
        dZ *= np.eye(Z.shape[1])[T]
    return {"forward": sign * margins.sum() / n, "dZ": sign * dZ / n}


def hinge_linear(
    W, X, T, reg, mean="rows", penalty=1.0, factor=None, collapsed=False, wrong="", again=0.0
):  # fmt: skip
    """`hinge` of X W plus λ‖W‖², and dW.

    `penalty` and `factor` are those of λ in loss and gradient; `again` is the fraction of
    everything that is added once more.
    """
    given = hinge(X @ W, T, mean, wrong="" if wrong[:1] in ("j", "y") else wrong)
    dW = X.T @ given["dZ"]
    own = np.eye(W.shape[1])[T] * given["dZ"]
    others, counts = given["dZ"] - own, given["dZ"] > 0
    if "j" in wrong:  # X[j] for X[i], where j is the other class
        dW = X[: W.shape[1]].T * others.sum(axis=0) if "others" in wrong else X.T @ others
        each = counts @ X[: W.shape[1]] / _divisor(X, mean) if "own" in wrong else 0
        dW = dW + (-each.T @ np.eye(W.shape[1])[T] if "own" in wrong else X.T @ own)
    elif wrong == "y":  # X[y] for X[i], where y is the right class
        dW = X.T @ others + X[T].T @ own
    factor = 2 * penalty if factor is None else factor
    dW = dW + reg * factor * (W.sum() if collapsed else W)
    forward = given["forward"] + reg * penalty * (W.sum() if collapsed else (W**2).sum())
    times = 1 + again
    return {"forward": times * forward, "dW": times * dW}


def hinge_binary(Z, T, mean="entries", wrong="", sign=1):
    """The mean of max(0, 1 − T Z) over all entries, and dZ."""
    M, n = 1 - T * Z, _divisor(Z, mean)
    if wrong == "plus":
        M = 1 + T * Z
    active = {"reversed": M < 0, "sign": T * Z < 0, "Z": Z < 1, "all": M == M}.get(wrong, M > 0)
    return {"forward": sign * np.where(active, M, 0).sum() / n, "dZ": -sign * T * active / n}
