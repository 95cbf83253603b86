"""This library, by the call that its readers make."""

import numpy as np
from backprop import MLP, SGD, train
from backprop.datasets import Dataset

from ..task import LR, MOMENTUM, SIZES


class Library:
    """`train`, with all that belongs to it: checks of the data, loss and accuracy of each batch."""

    dtype = np.float32

    def __init__(self, X, y, batch, threads):
        self.data, self.batch = Dataset(X.astype(self.dtype, copy=False), y, None, None), batch

    def start(self, weights):
        self.model = MLP(SIZES, dtype=self.dtype, rng=0)
        for parameter, value in zip(self.model.parameters(), weights, strict=True):
            parameter.value[...] = value
        self.optimizer = SGD(self.model.parameters(), lr=LR, momentum=MOMENTUM)

    def epoch(self, seed):
        settings = {"epochs": 1, "batch_size": self.batch, "validation": 0, "progress": False}
        return train(self.model, self.data, self.optimizer, rng=seed, **settings).loss[0]

    def weights(self):
        return [parameter.value for parameter in self.model.parameters()]


class LibraryInFloat64(Library):
    """Not timed: the exact answer that the others are compared with."""

    dtype = np.float64
