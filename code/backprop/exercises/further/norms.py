"""Normalization along any axes, with its gradients: right, or with one mistake."""

import numpy as np


def _root(v, eps, place):
    """(√(variance + ε), the root by which its derivative divides).

    ε is "inside" or "outside" of the root, in "both" places, subtracted ("minus"), or "missing".
    """
    inside = np.sqrt(v + eps * {"inside": 1, "both": 1, "minus": -1}.get(place, 0))
    return inside + eps * (place in ("outside", "both")), inside


def _summed(array, shape):
    """The sum over all axes along which this shape has the size 1, in the shape."""
    axes = tuple(n for n, size in enumerate(shape) if size == 1)
    return array.sum(axis=axes, keepdims=True)


def _normalized(
    X, gamma, beta, dY, eps, axes, read="inside", back=None, last=False, rough=False,
    outside=False, count=None, swapped=False, collapsed=False, upstream=True, without="",
    centered=True,
):  # fmt: skip
    """γ ⊙ (X − mean)/√(variance + ε) + β along `axes`, with all gradients; γ fits X's axes.

    `read` and `back` say where ε is in each direction, `outside` multiplies by γ after the means,
    `count` divides their sums by another number, `without` leaves terms out. Where ε is outside
    the root, `rough` goes back as if it were inside; `last` has the root of `back` in the division
    only.
    """
    C = X - X.mean(axis=axes, keepdims=True) if centered else X
    v = (C**2).mean(axis=axes, keepdims=True)
    U, (r, root) = C / _root(v, eps, read)[0], _root(v, eps, back or read)
    V = C / r
    if last:
        V, root = U, _root(v, eps, read)[1]
    dY = dY if upstream else np.ones_like(dY)
    dU = dY if outside or "γ" in without else dY * gamma
    count = count or X.size // r.size
    means = 0
    if centered and "mean" not in without:
        means = dU.sum(axis=axes, keepdims=True) / count
    if "variance" not in without:
        along = (dU * V).sum(axis=axes, keepdims=True) / count
        means = means + C / (r if rough else root) * along
    dX = (dU - means) / (1 if "root" in without else r) * (gamma if outside else 1)
    dgamma, dbeta = _summed(dY * V, gamma.shape), _summed(dY, gamma.shape)
    if swapped:
        dgamma, dbeta = dbeta, dgamma
    if collapsed:
        dgamma, dbeta = dgamma.sum(), dbeta.sum()
    Y = (1 if "γ" in without else gamma) * U + (0 if "β" in without else beta)
    return {"forward": Y, "dX": dX, "dgamma": dgamma, "dbeta": dbeta}


def _reshaped(found, shape):
    """Y and dX in this shape, the gradients of γ and β as vectors."""
    images = {name: found[name].reshape(shape) for name in ("forward", "dX")}
    vectors = {name: found[name] for name in ("dgamma", "dbeta")}
    return images | {name: v.ravel() if v.ndim else v for name, v in vectors.items()}


def batch_norm(X, gamma, beta, dY, eps, axes=0, **wrong):
    """Batch norm of X (S, M): statistics over the samples."""
    given = X, gamma[None], beta[None], dY
    return _reshaped(_normalized(*given, eps, axes, **wrong), X.shape)


def layer_norm(X, gamma, beta, dY, eps, axes=1, **wrong):
    """Layer norm of X (S, M): statistics of each row."""
    return batch_norm(X, gamma, beta, dY, eps, axes, **wrong)


def batch_norm_2d(X, gamma, beta, dY, eps, axes=(0, 2, 3), mixed=False, **wrong):
    """Batch norm of images (S, C, H, W); `mixed` reshapes to (S·H·W, C) without a transpose."""
    shape = (-1, X.shape[1]) if mixed else X.shape
    along = (1, -1) if mixed else (1, -1, 1, 1)
    given = X.reshape(shape), gamma.reshape(along), beta.reshape(along), dY.reshape(shape)
    return _reshaped(_normalized(*given, eps, (0,) if mixed else axes, **wrong), X.shape)


def group_norm(X, gamma, beta, dY, eps, groups, axes=(2, 3, 4), mixed=False, **wrong):
    """Group norm of images (S, C, H, W), statistics over the channels of a group and all places.

    `mixed` puts every `groups`-th channel into a group instead of neighbors.
    """
    (S, C, H, W), groups = X.shape, int(groups)
    sizes = (C // groups, groups) if mixed else (groups, C // groups)
    axes = (1, 3, 4) if mixed else axes
    images, along = (S, *sizes, H, W), (1, *sizes, 1, 1)
    given = X.reshape(images), gamma.reshape(along), beta.reshape(along), dY.reshape(images)
    return _reshaped(_normalized(*given, eps, axes, **wrong), X.shape)


def rms_norm(X, gamma, dY, eps, axes=1, centered=False, **wrong):
    """RMS norm along the rows of X (S, M)."""
    beta = np.zeros_like(gamma)[None]
    found = _normalized(X, gamma[None], beta, dY, eps, axes, centered=centered, **wrong)
    return _reshaped(found, X.shape)
