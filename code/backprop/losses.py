"""Cross-entropy for one class of many and for yes or no; the squared error, for real targets.

Source: chapter "Cross-entropy"; homework, question e.

The loss is the mean over the S samples; this is the one place in the book where 1/S comes in.
Targets T are integer labels (S,) or rows (S, C) that sum to 1 (one-hot, or soft); for the squared
error real numbers, for yes or no numbers from 0 to 1, in the shape of the output.
"""

import numpy as np

from .activations import sigmoid, softplus
from .layer import Layer
from .softmax import log_softmax
from .validation import as_array, as_dtype, as_floats, expect_number, expects


def one_hot(labels, classes, dtype=np.float64):
    """Integer labels (S,) → rows T (S, C) with a single 1.

    Raises ValueError for labels outside 0 … C − 1.
    """
    classes = expect_number(classes, "classes", "one_hot", low=1, whole=True)
    return _one_hot(labels, classes, as_dtype(dtype, "one_hot"), "one_hot")


@expects("CrossEntropy", Y="S C")
def cross_entropy(Y, T):
    """L = −(1/S) Σ_ij T_ij log Y_ij: probabilities Y (S, C), targets T → a number in nats.

    A probability of exactly 0 is read as the smallest normal number, so that the loss stays finite
    (708 nats in float64) and 0 · log 0 is 0. Raises ValueError where Y or T are no probabilities:
    a negative entry, one above 1, a row that does not sum to 1.
    """
    T = _target_rows(T, _probabilities(Y), "CrossEntropy")
    return -(T * np.log(_positive(Y))).sum() / len(Y)


@expects("CrossEntropy", Y="S C")
def cross_entropy_backward(Y, T):
    """dY = −(1/S) T ⊘ Y, all (S, C); 0 wherever T is 0, also where Y is 0 too."""
    T = _target_rows(T, _probabilities(Y), "CrossEntropy")
    return -T / _positive(Y) / len(Y)


@expects("SoftmaxCrossEntropy", Z="S ... C")
def softmax_cross_entropy(Z, T):
    """L = −(1/S) Σ_ij T_ij log Y_ij with Y = softmax(Z), a number in nats; Z (S, C).

    The logarithms come from `log_softmax`, so the loss is finite for every finite Z. Of sequences,
    Z (S, T, C) and labels (S, T), every place counts as a sample: the mean is over all of them.
    """
    Z, T = _rows(Z, T, "SoftmaxCrossEntropy")
    return -(T * log_softmax(Z)).sum() / len(Z)


@expects("SoftmaxCrossEntropy", Z="S ... C")
def softmax_cross_entropy_backward(Z, T):
    """dZ = (1/S)(Y − T) with Y = softmax(Z), all (S, C), or (S, T, C). Its rows sum to 0.

    Y − T is written as Y(1 − T) − T(1 − Y), with 1 − Y = −expm1(log Y): a probability of nearly 1
    at the true class leaves a small gradient, not 0.
    """
    shape, (Z, T) = Z.shape, _rows(Z, T, "SoftmaxCrossEntropy")
    logs = log_softmax(Z)
    return ((np.exp(logs) * (1 - T) + T * np.expm1(logs)) / len(Z)).reshape(shape)


@expects("smoothed", T="S C", label_smoothing="number")
def smoothed(T, label_smoothing):
    """(1 − α) T + α/C: the rows of T (S, C), moved a little towards equal parts for all classes."""
    return (1 - label_smoothing) * T + label_smoothing / T.shape[1]


class CrossEntropy(Layer):
    """Cross-entropy by the probabilities: `forward(Y, T)` gives the loss, `backward()` gives dY."""

    def forward(self, Y, T):
        """Y (S, C), T (S,) or (S, C) → a number."""
        loss = cross_entropy(Y, T)
        self._remember(Y, T)
        return loss

    def backward(self):
        """dY (S, C)."""
        return cross_entropy_backward(*self._recall())


