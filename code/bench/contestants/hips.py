"""autograd (HIPS): NumPy that differentiates itself."""

import autograd.numpy as np
from autograd import value_and_grad

from ..task import LR, MOMENTUM, SIZES, order


def mean_loss(weights, X, T):
    for W, b in zip(weights[0:-2:2], weights[1:-2:2], strict=True):
        X = np.maximum(np.dot(X, W.T) + b, 0)
    Z = np.dot(X, weights[-2].T) + weights[-1]
    Z = Z - np.max(Z, axis=1, keepdims=True)
    return (np.sum(np.log(np.sum(np.exp(Z), axis=1))) - np.sum(T * Z)) / len(T)


class Autograd:
    """Only the gradient is its own; the momentum is written out, in place."""

    def __init__(self, X, y, batch, threads):
        self.X, self.y, self.batch = X, y, batch
        self.rows = np.eye(SIZES[-1], dtype=X.dtype)
        self.gradient = value_and_grad(mean_loss)

    def start(self, weights):
        self.values = [value.copy() for value in weights]
        self.velocities = [np.zeros_like(value) for value in weights]

    def epoch(self, seed):
        taken, total = order(seed, len(self.X)), 0.0
        for start in range(0, len(taken), self.batch):
            batch = taken[start : start + self.batch]
            T = self.rows[self.y[batch]]
            loss, grads = self.gradient(self.values, self.X[batch], T)
            for w, v, g in zip(self.values, self.velocities, grads, strict=True):
                v *= MOMENTUM
                v += g
                w -= LR * v
            total += loss * len(batch)
        return total / len(self.X)

    def weights(self):
        return self.values
