"""The task that all contestants are given: one epoch of Fashion-MNIST, and what it costs."""

import itertools
from statistics import quantiles

import numpy as np

SIZES = (784, 256, 128, 10)
LR, MOMENTUM = 0.05, 0.9
SAMPLES = 60000


def data(samples=SAMPLES):
    """The first `samples` of the training part: X (S, 784) float32 and y (S,) int64."""
    from backprop import load_fashion_mnist  # here, so that the figures below need no data

    fashion = load_fashion_mnist()
    return fashion.X_train[:samples], fashion.y_train[:samples]


def initial_weights(sizes=SIZES, dtype=np.float32):
    """W (N, M) and b (N,) by turns: Kaiming normal weights, biases of 0."""
    rng, weights = np.random.default_rng(0), []
    for n_in, n_out in itertools.pairwise(sizes):
        weights += [np.sqrt(2 / n_in) * rng.standard_normal((n_out, n_in)), np.zeros(n_out)]
    return [array.astype(dtype) for array in weights]


def order(seed, samples):
    """The order in which an epoch takes the samples: the one that `train(rng=seed)` draws."""
    return np.random.default_rng(seed).permutation(samples)


def flops(sizes=SIZES, samples=SAMPLES):
    """Additions and multiplications in the matrix products of an epoch.

    Each weight is multiplied three times a sample, in X Wᵀ, in dYᵀ X and in dY W; but nobody needs
    the gradient w.r.t. the pixels, so the last one is left out in the first layer.
    """
    weights = [n_in * n_out for n_in, n_out in itertools.pairwise(sizes)]
    return 2 * samples * (3 * sum(weights) - weights[0])


def parameters(sizes=SIZES):
    """The number of weights and biases."""
    return sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(sizes))


def mean_loss(weights, X, y):
    """The loss of a network with these weights on all samples, in float64, by the definition."""
    H = X.astype(np.float64)
    for W, b in zip(weights[0::2], weights[1::2], strict=True):
        Z = H @ W.astype(np.float64).T + b
        H = np.maximum(Z, 0)
    Z -= Z.max(axis=1, keepdims=True)
    return float((np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y]).mean())


def quartiles(numbers):
    """The lower and the upper one, within the range of what was measured."""
    low, _, high = quantiles(numbers, method="inclusive")
    return [low, high]