class SoftmaxCrossEntropy(Layer):
    """Softmax and cross-entropy in one: `forward(Z, T)` gives the loss, `backward()` gives dZ.

    With `label_smoothing` α, the targets are (1 − α) T + α/C (Szegedy et al. 2016).
    """

    def __init__(self, label_smoothing=0.0):
        super().__init__()
        who = "SoftmaxCrossEntropy"
        self.label_smoothing = expect_number(label_smoothing, "label_smoothing", who, 0, 1)

    @expects(Z="S ... C")
    def forward(self, Z, T):
        """Z (S, C), T (S,) or (S, C), or with a T of sequences between them → a number."""
        if self.label_smoothing:
            _, rows = _rows(Z, T, "SoftmaxCrossEntropy")
            T = smoothed(rows, self.label_smoothing).reshape(Z.shape)
        loss = softmax_cross_entropy(Z, T)
        self._remember(Z, T)
        return loss

    def backward(self):
        """dZ (S, C)."""
        return softmax_cross_entropy_backward(*self._recall())


@expects("MSE", Y="S N")
def mse(Y, T):
    """L = (1/S) Σ_ij (Y_ij − T_ij)²: outputs Y (S, N), real targets T (S, N) → a number.

    For N = 1, T may be (S,). The mean is over the samples, the sum over the N outputs, as in every
    loss of this book: N times PyTorch's MSELoss, which averages over all S · N entries.
    """
    return ((Y - _real_targets(T, Y, "MSE")) ** 2).sum() / len(Y)


@expects("MSE", Y="S N")
def mse_backward(Y, T):
    """dY = (2/S)(Y − T), all (S, N)."""
    return 2 * (Y - _real_targets(T, Y, "MSE")) / len(Y)


class MSE(Layer):
    """Squared error, for regression: `forward(Y, T)` gives the loss, `backward()` gives dY.

    The mean over S of the squared distance between the rows of Y and T. PyTorch's MSELoss divides
    by N as well: for N outputs, its gradients are N times smaller, and it wants N times the lr.
    """

    real_targets = True  # `train` then takes targets that are no labels

    def forward(self, Y, T):
        """Y (S, N), T (S, N), or (S,) for N = 1 → a number."""
        loss = mse(Y, T)
        self._remember(Y, T)
        return loss

    def backward(self):
        """dY (S, N)."""
        return mse_backward(*self._recall())


@expects("BCEWithLogits", Z="S N")
def bce_with_logits(Z, T):
    """L = −(1/S) Σ_ij (T_ij log Y_ij + (1 − T_ij) log(1 − Y_ij)) with Y = σ(Z), in nats; Z (S, N).

    Targets T (S, N) from 0 to 1; for N = 1, T may be (S,). −log σ(z) is softplus(−z), and
    −log(1 − σ(z)) is softplus(z), so the loss is finite for every finite Z. The mean is over the
    samples, the sum over the N answers: N times PyTorch's BCEWithLogitsLoss.
    """
    T = _chances(T, Z, "BCEWithLogits")
    return (T * softplus(-Z) + (1 - T) * softplus(Z)).sum() / len(Z)


@expects("BCEWithLogits", Z="S N")
def bce_with_logits_backward(Z, T):
    """dZ = (1/S)(σ(Z) − T), all (S, N), written as σ(Z)(1 − T) − T σ(−Z): small stays small."""
    T = _chances(T, Z, "BCEWithLogits")
    return (sigmoid(Z) * (1 - T) - T * sigmoid(-Z)) / len(Z)


class BCEWithLogits(Layer):
    """Sigmoid and binary cross-entropy in one: `forward(Z, T)` gives the loss, `backward()` dZ.

    For N questions of yes or no that don't exclude each other. PyTorch's BCEWithLogitsLoss divides
    by N as well.
    """

    real_targets = True

    def forward(self, Z, T):
        """Z (S, N), T (S, N) from 0 to 1, or (S,) for N = 1 → a number."""
        loss = bce_with_logits(Z, T)
        self._remember(Z, T)
        return loss

    def backward(self):
        """dZ (S, N)."""
        return bce_with_logits_backward(*self._recall())


