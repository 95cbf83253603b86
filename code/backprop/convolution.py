"""Two-dimensional convolution, max and average pooling, and their gradients.

Source: LeCun et al. 1989; as one matrix product (im2col): Chellapilla et al. 2006.

With stride s and padding p, and X extended by p zeros on each side:

    Y_inhw = b_n + Σ_c Σ_u Σ_v X_ic,sh+u,sw+v W_ncuv

As everywhere in this field it is a cross-correlation: the kernel is not rotated. The output has
⌊(H + 2p − k)/s⌋ + 1 rows; what no window reaches has the gradient 0. `kernel_size`, `stride` and
`padding` are integers, or pairs of them for rows and columns.

Inside, the samples are the last axis: `_last` gives (C, H, W, S), a view. Then every copy and every
sum under a window runs over S numbers in sequence, which is twice as fast. What is returned is a
view with the samples first; the order in memory stays, and the next layer finds it so.
"""

import functools
import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .initializers import kaiming_normal
from .layer import Layer
from .validation import as_dtype, as_floats, expect_number, expect_shape, expects

BLOCK = 2**22  # entries


@expects("Conv2d", W="N C k m", X="S C H W", b="N")
def conv2d(X, W, b, stride=1, padding=0):
    """Y_inhw = b_n + Σ_cuv X_ic,sh+u,sw+v W_ncuv: X (S, C, H, W), W (N, C, k, m), b (N,).

    Raises ValueError if the shapes do not meet, or if the kernel does not fit into X.
    """
    windows, *_ = _windows(X, W, stride, padding)
    N, (h, w, S) = len(W), windows.shape[3:]
    Y, blocks = np.empty((N, h, w, S), np.result_type(X, W)), _blocks(windows)
    for some in blocks:
        columns = _columns(windows[..., some])
        if len(blocks) == 1:
            np.matmul(W.reshape(N, -1), columns, out=Y.reshape(N, -1))
        else:
            Y[..., some] = (W.reshape(N, -1) @ columns).reshape(N, h, w, -1)
    return _first(np.add(Y, b.reshape(N, 1, 1, 1), out=Y if b.dtype == Y.dtype else None))


@expects("Conv2d", W="N C k m", X="S C H W", dY="S N h w")
def conv2d_backward(dY, X, W, stride=1, padding=0, needs_dX=True):
    """All three gradients: dY (S, N, h, w) → dX (S, C, H, W), dW (N, C, k, m), db (N,).

    dW_ncuv = Σ_ihw dY_inhw X_ic,sh+u,sw+v. An entry of X lies in up to k·m windows: dX adds up the
    gradients from all of them. Without `needs_dX`, dX is None.
    """
    windows, stride, padding = _windows(X, W, stride, padding)
    expect_shape(dY, (len(X), len(W), *windows.shape[3:5]), {}, "dY", "Conv2d")
    dY, shape = _last(dY), _last(X).shape
    dX = np.empty(shape, np.result_type(dY, W)) if needs_dX else None
    dW = np.zeros((len(W), W[0].size), np.result_type(dY, X))
    for some in _blocks(windows):
        rows = dY[..., some].reshape(len(W), -1)
        dW += rows @ _columns(windows[..., some]).T
        if needs_dX:
            dX[..., some] = _scattered(rows, W, dX[..., some].shape, dY.shape, stride, padding)
    db = dY.sum(axis=(1, 2, 3))
    return dX if dX is None else _first(dX), dW.reshape(W.shape), db


def _scattered(rows, W, shape, places, stride, padding):
    """dX (C, H, W, S) from dY as rows (N, h·w·S): Wᵀ dY under each window, added up."""
    (N, C, k, m), (_, h, w, _) = W.shape, places
    back = (W.reshape(N, -1).T @ rows).reshape(C, k, m, h, w, -1)
    pieces = ((place, back[:, *place]) for place in np.ndindex(k, m))
    return _added_up(pieces, shape, stride, padding)


@expects("MaxPool2d", X="S C H W")
def max_pool2d(X, kernel_size, stride=None, padding=0):
    """The largest entry of each window: X (S, C, H, W) → Y (S, C, h, w). Padding never wins.

    `stride` is the kernel's size unless given. Raises ValueError if the kernel does not fit into X.
    """
    pieces, _ = _pieces(X, kernel_size, stride, padding, "MaxPool2d", -np.inf)
    return _first(np.array(functools.reduce(np.maximum, pieces.values())))


@expects("MaxPool2d", X="S C H W", dY="S C h w")
def max_pool2d_backward(dY, X, kernel_size, stride=None, padding=0):
    """dX (S, C, H, W): each entry of dY goes to the maximum of its window, to the first of equals.

    First by rows, as in PyTorch. Windows may overlap: an entry gets the sum of what all send.
    """
    pieces, stride = _pieces(X, kernel_size, stride, padding, "MaxPool2d", -np.inf)
    top = functools.reduce(np.maximum, pieces.values())
    expect_shape(dY, _first(top).shape, {}, "dY", "MaxPool2d")
    sent = _to_the_first(top, pieces, np.array(_last(dY), order="C"))
    return _first(_added_up(sent, _last(X).shape, stride, padding))


