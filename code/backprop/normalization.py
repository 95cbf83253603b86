"""Layer, RMS and batch normalization: each along its own axes, to mean 0 and variance 1.

Source: Ba et al. 2016 (layer), Zhang and Sennrich 2019 (RMS), Ioffe and Szegedy 2015 (batch).

    U = (X − mean) / √(variance + ε),    Y = weight ⊙ U + bias

The variance is the biased one: the mean of the squared deviations. ε, in the squared unit of X,
keeps a constant row finite. X comes into U on three paths, itself, by the mean and by the variance:
the gradient has three terms. Squares of entries beyond 1e154 overflow (1e19 in float32).
"""

import numpy as np

from .layer import Layer
from .validation import as_dtype, as_floats, expect_number, expect_shape, expects


def _standardized(X, axes, eps):
    """(U, 1/√(variance + ε)), with the variance along these axes.

    The mean is subtracted twice: the first one is rounded, and the second takes what is left. So a
    mean of a million times the deviations costs no digits.
    """
    C = X - _mean(X, axes)
    C -= _mean(C, axes)
    r = 1 / np.sqrt(_mean(C**2, axes) + eps)
    C *= r
    return C, r


def _standardized_backward(dU, U, r, axes):
    """dX = r (dU − mean(dU) − U ⊙ mean(dU ⊙ U)): the three paths from X to U."""
    return r * (dU - _mean(dU, axes) - U * _mean(dU * U, axes))


def _mean(X, axes):
    """X.mean(axis=axes, keepdims=True); along the last axis, which may be short, faster."""
    if axes == -1:
        return np.einsum("...j->...", X)[..., None] / X.shape[-1]
    return X.mean(axis=axes, keepdims=True)


@expects("LayerNorm", weight="M", bias="M", X="... M", eps="number")
def layer_norm(X, weight, bias, eps=1e-5):
    """Y = weight ⊙ (X − mean)/√(variance + ε) + bias, both along the last axis.

    X (…, M), weight and bias (M,) → Y (…, M). Raises ValueError if the shapes do not meet.
    """
    U, _ = _standardized(X, -1, _positive(eps, "LayerNorm"))
    return weight * U + bias


@expects("LayerNorm", weight="M", X="... M", dY="... M", eps="number")
def layer_norm_backward(dY, X, weight, eps=1e-5):
    """All three gradients: dY (…, M) → dX (…, M), dweight (M,), dbias (M,).

    With dU = dY ⊙ weight, dX = r (dU − mean(dU) − U ⊙ mean(dU ⊙ U)): the weight is inside the
    means. The rows of dX sum to 0. Raises ValueError if the shapes do not meet.
    """
    return _layer_norm_backward(dY, weight, *_standardized(X, -1, _positive(eps, "LayerNorm")))


def _layer_norm_backward(dY, weight, U, r):
    rows = tuple(range(dY.ndim - 1))
    dX = _standardized_backward(dY * weight, U, r, -1)
    return dX, (dY * U).sum(axis=rows), dY.sum(axis=rows)


@expects("RMSNorm", weight="M", X="... M", eps="number")
def rms_norm(X, weight, eps=1e-6):
    """Y = weight ⊙ X/√(mean(X²) + ε), the mean along the last axis: X (…, M), weight (M,)."""
    r = 1 / np.sqrt((X**2).mean(axis=-1, keepdims=True) + _positive(eps, "RMSNorm"))
    return weight * X * r


@expects("RMSNorm", weight="M", X="... M", dY="... M", eps="number")
def rms_norm_backward(dY, X, weight, eps=1e-6):
    """Both gradients: dY (…, M) → dX (…, M), dweight (M,).

    With U = X r and dU = dY ⊙ weight, dX = r (dU − U ⊙ mean(dU ⊙ U)): there is no mean that X
    could come through, so two paths. Raises ValueError if the shapes do not meet.
    """
    r = 1 / np.sqrt((X**2).mean(axis=-1, keepdims=True) + _positive(eps, "RMSNorm"))
    U, dU = X * r, dY * weight
    dX = r * (dU - U * (dU * U).mean(axis=-1, keepdims=True))
    return dX, (dY * U).sum(axis=tuple(range(X.ndim - 1)))