def _chances(T, Z, who):
    """T in the shape and precision of Z; raises ValueError for an entry outside 0 … 1."""
    T = _real_targets(T, Z, who, "Z")
    outside = (T < 0) | (T > 1)
    if outside.any():
        i, j = np.argwhere(outside)[0].tolist()
        raise ValueError(f"{who} expects T from 0 to 1, got {T[i, j]:g} at [{i}, {j}]")
    return T


def _real_targets(T, Y, who, of="Y"):
    """T in the shape and precision of Y. A (S,) with a (S, 1) would be broadcast to (S, S)."""
    T = as_floats(T, "T", who)
    if T.shape == Y.shape[:1] and Y.shape[1] == 1:
        T = T[:, None]
    if T.shape != Y.shape:
        raise ValueError(f"{who} expects T of shape {Y.shape}, as {of}, got {T.shape}")
    return T.astype(Y.real.dtype)


def _positive(Y):
    return np.maximum(Y, np.finfo(Y.dtype).tiny)


def _probabilities(Y):
    """Y; raises ValueError unless each row holds probabilities, and points to the other loss.

    The sums may be off by more than a finite difference moves them (6e-6 in float64, 5e-3 in
    float32), or no gradient with respect to Y could be measured.
    """
    tolerance = 1e-3 if Y.real.dtype == np.float64 else 1e-2
    _expect_simplex(Y.real, "Y", "CrossEntropy", tolerance, "; SoftmaxCrossEntropy takes logits")
    return Y


def _expect_simplex(rows, name, who, tolerance, instead=""):
    """Raise ValueError unless no entry is negative or above 1 and each row sums to 1."""
    outside = (rows < 0) | (rows > 1 + tolerance)
    if outside.any():
        i, j = np.argwhere(outside)[0].tolist()
        got = f"{rows[i, j]:g} at [{i}, {j}]"
        raise ValueError(f"{who} expects {name} to hold probabilities, got {got}{instead}")
    off = np.abs(rows.sum(axis=1) - 1)
    if off.max() > tolerance:
        i = int(off.argmax())
        got = f"row {i} sums to {rows[i].sum():g}"
        raise ValueError(f"{who} expects each row of {name} to sum to 1, {got}{instead}")


def _rows(Z, T, who):
    """Z (S, C) and T as rows of it; of sequences (S, T, C) every place is a row."""
    if Z.ndim > 2:
        T = as_array(T, "T", who)
        if T.shape not in (Z.shape[:-1], Z.shape):
            shapes = f"{Z.shape[:-1]} or {Z.shape}"
            raise ValueError(f"{who} expects T of shape {shapes}, got {T.shape}")
        T = T.reshape(-1, *T.shape[Z.ndim - 1 :])
        Z = Z.reshape(-1, Z.shape[-1])
    return Z, _target_rows(T, Z, who)


def _target_rows(T, Y, who):
    """T as rows (S, C) in the precision of Y; raises ValueError if it is no labels and no rows."""
    (S, C), dtype = Y.shape, Y.real.dtype
    T = as_array(T, "T", who)
    if T.shape == (S,):
        return _one_hot(T, C, dtype, who)
    if T.shape != (S, C):
        raise ValueError(f"{who} expects T of shape ({S},) or ({S}, {C}), got {T.shape}")
    rows = as_floats(T, "T", who)
    _expect_simplex(rows, "T", who, 1e-5)
    return rows.astype(dtype)


def _one_hot(labels, classes, dtype, who):
    labels = as_array(labels, "labels", who)
    if labels.dtype.kind not in "iu" or labels.ndim != 1 or labels.size == 0:
        got = f"{labels.dtype} {labels.shape}"
        raise ValueError(f"{who} expects labels to be integers of shape (S,), got {got}")
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        i = int(outside.argmax())
        raise ValueError(
            f"{who} expects labels from 0 to {classes - 1}, got {labels[i]} for sample {i}"
        )
    rows = np.zeros((len(labels), classes), dtype)
    rows[np.arange(len(labels)), labels] = 1
    return rows
