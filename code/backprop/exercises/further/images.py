"""Pooling and convolution by the places of their windows: right, or with one mistake.

A window is a list of places in an image whose numbers are in one row, line by line: in an image
of width W entry (a, b) has the place a W + b. So "H for W" and "i for i times the stride" are
other lists of places, and nothing else.
"""

import numpy as np


def _both(value):
    """An integer, or two of them for rows and columns, as a pair of integers."""
    rows, columns = np.broadcast_to(value, 2).tolist()
    return rows, columns


def _padded(X, padding, fill=0.0):
    p, q = _both(padding)
    return np.pad(X, ((0, 0), (0, 0), (p, p), (q, q)), constant_values=fill)


def _places(shape, kernel, stride, swapped="", step=None):
    """(h, w, k·m): the places of each window in images (…, H, W).

    `swapped` has one size where the other belongs: "line" takes H for the length of a line, "H" and
    "W" compute both sizes of the output from one. `step` moves the windows by another step than the
    one that they were counted with.
    """
    (H, W), (k, m), (s, t) = shape[-2:], _both(kernel), _both(stride)
    h, w = (H - k) // s + 1, (W - m) // t + 1
    h, w = {"H": (h, h), "W": (w, w)}.get(swapped, (h, w))
    s, t = (s, t) if step is None else _both(step)
    a = s * np.arange(h)[:, None, None, None] + np.arange(k)[:, None]
    b = t * np.arange(w)[:, None, None] + np.arange(m)
    if h < 1 or w < 1 or a.max() >= H or b.max() >= W:
        raise ValueError("a window reaches beyond the image")
    return ((H if swapped == "line" else W) * a + b).reshape(h, w, k * m)


def _under(X, places):
    """(S, C, h, w, k·m): the numbers under each window."""
    return X.reshape(*X.shape[:2], -1)[:, :, places]


def _returned(back, places, shape, overwritten=""):
    """dX of this shape from what each window gives back, (S, C, h, w, k·m): overlaps are added up.

    `overwritten` keeps the last instead: of whole "windows" with their zeros, or of the "entries"
    that are not 0.
    """
    dX = np.zeros((*shape[:2], shape[2] * shape[3]))
    for i, j in np.ndindex(places.shape[:2]):
        new, at = back[:, :, i, j], places[i, j]
        if overwritten:
            dX[:, :, at] = np.where((new != 0) | (overwritten == "windows"), new, dX[:, :, at])
        else:
            dX[:, :, at] += new
    return dX.reshape(shape)


def _cut(dX, padding, cut=""):
    """dX without its padding. "-p" is [p:-p], which is empty for p = 0; "1" is [1:-1] for any p;
    "end" cuts all of it off at the end; "none" leaves it.
    """
    (p, q), (H, W) = _both(padding), dX.shape[-2:]
    rows, columns = {
        "-p": (slice(p, -p), slice(q, -q)),
        "1": (slice(1, -1), slice(1, -1)),
        "end": (slice(0, H - 2 * p), slice(0, W - 2 * q)),
        "none": (slice(None), slice(None)),
    }.get(cut, (slice(p, H - p), slice(q, W - q)))
    return dX[:, :, rows, columns]


def square(X, size):
    """Zeros in the shape of X but with H = W: what is counted with one size only."""
    n = X.shape[2 if size == "H" else 3]
    return np.zeros((*X.shape[:2], n, n))


def corner(array):
    """The array with zeros where one of the last two indices reaches beyond the smaller size."""
    n = min(array.shape[2:])
    kept = np.zeros(array.shape)
    kept[:, :, :n, :n] = array[:, :, :n, :n]
    return kept


def turned(array):
    """The numbers of the transposed images, in the shape of the images."""
    return array.swapaxes(2, 3).reshape(array.shape)


def refilled(array):
    """Images that were filled as if height and width were exchanged, and transposed back."""
    S, C, H, W = array.shape
    return array.reshape(S, C, W, H).swapaxes(2, 3)