def _to_the_first(top, pieces, left):
    """For each place in a window what it gets: all that is `left`, if it is the maximum."""
    for place, piece in pieces.items():
        sent = left * (piece == top)
        yield place, sent
        left -= sent  # nothing is left for an equal one


@expects("AvgPool2d", X="S C H W")
def avg_pool2d(X, kernel_size, stride=None, padding=0):
    """The mean of each window: X (S, C, H, W) → Y (S, C, h, w). The zeros of the padding count."""
    pieces, _ = _pieces(X, kernel_size, stride, padding, "AvgPool2d", 0)
    return _first(sum(pieces.values()) / len(pieces))


@expects("AvgPool2d", dY="S C h w")
def avg_pool2d_backward(dY, shape, kernel_size, stride=None, padding=0):
    """dX of this `shape` (S, C, H, W): each entry of dY in equal parts to all of its window."""
    pieces, stride = _pieces(_zeros(shape, dY), kernel_size, stride, padding, "AvgPool2d", 0)
    expect_shape(dY, _first(pieces[0, 0]).shape, {}, "dY", "AvgPool2d")
    part, (S, *sizes) = _last(dY) / len(pieces), shape
    return _first(_added_up(((place, part) for place in pieces), (*sizes, S), stride, padding))


class Conv2d(Layer):
    """A convolution with parameters "weight" (N, C, k, m) and "bias" (N,), in PyTorch's layout.

    in_channels C, out_channels N; `rng` a seed or a NumPy Generator for the weights (Kaiming
    normal, standard deviation gain/√(C k m); the bias starts at 0); `dtype` float32 or float64. X
    is cached, not copied.
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        rng=None,
        dtype=np.float64,
        gain=1.0,
    ):
        super().__init__()
        C = expect_number(in_channels, "in_channels", "Conv2d", low=1, whole=True)
        N = expect_number(out_channels, "out_channels", "Conv2d", low=1, whole=True)
        kernel = _pair(kernel_size, "kernel_size", "Conv2d", 1)
        self.stride = _pair(stride, "stride", "Conv2d", 1)
        self.padding = _pair(padding, "padding", "Conv2d", 0)
        W = kaiming_normal((N, C * math.prod(kernel)), gain, rng, as_dtype(dtype, "Conv2d"))
        self.params = {"weight": W.reshape(N, C, *kernel), "bias": np.zeros(N, dtype)}

    def forward(self, X):
        """X (S, C, H, W) → Y (S, N, h, w)."""
        Y = conv2d(X, self.params["weight"], self.params["bias"], self.stride, self.padding)
        self._remember(X)
        return Y

    def backward(self, dY):
        """dY (S, N, h, w) → dX (S, C, H, W); sets grads["weight"] and grads["bias"]."""
        (X,), W = self._recall(), self.params["weight"]
        dX, dW, db = conv2d_backward(dY, X, W, self.stride, self.padding, self.needs_dX)
        self.grads = {"weight": dW, "bias": db}
        return dX

    def __repr__(self):
        N, C, *kernel = self.params["weight"].shape
        return f"Conv2d({C}, {N}, {tuple(kernel)}, stride={self.stride}, padding={self.padding})"


class _Pool2d(Layer):
    """What the two poolings share: `stride` is the kernel's size unless given."""

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size, self.stride, self.padding = _window(
            kernel_size, stride, padding, type(self).__name__
        )

    def __repr__(self):
        settings = f"{self.kernel_size}, stride={self.stride}, padding={self.padding}"
        return f"{type(self).__name__}({settings})"


class MaxPool2d(_Pool2d):
    """The largest entry of each window, of equal ones the first: (S, C, H, W) → (S, C, h, w)."""

    def forward(self, X):
        """X (S, C, H, W) → Y (S, C, h, w)."""
        Y = max_pool2d(X, self.kernel_size, self.stride, self.padding)
        self._remember(X)
        return Y

    def backward(self, dY):
        """dY (S, C, h, w) → dX (S, C, H, W)."""
        (X,) = self._recall()
        return max_pool2d_backward(dY, X, self.kernel_size, self.stride, self.padding)


class AvgPool2d(_Pool2d):
    """The mean of each window, in which zeros of the padding count: (S, C, H, W) → (S, C, h, w)."""

    def forward(self, X):
        """X (S, C, H, W) → Y (S, C, h, w)."""
        Y = avg_pool2d(X, self.kernel_size, self.stride, self.padding)
        self._remember(np.shape(X))
        return Y

    def backward(self, dY):
        """dY (S, C, h, w) → dX (S, C, H, W)."""
        (shape,) = self._recall()
        return avg_pool2d_backward(dY, shape, self.kernel_size, self.stride, self.padding)


