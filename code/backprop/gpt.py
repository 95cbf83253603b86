"""A character-level GPT of the layers of this book: it says which character comes next.

Source: chapter "A GPT"; Radford et al. 2019.

    H = LayerNorm(… X + MLP(LayerNorm(X)) …),    Z = H Wᵀ

The table W is used twice: its rows go in, and with it every place scores all characters.
"""

import numpy as np

from .activations import GELU
from .attention import MultiHeadAttention
from .embedding import Embedding
from .initializers import gain
from .layer import Layer
from .linear import Linear
from .losses import SoftmaxCrossEntropy
from .network import Sequential
from .normalization import LayerNorm
from .optimizers import clip_gradients
from .products import matmul, projected, rows
from .softmax import softmax
from .validation import (
    as_dtype,
    as_floats,
    as_integers,
    as_rng,
    expect_function,
    expect_number,
    expect_shape,
    trusted,
)


class Positions(Layer):
    """Y = X + B: a row for each place, the parameter "weight" (length, D), added to all samples."""

    def __init__(self, length, width, rng=None, dtype=np.float64):
        super().__init__()
        length = expect_number(length, "length", "Positions", low=1, whole=True)
        width = expect_number(width, "width", "Positions", low=1, whole=True)
        rows = as_rng(rng, "Positions").standard_normal((length, width)) / np.sqrt(width)
        self.params = {"weight": rows.astype(as_dtype(dtype, "Positions"))}

    def forward(self, X):
        """X (S, T, D), T at most `length` → Y (S, T, D)."""
        X, (length, D) = as_floats(X, "X", "Positions"), self.params["weight"].shape
        expect_shape(X, ("S", "T", D), {}, "X", "Positions")
        if X.shape[1] > length:
            raise ValueError(f"Positions expects at most {length} places in X, got {X.shape}")
        self._remember(X.shape)
        return X + self.params["weight"][: X.shape[1]]

    def backward(self, dY):
        """dY (S, T, D) → dX = dY; sets grads["weight"] (length, D), 0 for places not used."""
        (shape,), dY = self._recall(), as_floats(dY, "dY", "Positions")
        expect_shape(dY, shape, {}, "dY", "Positions")
        dB = np.zeros(self.params["weight"].shape, dY.dtype)
        dB[: shape[1]] = dY.sum(axis=0)
        self.grads = {"weight": dB}
        return dY


class Residual(Sequential):
    """Y = X + f(X), f some layers in sequence."""

    def forward(self, X):
        """X of any shape → Y of its shape."""
        return X + super().forward(X)

    def backward(self, dY):
        """dY → dX: the gradient along f, and past it."""
        return dY + super().backward(dY)


class GPT(Sequential):
    """Integers (S, T) → logits (S, T, V): of each place, for the character after it.

    vocabulary V, `length` the largest T, `width` D, a multiple of `heads`, `depth` the number of
    blocks; `rng` a seed or a NumPy Generator; `dtype` float32 or float64. The rows of the table are
    about 1 long, so the first logits have about the variance 1. Both weights that end a residual
    path are smaller by √(2·depth), so that the sum of all keeps its scale (Radford et al. 2019).
    `backward` returns None: integers have no gradient.
    """

    def __init__(self, vocabulary, length, width, heads, depth, rng=None, dtype=np.float32):
        depth = expect_number(depth, "depth", "GPT", low=1, whole=True)
        self.length = expect_number(length, "length", "GPT", low=1, whole=True)
        rng = as_rng(rng, "GPT")
        width = expect_number(width, "width", "GPT", low=1, whole=True)
        self.table = Embedding(vocabulary, width, rng, dtype, std=1 / np.sqrt(width))
        layers = [self.table, Positions(length, width, rng, dtype)]
        for _ in range(depth):
            layers += _block(width, heads, 1 / np.sqrt(2 * depth), rng, dtype)
        super().__init__(*layers, LayerNorm(width, dtype=dtype))

    def forward(self, indices):
        """Integers (S, T) → Z (S, T, V)."""
        H = super().forward(self._fitting(indices))
        self._remember(H)
        return projected(H, self.table.params["weight"])

    def backward(self, dZ):
        """dZ (S, T, V) → None; sets the gradients of all layers. W has two paths, and they add."""
        (H,), W = self._recall(), self.table.params["weight"]
        dZ = as_floats(dZ, "dZ", "GPT")
        expect_shape(dZ, (*H.shape[:-1], len(W)), {}, "dZ", "GPT")
        super().backward(projected(dZ, W.T))
        self.table.grads["weight"] += matmul(rows(dZ).T, rows(H))

    def _fitting(self, indices):
        indices = as_integers(indices, "indices", "GPT", len(self.table.params["weight"]) - 1)
        if indices.ndim != 2 or indices.shape[1] > self.length:
            raise ValueError(
                f"GPT expects indices of shape (S, T), T at most {self.length}, got {indices.shape}"
            )
        return indices


