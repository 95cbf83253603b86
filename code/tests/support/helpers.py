"""What several test files share: the layers and losses by name, sizes and arrays for them."""

import inspect

import numpy as np
from backprop import (
    ELU,
    MSE,
    AvgPool2d,
    BatchNorm,
    BCEWithLogits,
    Conv2d,
    CrossEntropy,
    Dropout,
    Flatten,
    LayerNorm,
    LeakyReLU,
    Linear,
    MaxPool2d,
    MultiHeadAttention,
    ReLU,
    RMSNorm,
    Sequential,
    Softmax,
    SoftmaxCrossEntropy,
    Tanh,
)
from backprop.activations import Activation
from backprop.gpt import Positions
from hypothesis import settings
from hypothesis import strategies as st

# The same examples at every run: a red test is red for everybody.
settings.register_profile("book", derandomize=True, deadline=None, database=None, max_examples=40)
settings.load_profile("book")

S, M, N, C = 5, 4, 3, 6  # pairwise different, so that a transposed or misplaced axis cannot fit
LABELS = np.array([2, 0, 5, 5, 1])

# All that the library has, and those with a number in them at other numbers.
ACTIVATIONS = {kind.__name__: kind for kind in Activation.__subclasses__()} | {
    "LeakyReLU(0.3)": lambda: LeakyReLU(slope=0.3),
    "LeakyReLU(-0.5)": lambda: LeakyReLU(slope=-0.5),
    "ELU(0.7)": lambda: ELU(alpha=0.7),
    "ELU(2)": lambda: ELU(alpha=2),
}


def draw(*shape, seed=0, dtype=np.float64):
    """Standard normal numbers: none is 0, no two are alike."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def probabilities(*shape, seed=0):
    """Rows of positive numbers that sum to 1."""
    Y = np.random.default_rng(seed).uniform(0.05, 1, shape)
    return Y / Y.sum(axis=-1, keepdims=True)


def sizes(count, largest=7):
    """Pairwise different sizes; one of them may be 1."""
    return st.lists(st.integers(1, largest), min_size=count, max_size=count, unique=True)


seeds = st.integers(0, 2**32 - 1)


def linear(n_in, n_out, seed=0, dtype=np.float64):
    """A Linear layer with a bias that is not 0: a forgotten bias must show."""
    layer = Linear(n_in, n_out, rng=seed, dtype=dtype)
    layer.params["bias"] = draw(n_out, seed=seed + 1, dtype=dtype)
    return layer


def drawn(make, *args, training=False):
    """A maker of that layer, its parameters not 0 and 1 but drawn: what is forgotten must show."""

    def made(dtype=np.float64):
        layer = make(*args, dtype=dtype)
        for n, (name, old) in enumerate(layer.params.items()):
            layer.params[name] = draw(*old.shape, seed=n + 1, dtype=dtype)
        for n, name in enumerate(layer.buffers):
            shape = getattr(layer, name).shape
            setattr(layer, name, np.abs(draw(*shape, seed=n + 5, dtype=dtype)) + dtype(0.5))
        layer.training = training
        return layer

    return made


def takes_dtype(make):
    """Whether this maker of a layer can make it in single precision."""
    return "dtype" in inspect.signature(make).parameters


def network(dtype=np.float64):
    return Sequential(linear(M, 7, 1, dtype), Tanh(), linear(7, N, 2, dtype))


# Everything with forward and backward, and inputs for it: name → (maker of the layer, inputs).
LAYERS = {
    **{name: (make, (draw(S, M),)) for name, make in ACTIVATIONS.items()},
    "Linear": (lambda dtype=np.float64: linear(M, N, dtype=dtype), (draw(S, M),)),
    "Linear, sequences": (lambda dtype=np.float64: linear(M, N, dtype=dtype), (draw(2, 5, M),)),
    "ReLU, images": (ReLU, (draw(3, 2, 6, 5),)),
    "Softmax": (Softmax, (draw(S, C),)),
    "Dropout, sequences": (lambda: Dropout(0.4, rng=0), (draw(2, 5, M),)),
    "Dropout": (lambda: Dropout(0.4, rng=0), (draw(S, M),)),
    "Sequential": (network, (draw(S, M),)),
    "LayerNorm": (drawn(LayerNorm, M), (draw(S, M),)),
    "LayerNorm, sequences": (drawn(LayerNorm, M), (draw(S, N, M),)),
    "RMSNorm": (drawn(RMSNorm, M), (draw(S, M),)),
    "BatchNorm": (drawn(BatchNorm, M), (draw(S, M),)),
    "BatchNorm, training": (drawn(BatchNorm, M, training=True), (draw(S, M),)),
    "BatchNorm, images": (drawn(BatchNorm, M, training=True), (draw(S, M, 2, 3),)),
    "MultiHeadAttention": (drawn(MultiHeadAttention, 6, 3), (draw(2, 5, 6),)),
    "MultiHeadAttention, causal": (drawn(MultiHeadAttention, 6, 2, True), (draw(3, 4, 6),)),
    "Positions": (drawn(Positions, 5, 6), (draw(2, 4, 6),)),
    # H ≠ W, a stride that does not divide, and padding.
    "Conv2d": (drawn(Conv2d, 2, 4, (3, 2), 2, 1), (draw(3, 2, 6, 5),)),
    "MaxPool2d": (lambda: MaxPool2d(3, 2, 1), (draw(3, 2, 6, 5),)),
    "AvgPool2d": (lambda: AvgPool2d((3, 2), 2, 1), (draw(3, 2, 6, 5),)),
    "Flatten": (Flatten, (draw(3, 2, 6, 5),)),
}

LOSSES = {
    "CrossEntropy, labels": (CrossEntropy, (probabilities(S, C), LABELS)),
    "CrossEntropy, rows": (CrossEntropy, (probabilities(S, C), probabilities(S, C, seed=1))),
    "SoftmaxCrossEntropy, labels": (SoftmaxCrossEntropy, (draw(S, C), LABELS)),
    "SoftmaxCrossEntropy, rows": (SoftmaxCrossEntropy, (draw(S, C), probabilities(S, C, seed=1))),
    "SoftmaxCrossEntropy, labels of sequences": (
        SoftmaxCrossEntropy,
        (draw(2, 5, C), np.array([LABELS, LABELS[::-1]])),
    ),
    "SoftmaxCrossEntropy, smoothed, sequences": (
        lambda: SoftmaxCrossEntropy(label_smoothing=0.1),
        (draw(2, 5, C), probabilities(2, 5, C, seed=1)),
    ),
    "BCEWithLogits": (BCEWithLogits, (draw(S, N), probabilities(S, N, seed=1))),
    "BCEWithLogits, one output": (BCEWithLogits, (draw(S, 1), LABELS % 2)),
    "MSE": (MSE, (draw(S, N), draw(S, N, seed=1))),
    "MSE, one output": (MSE, (draw(S, 1), draw(S, seed=1))),
}
EVERYTHING = LAYERS | LOSSES


def run(layer, *inputs):
    """Forward and backward: the output, the gradients w.r.t. the first input and the parameters.

    The upstream gradient is random: one of ones would be blind to permuted rows and more.
    """
    out = layer.forward(*inputs)
    shape = np.shape(out)
    upstream = [draw(*shape, seed=9, dtype=out.dtype)] if shape else []
    gradient = layer.backward(*upstream)
    return out, gradient, *(np.array(parameter.grad) for parameter in layer.parameters())