@expects("BatchNorm", weight="M", bias="M", X="S M ...", eps="number")
def batch_norm(X, weight, bias, eps=1e-5):
    """Y = weight ⊙ (X − mean)/√(variance + ε) + bias, both over all samples (and places).

    X (S, M) or images (S, M, H, W), weight and bias (M,) → Y of X's shape. Raises ValueError if the
    shapes do not meet.
    """
    U, _ = _standardized(X, _but_features(X), _positive(eps, "BatchNorm"))
    return _along(weight, X) * U + _along(bias, X)


@expects("BatchNorm", weight="M", X="S M ...", dY="S M ...", eps="number")
def batch_norm_backward(dY, X, weight, eps=1e-5):
    """All three gradients: dY of X's shape → dX of X's shape, dweight (M,), dbias (M,).

    The formula of `layer_norm_backward`, along the samples; each feature of dX sums to 0.
    """
    axes = _but_features(X)
    U, r = _standardized(X, axes, _positive(eps, "BatchNorm"))
    dX = _standardized_backward(dY * _along(weight, X), U, r, axes)
    return dX, (dY * U).sum(axis=axes), dY.sum(axis=axes)


@expects("BatchNorm", weight="M", bias="M", mean="M", var="M", X="S M ...", eps="number")
def batch_norm_fixed(X, mean, var, weight, bias, eps=1e-5):
    """Y = weight ⊙ (X − mean)/√(var + ε) + bias, with the running averages (M,) as constants."""
    r = 1 / np.sqrt(_not_negative(var) + _positive(eps, "BatchNorm"))
    return _along(weight * r, X) * (X - _along(mean, X)) + _along(bias, X)


@expects("BatchNorm", weight="M", mean="M", var="M", X="S M ...", dY="S M ...", eps="number")
def batch_norm_fixed_backward(dY, X, mean, var, weight, eps=1e-5):
    """All three gradients of `batch_norm_fixed`: one path, dX = dY ⊙ weight/√(var + ε)."""
    r, axes = 1 / np.sqrt(_not_negative(var) + _positive(eps, "BatchNorm")), _but_features(X)
    U = (X - _along(mean, X)) * _along(r, X)
    return dY * _along(weight * r, X), (dY * U).sum(axis=axes), dY.sum(axis=axes)


class LayerNorm(Layer):
    """Layer normalization with parameters "weight" (M,), 1 at first, and "bias" (M,), 0 at first.

    `normalized_shape` M, the last axis of X (…, M); `eps` in the squared unit of X; `dtype` float32
    or float64. The same in training and evaluation. X is cached, not copied.
    """

    settings = ("eps",)

    def __init__(self, normalized_shape, eps=1e-5, dtype=np.float64):
        super().__init__()
        self.eps = _positive(eps, "LayerNorm")
        self.params = _ones_and_zeros(normalized_shape, "normalized_shape", "LayerNorm", dtype)

    @expects(X="... M")
    def forward(self, X):
        """X (…, M) → Y (…, M)."""
        expect_shape(X, ("...", len(self.params["weight"])), {}, "X", "LayerNorm")
        U, r = _standardized(X, -1, self.eps)
        self._remember(X, U, r)
        return self.params["weight"] * U + self.params["bias"]

    def backward(self, dY):
        """dY (…, M) → dX (…, M); sets grads["weight"] (M,) and grads["bias"] (M,)."""
        _, U, r = self._recall()
        dY = as_floats(dY, "dY", "LayerNorm")
        expect_shape(dY, U.shape, {}, "dY", "LayerNorm")
        dX, dweight, dbias = _layer_norm_backward(dY, self.params["weight"], U, r)
        self.grads = {"weight": dweight, "bias": dbias}
        return dX