def _block(width, heads, factor, rng, dtype):
    """The two residual parts of a block: attention, and an MLP of one hidden layer."""
    attention = MultiHeadAttention(width, heads, causal=True, rng=rng, dtype=dtype)
    attention.params["out_proj.weight"] *= factor
    up = Linear(width, 4 * width, rng, dtype)
    down = Linear(4 * width, width, rng, dtype, factor * gain(GELU))
    norms = (LayerNorm(width, dtype=dtype) for _ in range(2))
    return [Residual(next(norms), attention), Residual(next(norms), up, GELU(), down)]


def pieces(text, length, count, rng=None):
    """`count` pieces of a text, each `length` long, and for each place the character after it.

    text: integers (T,). Where the pieces begin is drawn. Returns integers (count, length), twice.
    """
    length = expect_number(length, "length", "pieces", low=1, whole=True)
    count = expect_number(count, "count", "pieces", low=1, whole=True)
    return _drawn(_as_text(text, "pieces", length + 1), length, count, as_rng(rng, "pieces"))


def _drawn(text, length, count, rng):
    places = rng.integers(0, len(text) - length, (count, 1)) + np.arange(length)
    return text[places], text[places + 1]


def learn(model, text, optimizer, progress, batch_size=16, schedule=None, rng=0, clip=1.0):
    """A step of `optimizer` for each number in `progress`, from 0 to 1; yields its loss in nats.

    Each step is one on `batch_size` pieces of the text, integers (T,). `schedule` maps the progress
    to a factor on the learning rate; `clip` is the largest norm of all gradients together. A step
    is made as its loss is taken; `progress` may be a list, or follow a clock.
    """
    if not isinstance(model, GPT) or not hasattr(optimizer, "step"):
        raise ValueError(f"learn expects a GPT and an optimizer, got {model!r} and {optimizer!r}")
    try:
        progress = iter(progress)
    except TypeError:
        raise ValueError(
            f"learn expects progress to be numbers from 0 to 1, got {progress!r}"
        ) from None
    if schedule is not None:
        expect_function(schedule, "schedule", "learn")
    text, rng = _as_text(text, "learn", model.length + 1, model), as_rng(rng, "learn")
    batch_size = expect_number(batch_size, "batch_size", "learn", low=1, whole=True)
    return _steps(model, text, optimizer, progress, batch_size, schedule, rng, clip)


def _steps(model, text, optimizer, progress, batch_size, schedule, rng, clip):
    loss, lr = SoftmaxCrossEntropy(), optimizer.lr
    try:
        for step, done in enumerate(progress):
            done = expect_number(done, "progress", "learn", low=0, high=1)
            optimizer.lr = lr * float(schedule(done)) if schedule else lr
            X, T = _drawn(text, model.length, batch_size, rng)
            with trusted(step > 0):
                nats = float(loss.forward(model.forward(X), T))
                model.backward(loss.backward())
            clip_gradients(optimizer.parameters, clip)
            optimizer.step()
            yield nats
    finally:
        optimizer.lr = lr


def mean_loss(model, text, batch_size=64):
    """The mean loss in nats for a character of a text, integers (T,), in pieces one after another.

    Each piece has the model's length, and its first characters have little before them.
    """
    text, T = _as_text(text, "mean_loss", model.length + 1, model), model.length
    size = expect_number(batch_size, "batch_size", "mean_loss", low=1, whole=True)
    count, total = (len(text) - 1) // T, 0.0
    X, Y = text[: count * T].reshape(-1, T), text[1 : count * T + 1].reshape(-1, T)
    for i in range(0, count, size):
        Z = model.forward(X[i : i + size])
        total += SoftmaxCrossEntropy().forward(Z, Y[i : i + size]) * len(Z)
    return float(total / count)


def sample(model, start, count, temperature=1.0, rng=0):
    """The integers of `start` (T,) and `count` more, each drawn from softmax(Z/temperature)."""
    count = expect_number(count, "count", "sample", low=1, whole=True)
    temperature = expect_number(temperature, "temperature", "sample", low=1e-3)
    text, rng = list(_as_text(start, "sample", 1, model)), as_rng(rng, "sample")
    for _ in range(count):
        Z = model.forward(np.array([text[-model.length :]]))[:, -1].astype(np.float64)
        text.append(int(rng.choice(Z.shape[1], p=softmax(Z / temperature)[0])))
    return np.array(text)


def _as_text(text, who, shortest, model=None):
    """`text` as integers (T,) that the model knows; raises ValueError for a text too short."""
    high = np.inf if model is None else len(model.table.params["weight"]) - 1
    text = as_integers(text, "text", who, high)
    if text.ndim != 1 or len(text) < shortest:
        raise ValueError(
            f"{who} expects text of shape (T,), T at least {shortest}, got {text.shape}"
        )
    return text
