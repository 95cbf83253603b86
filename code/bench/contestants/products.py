"""The matrix products of an epoch and nothing else: no step in NumPy can be faster than they are.

The network is linear, so that a product's result is the next one's input. The batches are the rows
of X in the order of the file, so that none has to be gathered.
"""

import numpy as np


def plan(X, Ws, Ys, dY, dWs, dXs):
    """The products of one step as (A, B, out), each to be done before the next is asked for."""
    inputs = [X, *Ys[:-1]]
    for H, W, Y in zip(inputs, Ws, Ys, strict=True):
        yield H, W.T, Y
    for k in reversed(range(len(Ws))):
        yield dY.T, inputs[k], dWs[k]
        if k:
            yield dY, Ws[k], dXs[k]
            dY = dXs[k]


class Products:
    """Forward, by the weights and by the inputs: eight products a step, into arrays made before."""

    def __init__(self, X, y, batch, threads):
        self.X, self.batch = X, batch

    def start(self, weights):
        self.Ws = weights[0::2]
        rows, dtype = min(self.batch, len(self.X)), self.X.dtype
        self.Ys = [np.empty((rows, len(W)), dtype) for W in self.Ws]
        self.dXs = [np.empty((rows, W.shape[1]), dtype) for W in self.Ws]
        self.dWs = [np.empty_like(W) for W in self.Ws]
        self.dY = np.full_like(self.Ys[-1], 1 / rows)

    def steps(self):
        """The plans of an epoch's steps; the last one has fewer rows."""
        for start in range(0, len(self.X), self.batch):
            X = self.X[start : start + self.batch]
            Ys, dXs = ([array[: len(X)] for array in arrays] for arrays in (self.Ys, self.dXs))
            yield plan(X, self.Ws, Ys, self.dY[: len(X)], self.dWs, dXs)

    def epoch(self, seed):
        for step in self.steps():
            for A, B, out in step:
                np.matmul(A, B, out=out)