class RMSNorm(Layer):
    """Normalization by the root mean square, with the parameter "weight" (M,), 1 at first.

    `normalized_shape` M, the last axis of X (…, M); `eps` in the squared unit of X; `dtype` float32
    or float64. The same in training and evaluation. X is cached, not copied.
    """

    settings = ("eps",)

    def __init__(self, normalized_shape, eps=1e-6, dtype=np.float64):
        super().__init__()
        self.eps = _positive(eps, "RMSNorm")
        self.params = _ones_and_zeros(normalized_shape, "normalized_shape", "RMSNorm", dtype)
        del self.params["bias"]

    def forward(self, X):
        """X (…, M) → Y (…, M)."""
        Y = rms_norm(X, self.params["weight"], self.eps)
        self._remember(X)
        return Y

    def backward(self, dY):
        """dY (…, M) → dX (…, M); sets grads["weight"] (M,)."""
        (X,) = self._recall()
        dX, self.grads["weight"] = rms_norm_backward(dY, X, self.params["weight"], self.eps)
        return dX


class BatchNorm(Layer):
    """Batch normalization with parameters "weight" (M,), 1 at first, and "bias" (M,), 0 at first.

    `num_features` M, the second axis of X (S, M) or (S, M, H, W). While training it takes mean and
    biased variance of the batch, and moves `running_mean` and `running_var` a fraction `momentum`
    towards the batch's mean and unbiased variance (Bessel's n/(n − 1)); otherwise it takes these.
    As everywhere here, `training` is False unless set. Raises ValueError where a feature has a
    single value while training. X is cached, not copied.
    """

    buffers = ("running_mean", "running_var")
    settings = ("eps", "momentum")

    def __init__(self, num_features, eps=1e-5, momentum=0.1, dtype=np.float64):
        super().__init__()
        self.eps = _positive(eps, "BatchNorm")
        self.momentum = expect_number(momentum, "momentum", "BatchNorm", low=0, high=1)
        self.params = _ones_and_zeros(num_features, "num_features", "BatchNorm", dtype)
        self.running_mean = self.params["bias"].copy()
        self.running_var = self.params["weight"].copy()

    def forward(self, X):
        """X (S, M) or (S, M, H, W) → Y of X's shape; while training it moves the averages."""
        weight, bias = self.params["weight"], self.params["bias"]
        if self.training:
            Y = batch_norm(X, weight, bias, self.eps)
            self._average(np.asarray(X).real)
            self._remember(X)
        else:
            fixed = self.running_mean, self.running_var
            Y = batch_norm_fixed(X, *fixed, weight, bias, self.eps)
            self._remember(X, *fixed)
        return Y

    def backward(self, dY):
        """dY of X's shape → dX; sets grads["weight"] and grads["bias"] (M,), by forward's mode."""
        given, weight = self._recall(), self.params["weight"]
        gradient = batch_norm_backward if len(given) == 1 else batch_norm_fixed_backward
        dX, dweight, dbias = gradient(dY, *given, weight, self.eps)
        self.grads = {"weight": dweight, "bias": dbias}
        return dX

    def _average(self, X):
        axes = _but_features(X)
        n = X.size // X.shape[1]
        if n < 2:
            raise ValueError(
                "BatchNorm expects X with two or more values of each feature while training, got "
                f"shape {X.shape}: the variance of one is 0"
            )
        averages = {"running_mean": X.mean(axis=axes), "running_var": X.var(axis=axes, ddof=1)}
        for name, new in averages.items():
            old = getattr(self, name)
            moved = (1 - self.momentum) * old + self.momentum * new
            setattr(self, name, moved.astype(old.dtype))


def _but_features(X):
    """All axes but the second."""
    return (0, *range(2, X.ndim))


def _along(v, X):
    """v (M,) so that it meets the second axis of X."""
    return v.reshape(-1, *[1] * (X.ndim - 2))


def _ones_and_zeros(M, name, who, dtype):
    M, dtype = expect_number(M, name, who, low=1, whole=True), as_dtype(dtype, who)
    return {"weight": np.ones(M, dtype), "bias": np.zeros(M, dtype)}


def _positive(eps, who):
    return expect_number(eps, "eps", who, low=1e-12)


def _not_negative(var):
    if (var.real < 0).any():
        i = int(var.real.argmin())
        raise ValueError(f"BatchNorm expects var to be at least 0, got {var[i]:g} at [{i}]")
    return var