class Flatten(Layer):
    """(S, C, H, W) → (S, C·H·W), for a linear layer after convolutions."""

    @expects(X="S ...")
    def forward(self, X):
        """X (S, …) → Y (S, M)."""
        self._remember(X.shape)
        return X.reshape(len(X), -1).copy()

    def backward(self, dY):
        """dY (S, M) → dX (S, …)."""
        (shape,) = self._recall()
        dY = as_floats(dY, "dY", "Flatten")
        expect_shape(dY, (shape[0], math.prod(shape[1:])), {}, "dY", "Flatten")
        last = np.moveaxis(dY.reshape(shape), 0, -1).copy()  # as the layer before wants it
        return np.moveaxis(last, -1, 0)


def _last(X):
    """A view of X (S, C, H, W) with the samples last, (C, H, W, S)."""
    return X.transpose(1, 2, 3, 0)


def _first(X):
    """The same, back: (C, H, W, S) → (S, C, H, W)."""
    return X.transpose(3, 0, 1, 2)


def _windows(X, W, stride, padding):
    """(a view (C, k, m, h, w, S) of the numbers under each window, stride, padding)."""
    stride, padding = _pair(stride, "stride", "Conv2d", 1), _pair(padding, "padding", "Conv2d", 0)
    X = _padded(_last(X), padding, 0)
    _fits(W.shape[2:], X, "W", "Conv2d")
    windows = sliding_window_view(X, W.shape[2:], axis=(1, 2))
    return windows[:, :: stride[0], :: stride[1]].transpose(0, 4, 5, 1, 2, 3), stride, padding


def _columns(windows):
    """(C·k·m, h·w·S): each column the numbers under one window."""
    C, k, m, h, w, S = windows.shape
    return windows.reshape(C * k * m, h * w * S)


def _blocks(windows):
    """Slices of samples so few that their columns take no more than some megabytes."""
    size, S = max(1, BLOCK // windows[..., 0].size), windows.shape[-1]
    return [slice(i, i + size) for i in range(0, S, size)]


def _pieces(X, kernel_size, stride, padding, who, fill):
    """({(u, v): entry u, v of each window, (C, h, w, S)}, stride)."""
    (k, m), (s, t), padding = _window(kernel_size, stride, padding, who)
    X = _padded(_last(X), padding, fill)
    _fits((k, m), X, "kernel_size", who)
    h, w = (X.shape[1] - k) // s + 1, (X.shape[2] - m) // t + 1
    pieces = {(u, v): X[:, u : u + s * h : s, v : v + t * w : t] for u, v in np.ndindex(k, m)}
    return pieces, (s, t)


def _added_up(pieces, shape, stride, padding):
    """What `_pieces` takes apart, added up where windows overlap, without the padding."""
    (s, t), (p, q) = _pair(stride, "stride", "", 1), _pair(padding, "padding", "", 0)
    total, (C, H, W, S) = None, shape
    for (u, v), piece in pieces:
        if total is None:
            total = np.zeros((C, H + 2 * p, W + 2 * q, S), piece.dtype)
        _, h, w, _ = piece.shape
        total[:, u : u + s * h : s, v : v + t * w : t] += piece
    return total[:, p : p + H, q : q + W]  # not p:-p, which is empty for p = 0


def _padded(X, padding, fill):
    """X (C, H, W, S) with a border, in memory where the samples are last."""
    if padding == (0, 0):
        return np.ascontiguousarray(X)
    (p, q), (C, H, W, S) = padding, X.shape
    padded = np.full((C, H + 2 * p, W + 2 * q, S), fill, X.dtype)
    padded[:, p : p + H, q : q + W] = X
    return padded


def _window(kernel_size, stride, padding, who):
    kernel = _pair(kernel_size, "kernel_size", who, 1)
    stride = kernel if stride is None else _pair(stride, "stride", who, 1)
    padding = _pair(padding, "padding", who, 0)
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ValueError(
            f"{who} expects padding to be at most half of kernel_size {kernel}, got {padding}: a "
            "window would hold nothing else"
        )
    return kernel, stride, padding


def _pair(value, name, who, low):
    """An integer, or two of them for rows and columns, as a pair."""
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return tuple(expect_number(one, name, who, low=low, whole=True) for one in value)
    one = expect_number(value, name, who, low=low, whole=True)
    return one, one


def _fits(kernel, X, name, who):
    (k, m), (H, W) = kernel, X.shape[1:3]
    if k > H or m > W:
        raise ValueError(
            f"{who} expects {name} to fit into X, with its padding {H} × {W}, got a kernel of "
            f"{k} × {m}"
        )


def _zeros(shape, dY):
    if not isinstance(shape, (tuple, list)) or len(shape) != 4:
        raise ValueError(f"AvgPool2d expects shape to be (S, C, H, W), got {shape!r}")
    sizes = [expect_number(n, "each size in shape", "AvgPool2d", low=1, whole=True) for n in shape]
    return np.broadcast_to(dY.dtype.type(0), sizes)