def mixed(array):
    """The array reshaped as if its first two axes were exchanged, and then exchanged."""
    first, second, *rest = array.shape
    return array.reshape(second, first, *rest).swapaxes(0, 1)


def _chosen(equal, ties):
    """Which of the equal maxima of a window get the gradient, and how much of it."""
    if ties == "all":
        return equal.astype(float)
    if ties == "shared":
        return equal / equal.sum(axis=-1, keepdims=True)
    ordered = equal[..., ::-1] if ties == "last" else equal
    first = ordered & (np.cumsum(ordered, axis=-1) == 1)
    return (first[..., ::-1] if ties == "last" else first).astype(float)


class Later(dict):
    """{name: function}: each value is computed when it is taken.

    A mistake in forward may leave no windows that backward could meet.
    """

    def __getitem__(self, name):
        return super().__getitem__(name)()


def max_pool(
    X, dY, kernel, stride, padding=0, ties="first", overwritten="", read=None, back=None, cut=""
):
    """Y and dX of max pooling; `read` and `back` are mistakes in the places of either direction."""
    large = _padded(X, padding, -np.inf)
    windows = _under(large, _places(large.shape, kernel, stride, **read or {}))
    Y = windows.max(axis=-1)

    def dX():
        best = _chosen(windows == Y[..., None], ties) * dY[..., None]
        places = _places(large.shape, kernel, stride, **back or {})
        return _cut(_returned(best, places, large.shape, overwritten), padding, cut)

    return Later(forward=lambda: Y, dX=dX)


def avg_pool(
    X, dY, kernel, stride, padding=0, overwritten="", read=None, back=None, count=None, cut=""
):
    """Y and dX of average pooling; `count` is another number to divide by."""
    large, number = _padded(X, padding), count or np.prod(_both(kernel))

    def forward():
        places = _places(large.shape, kernel, stride, **read or {})
        return _under(large, places).sum(axis=-1) / number

    def dX():
        places = _places(large.shape, kernel, stride, **back or {})
        equal = np.repeat(dY[..., None], places.shape[-1], axis=-1) / number
        return _cut(_returned(equal, places, large.shape, overwritten), padding, cut)

    return Later(forward=forward, dX=dX)


def convolution(
    X, W, b, dY, stride=1, padding=0, read=None, back=None, overwritten="", cut="", turned=""
):
    """Y, dX, dW and db; `turned` names the outputs in which the kernel is turned by 180°."""
    N, C, *kernel = W.shape
    large, rows = _padded(X, padding), W.reshape(N, C, -1)

    def places(wrong):
        return _places(large.shape, kernel, stride, **wrong or {})

    def entries(name):
        return rows[..., ::-1] if name in turned else rows

    def forward():
        windows = _under(large, places(read))
        return np.einsum("schwk,nck->snhw", windows, entries("Y")) + b[:, None, None]

    def dX():
        gradient = np.einsum("snhw,nck->schwk", dY, entries("dX"))
        return _cut(_returned(gradient, places(back), large.shape, overwritten), padding, cut)

    def dW():
        gradient = np.einsum("schwk,snhw->nck", _under(large, places(back)), dY)
        return (gradient[..., ::-1] if "dW" in turned else gradient).reshape(W.shape)

    return Later(forward=forward, dX=dX, dW=dW, db=lambda: dY.sum(axis=(0, 2, 3)))


def convolution_1d(X, W, b, dY, stride=1, padding=0, **wrong):
    """Y, dX, dW and db of X (S, C, L) and W (N, C, k): images of height 1."""
    flat = X[:, :, None], W[:, :, None], b, dY[:, :, None]
    found = convolution(*flat, (1, stride), (0, padding), **wrong)

    def without_height(name):
        return lambda: found[name] if name == "db" else found[name][:, :, 0]

    return Later((name, without_height(name)) for name in found)
